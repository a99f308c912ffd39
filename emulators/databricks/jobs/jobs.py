"""What the Jobs API does: starting runs from jobs and submissions, finding them, cancelling and deleting them."""

from collections.abc import Mapping
from typing import Any

from emulators.databricks.arguments import Arguments
from emulators.databricks.clusters.clusters import Clusters
from emulators.databricks.errors import InvalidParameterValue, InvalidState, NotSupported
from emulators.databricks.identity.tokens import Principal
from emulators.databricks.jobs.catalogue import JobCatalogue
from emulators.databricks.jobs.definitions import Settings, normalised
from emulators.databricks.jobs.executor import Executor
from emulators.databricks.jobs.records import Attempt, Output, Run
from emulators.databricks.jobs.registry import RunRegistry, token_scope
from emulators.databricks.jobs.run_parameters import run_parameters
from emulators.databricks.jobs.states import LifeCycle, State
from emulators.databricks.moments import milliseconds
from emulators.databricks.sequence import Sequence
from emulators.kernel.clock import Clock

_MAX_TOKEN = 64
_SUBMIT_ONLY = ("run_type", "idempotency_token", "access_control_list")
_OTHER_PARAMETERS = (
    "jar_params",
    "python_named_params",
    "spark_submit_params",
    "sql_params",
    "dbt_commands",
)


class Jobs:
    """Runs and the jobs they come from."""

    def __init__(
        self,
        catalogue: JobCatalogue,
        registry: RunRegistry,
        executor: Executor,
        clusters: Clusters,
        ids: Sequence,
        clock: Clock,
    ) -> None:
        self.catalogue = catalogue
        self.registry = registry
        self._executor = executor
        self._clusters = clusters
        self._ids = ids
        self._clock = clock

    def submit(self, body: Mapping[str, Any], principal: Principal) -> Run:
        """A one-time run (runs/submit, both forms). The same idempotency token gives the same run.

        What a running notebook submits is a WORKFLOW_RUN, its child: `dbutils.notebook.run` comes this way.
        Raises InvalidParameterValue, MalformedRequest, NotSupported.
        """
        given = Arguments(body)
        if (known := self._known(token_scope("SUBMIT_RUN", 0), given)) is not None:
            return known
        settings = normalised({name: value for name, value in body.items() if name not in _SUBMIT_ONLY})
        self._prepare_clusters(settings)
        child = principal.run_id is not None
        if given.text("run_type") == "WORKFLOW_RUN" and not child:
            raise InvalidParameterValue("Only a running notebook may submit a run of type WORKFLOW_RUN.")
        return self._start(
            Run(
                run_id=self._ids.next(),
                job_id=self._ids.next(),  # a submitted run has a job of its own that no list shows (documented)
                run_type="WORKFLOW_RUN" if child else "SUBMIT_RUN",
                creator=principal.user_name,
                settings=settings,
                state=State(LifeCycle.PENDING, "Waiting for cluster"),
                start_time=milliseconds(self._clock.now()),
                parent_run_id=principal.run_id,
                started_by_notebook=child,
                idempotency_token=given.text("idempotency_token"),
            )
        )

    def run_now(self, body: Mapping[str, Any], principal: Principal) -> Run:
        """A run of a job with parameters. Raises as `submit`."""
        given = Arguments(body)
        job = self.catalogue.get(given.required_integer("job_id"))
        if (known := self._known(token_scope("JOB_RUN", job["job_id"]), given)) is not None:
            return known
        for name in _OTHER_PARAMETERS:
            if given.values.get(name):
                raise NotSupported(f"The databricks emulator runs no task that '{name}' would reach.")
        if given.items("only"):
            raise NotSupported("The databricks emulator runs all tasks of a job; 'only' is not supported.")
        parameters = run_parameters(given, job["settings"]["tasks"])
        settings = job["settings"] if "queue" not in given else {**job["settings"], "queue": given.mapping("queue")}
        self._prepare_clusters(settings)
        return self._start(
            Run(
                run_id=self._ids.next(),
                job_id=job["job_id"],
                run_type="JOB_RUN",
                creator=principal.user_name,
                settings=settings,
                state=State(LifeCycle.PENDING, "Waiting for cluster"),
                start_time=milliseconds(self._clock.now()),
                number_in_job=len(self.registry.of_job(job["job_id"])) + 1,
                idempotency_token=given.text("idempotency_token"),
                parameters=parameters,
                started_by_notebook=principal.run_id is not None,
            )
        )

    def get(self, run_id: int) -> tuple[Run, Attempt | None]:
        """A run, or an attempt and its run. Raises InvalidParameterValue, as the real service for an unknown id."""
        if (run := self.registry.find(run_id)) is not None:
            return run, None
        if (found := self.registry.find_attempt(run_id)) is not None:
            return found
        raise InvalidParameterValue(f"Run {run_id} does not exist.")

    def output(self, run_id: int) -> tuple[Run, Attempt, Output | None]:
        """What a task put out, by the task's run id or by that of a run with a single task."""
        run, attempt = self.get(run_id)
        if attempt is None:
            latest = list(run.latest().values())
            if len(latest) > 1:
                raise InvalidParameterValue(
                    "Retrieving the output of runs with multiple tasks is not supported. "
                    "Please retrieve the output of each individual task run instead."
                )
            attempt = latest[0]
        return run, attempt, self.registry.output(attempt)

    def cancel(self, run_id: int) -> None:
        """Cancel a run; the call returns before the run has ended. An ended run is no error."""
        run, attempt = self.get(run_id)
        if attempt is not None and len(run.latest()) > 1:
            raise NotSupported("The databricks emulator cancels whole runs: give the run_id of the run, not of a task.")
        self._executor.cancel(run)

    def cancel_all(self, job_id: int | None, *, queued: bool) -> None:
        """Cancel every active run of a job; with `queued` and no job, every queued run of the workspace."""
        if job_id is None and not queued:
            raise InvalidParameterValue("Either job_id or all_queued_runs must be given.")
        if job_id is not None:
            self.catalogue.get(job_id)
        for run in list(self.registry.newest_first()):
            if run.ended or (job_id is not None and run.job_id != job_id):
                continue
            if job_id is not None or run.state.life_cycle is LifeCycle.QUEUED:
                self._executor.cancel(run)

    def delete(self, run_id: int) -> None:
        """Forget an ended run. Raises InvalidState for an active one."""
        run, _ = self.get(run_id)
        if not run.ended:
            raise InvalidState(f"Run {run_id} is active and cannot be deleted: cancel it first.")
        self.registry.remove(run)

    def _start(self, run: Run) -> Run:
        for task in run.settings["tasks"]:
            first = LifeCycle.BLOCKED if task["depends_on"] else LifeCycle.PENDING
            run.attempts.append(Attempt(self._ids.next(), task, State(first)))
        self.registry.add(run)
        self._executor.launch(run)
        return run

    def _known(self, scope: str, given: Arguments) -> Run | None:
        token = given.text("idempotency_token")
        if len(token) > _MAX_TOKEN:
            raise InvalidParameterValue(f"idempotency_token has at most {_MAX_TOKEN} characters, not {len(token)}.")
        if self.registry.token_spent(scope, token):
            raise InvalidParameterValue(f"The run that idempotency_token '{token}' stands for was deleted.")
        return self.registry.by_token(scope, token)

    def _prepare_clusters(self, settings: Settings) -> None:
        """Existing clusters must exist, and are started when they are not running."""
        for task in settings["tasks"]:
            if task.get("existing_cluster_id"):
                self._clusters.ensure_running(task["existing_cluster_id"])
