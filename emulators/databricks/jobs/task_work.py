"""One attempt at a task: what must be there, the notebook or Python file itself, and what it leaves.

While code works the clock may not jump, so its time limit is real seconds and the runtime keeps it. A stop is
passed on to the runtime, which ends the process and reports CANCELED.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from emulators.databricks.clusters.libraries import problem_with
from emulators.databricks.errors import DatabricksError
from emulators.databricks.jobs import states
from emulators.databricks.jobs.interruption import Interruption
from emulators.databricks.jobs.parameters import task_parameters
from emulators.databricks.jobs.records import Attempt, Output, Run, cut, last
from emulators.databricks.jobs.states import Ending
from emulators.databricks.jobs.surroundings import Surroundings
from emulators.databricks.jobs.task_kinds import PYTHON
from emulators.databricks.runtime.python_location import Home, locate
from emulators.databricks.runtime.runs import NotebookRunSpec, PythonRunSpec, RunContext, RunResult, RunSpec
from emulators.kernel.masking import masker

_CANCEL_GRACE = 60.0
"""Real seconds the runtime has to end stopped code before the run is given up."""

_IS_NOTEBOOK = (
    "There is a notebook of that name: use notebook_task, or import the file without the notebook's first line."
)

_logger = logging.getLogger("drydock.databricks")


class TaskWork:
    """The tasks of one run."""

    def __init__(self, run: Run, around: Surroundings, interruption: Interruption) -> None:
        self._run = run
        self._around = around
        self._interruption = interruption

    async def obstacle(self, attempt: Attempt) -> Ending | None:
        """Why this attempt cannot begin: a library, its notebook or its Python file is missing."""
        for library in attempt.task.get("libraries", []):
            if (problem := problem_with(library)) is not None:
                return states.library_failed(problem)
        if attempt.kind == PYTHON:
            return await self._python_obstacle(attempt.definition["python_file"])
        path = attempt.definition["notebook_path"]
        found = self._around.tree.find(path)
        if found is None or found.object_type != "NOTEBOOK":
            return states.notebook_missing(path, self._run.creator)
        return None

    async def _python_obstacle(self, file: str) -> Ending | None:
        """A file of a storage account is looked for when it runs: only Spark has the key."""
        place = locate(file)
        if place.home is Home.WORKSPACE:
            found = self._around.tree.find(place.path)
            if found is None or found.object_type != "FILE":
                notebook = self._around.tree.find(place.path.removesuffix(".py"))
                is_notebook = notebook is not None and notebook.object_type == "NOTEBOOK"
                return states.python_file_missing(file, self._run.creator, _IS_NOTEBOOK if is_notebook else "")
        elif place.home is Home.DBFS:
            try:
                if (await self._around.dbfs.status(place.path)).is_dir:
                    return states.python_file_missing(file, self._run.creator, "It is a directory.")
            except DatabricksError as error:
                return states.python_file_missing(file, self._run.creator, error.message)
        return None

    async def perform(self, attempt: Attempt, started: Callable[[], None]) -> Ending:
        """Run the code to its end; `started` is called when its parameters are settled. Raises Interrupted."""
        self._interruption.check()
        values = self._task_values()
        attempt.resolved = task_parameters(self._run, attempt, values)
        limit = self._limit(attempt)
        started()
        token = self._around.tokens.open_for_run(attempt.run_id, self._run.creator)
        try:
            result = await self._work(self._specification(attempt, limit, token, values))
        except Exception as error:
            _logger.exception("run %s: the task could not be run", attempt.run_id)
            return states.driver_failed(f"The task could not be run: {type(error).__name__}: {error}")
        finally:
            self._around.tokens.close_for_run(token)
        self._keep(attempt, result)
        return self._ending(attempt, result)

    async def _work(self, specification: RunSpec) -> RunResult:
        run_id, runner = specification.run_id, self._around.runner
        with self._around.settings.clock.work():
            job = asyncio.create_task(runner.run(specification), name=f"work of run {run_id}")
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
    ) -> RunSpec:
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
        run_id, group = attempt.run_id, f"databricks-run-{attempt.run_id}"
        if isinstance(attempt.resolved, list):
            return PythonRunSpec(run_id, attempt.definition["python_file"], attempt.resolved, limit, group, context)
        return NotebookRunSpec(run_id, attempt.definition["notebook_path"], attempt.resolved, limit, group, context)

    def _limit(self, attempt: Attempt) -> float | None:
        """Seconds this attempt may take: its own limit or what remains of the run's, whichever is less."""
        limits = [each for each in (self._interruption.remaining(), attempt.task["timeout_seconds"] or None) if each]
        return min(limits, default=None)

    def _ending(self, attempt: Attempt, result: RunResult) -> Ending:
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

    def _keep(self, attempt: Attempt, result: RunResult) -> None:
        value, truncated = (None, False) if result.exit_value is None else cut(result.exit_value)
        logs, logs_truncated = last(masker.mask(result.logs))
        output = Output(
            result=value,
            truncated=truncated,
            error=_hidden(result.error),
            error_trace=_hidden(result.error_trace),
            logs=logs,
            logs_truncated=logs_truncated,
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
