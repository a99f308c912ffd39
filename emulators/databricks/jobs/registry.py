"""Every run there is, by its own id and by those of its attempts; each change is written down at once."""

from collections.abc import Iterator
from dataclasses import asdict

from emulators.databricks.jobs.records import Attempt, Output, Run, run_from_document, run_to_document
from emulators.kernel.store import DocumentStore

_RUN, _OUTPUT, _GONE = "databricks.run", "databricks.run-output", "databricks.run-token-gone"


class RunRegistry:
    """Runs in memory and in the store. Outputs, which may be large, only in the store."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._runs: dict[int, Run] = {}
        self._owners: dict[int, int] = {}
        self._tokens: dict[str, int] = {}
        for _, document in store.list(_RUN):
            self._index(run_from_document(document))

    def add(self, run: Run) -> None:
        self._index(run)
        self.save(run)

    def save(self, run: Run) -> None:
        """Write a run as it is now."""
        for attempt in run.attempts:
            self._owners[attempt.run_id] = run.run_id
        self._store.put(_RUN, str(run.run_id), run_to_document(run))

    def find(self, run_id: int) -> Run | None:
        """The run with this id, not an attempt's."""
        return self._runs.get(run_id)

    def find_attempt(self, run_id: int) -> tuple[Run, Attempt] | None:
        """The attempt with this id and the run it belongs to."""
        run = self._runs.get(self._owners.get(run_id, 0))
        if run is None:
            return None
        return next(((run, attempt) for attempt in run.attempts if attempt.run_id == run_id), None)

    def newest_first(self) -> Iterator[Run]:
        return iter(sorted(self._runs.values(), key=lambda run: run.run_id, reverse=True))

    def of_job(self, job_id: int) -> list[Run]:
        """The runs of a job, oldest first."""
        return sorted((run for run in self._runs.values() if run.job_id == job_id), key=lambda run: run.run_id)

    def by_token(self, scope: str, token: str) -> Run | None:
        """The run that was started with this idempotency token."""
        return self._runs.get(self._tokens.get(f"{scope}\n{token}", 0)) if token else None

    def token_spent(self, scope: str, token: str) -> bool:
        """Whether the token's run was deleted since."""
        return bool(token) and self._store.get(_GONE, f"{scope}\n{token}") is not None

    def remove(self, run: Run) -> None:
        """Forget a run and its outputs."""
        for attempt in run.attempts:
            self._owners.pop(attempt.run_id, None)
            self._store.delete(_OUTPUT, str(attempt.run_id))
        if run.idempotency_token:
            self._store.put(_GONE, _token_key(run), {})
            self._tokens.pop(_token_key(run), None)
        del self._runs[run.run_id]
        self._store.delete(_RUN, str(run.run_id))

    def put_output(self, attempt: Attempt, output: Output) -> None:
        self._store.put(_OUTPUT, str(attempt.run_id), asdict(output))

    def output(self, attempt: Attempt) -> Output | None:
        document = self._store.get(_OUTPUT, str(attempt.run_id))
        return None if document is None else Output(**document)

    def _index(self, run: Run) -> None:
        self._runs[run.run_id] = run
        for attempt in run.attempts:
            self._owners[attempt.run_id] = run.run_id
        if run.idempotency_token:
            self._tokens[_token_key(run)] = run.run_id


def token_scope(run_type: str, job_id: int) -> str:
    """Idempotency tokens of run-now belong to a job, those of runs/submit to the workspace."""
    return f"job {job_id}" if run_type == "JOB_RUN" else "submit"


def _token_key(run: Run) -> str:
    return f"{token_scope(run.run_type, run.job_id)}\n{run.idempotency_token}"
