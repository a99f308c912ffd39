"""One attempt at a notebook task: what must be there, the notebook itself, and what it leaves.

While a notebook works the clock may not jump, so its time limit is real seconds and the runtime keeps it. A stop is
passed on to the runtime, which ends the process and reports CANCELED.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from emulators.databricks.clusters.libraries import problem_with
from emulators.databricks.jobs import states
from emulators.databricks.jobs.interruption import Interruption
from emulators.databricks.jobs.parameters import notebook_parameters
from emulators.databricks.jobs.records import Attempt, Output, Run, cut
from emulators.databricks.jobs.states import Ending
from emulators.databricks.jobs.surroundings import Surroundings
from emulators.databricks.runtime.runs import NotebookResult, NotebookRunSpec, RunContext
from emulators.kernel.masking import masker

_CANCEL_GRACE = 60.0
"""Real seconds the runtime has to end a stopped notebook before the run is given up."""

_logger = logging.getLogger("drydock.databricks")


class NotebookTask:
    """The notebook tasks of one run."""

    def __init__(self, run: Run, around: Surroundings, interruption: Interruption) -> None:
        self._run = run
        self._around = around
        self._interruption = interruption

    def obstacle(self, attempt: Attempt) -> Ending | None:
        """Why this attempt cannot begin: a library or its notebook is missing."""
        for library in attempt.task.get("libraries", []):
            if (problem := problem_with(library)) is not None:
                return states.library_failed(problem)
        path = attempt.task["notebook_task"]["notebook_path"]
        found = self._around.tree.find(path)
        if found is None or found.object_type != "NOTEBOOK":
            return states.notebook_missing(path, self._run.creator)
        return None

    async def perform(self, attempt: Attempt, started: Callable[[], None]) -> Ending:
        """Run the notebook to its end; `started` is called when its parameters are settled. Raises Interrupted."""
        self._interruption.check()
        values = self._task_values()
        attempt.resolved = notebook_parameters(self._run, attempt, values)
        limit = self._limit(attempt)
        started()
        token = self._around.tokens.open_for_run(attempt.run_id, self._run.creator)
        try:
            result = await self._work(self._specification(attempt, limit, token, values))
        except Exception as error:
            _logger.exception("run %s: the notebook could not be run", attempt.run_id)
            return states.driver_failed(f"The notebook could not be run: {type(error).__name__}: {error}")
        finally:
            self._around.tokens.close_for_run(token)
        self._keep(attempt, result)
        return self._ending(attempt, result)

    async def _work(self, specification: NotebookRunSpec) -> NotebookResult:
        run_id, runner = specification.run_id, self._around.runner
        with self._around.settings.clock.work():
            job = asyncio.create_task(runner.run(specification), name=f"notebook of run {run_id}")
            stop = asyncio.create_task(self._interruption.stopped())
            try:
                await asyncio.wait({job, stop}, return_when=asyncio.FIRST_COMPLETED)
                if not job.done():
                    await runner.cancel(run_id)
                    await asyncio.wait({job}, timeout=_CANCEL_GRACE)
                if not job.done():
                    raise TimeoutError(f"the runtime did not end it within {_CANCEL_GRACE:g} seconds of the cancel")
                return await job
            finally:
                stop.cancel()
                job.cancel()

    def _specification(
        self, attempt: Attempt, limit: float | None, token: str, values: dict[str, dict[str, Any]]
    ) -> NotebookRunSpec:
        settings = self._around.settings
        context = RunContext(
            host=settings.address,
            token=token,
            org_id=settings.workspace_id,
            cluster_id=attempt.task.get("existing_cluster_id") or settings.cluster_id,
            user=self._run.creator,
            job_id=self._run.job_id,
            job_run_id=self._run.run_id,
            task_key=attempt.task_key,
            task_values=values,
        )
        return NotebookRunSpec(
            run_id=attempt.run_id,
            notebook_path=attempt.task["notebook_task"]["notebook_path"],
            parameters=attempt.resolved,
            timeout_seconds=limit,
            job_group=f"databricks-run-{attempt.run_id}",
            context=context,
        )

    def _limit(self, attempt: Attempt) -> float | None:
        """Seconds this attempt may take: its own limit or what remains of the run's, whichever is less."""
        limits = [each for each in (self._interruption.remaining(), attempt.task["timeout_seconds"] or None) if each]
        return min(limits, default=None)

    def _ending(self, attempt: Attempt, result: NotebookResult) -> Ending:
        match result.outcome:
            case "SUCCESS":
                return states.SUCCEEDED
            case "TIMEDOUT":
                limits = [each for each in (attempt.task["timeout_seconds"], self._interruption.limit) if each]
                return states.timed_out(min(limits, default=0))
            case "CANCELED":
                return self._interruption.stop_ending or states.CANCELED
            case _:
                return states.WORKLOAD_FAILED

    def _keep(self, attempt: Attempt, result: NotebookResult) -> None:
        value, truncated = (None, False) if result.exit_value is None else cut(result.exit_value)
        output = Output(
            result=value,
            truncated=truncated,
            error=_hidden(result.error),
            error_trace=_hidden(result.error_trace),
            logs=masker.mask(result.logs),
            task_values=result.task_values,
            peak_memory_bytes=result.peak_memory_bytes,
        )
        self._around.registry.put_output(attempt, output)

    def _task_values(self) -> dict[str, dict[str, Any]]:
        """What ended tasks have set, by task key."""
        ended = {key: each for key, each in self._run.latest().items() if each.state.ended}
        outputs = {key: self._around.registry.output(each) for key, each in ended.items()}
        return {key: output.task_values for key, output in outputs.items() if output is not None}


def _hidden(text: str | None) -> str | None:
    return None if text is None else masker.mask(text)
