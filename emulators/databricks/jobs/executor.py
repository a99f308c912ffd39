"""All runs under way: starting, queueing behind a job's limit, cancelling with children, and ending with the cloud."""

import asyncio
import logging
from collections import deque

from emulators.databricks.jobs import states
from emulators.databricks.jobs.execution import Execution
from emulators.databricks.jobs.records import Run
from emulators.databricks.jobs.surroundings import Surroundings

_logger = logging.getLogger("drydock.databricks")


class Executor:
    """Owns the executions of this workspace."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._executions: dict[int, Execution] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._queues: dict[int, deque[Run]] = {}

    def recover(self) -> None:
        """End every run that a killed cloud left active: its notebook is gone."""
        for run in list(self._around.registry.newest_first()):
            if not run.ended:
                Execution(run, self._around).give_up(states.CLOUD_STOPPED)

    def launch(self, run: Run) -> None:
        """Start a run, or queue or skip it when its job has as many as it may."""
        limit = run.settings["max_concurrent_runs"]
        if run.run_type != "JOB_RUN" or self._active(run.job_id) < limit:
            self._begin(run)
        elif (run.settings.get("queue") or {}).get("enabled"):
            run.move(states.queued("MAX_CONCURRENT_RUNS_REACHED"))
            self._around.registry.save(run)
            self._queues.setdefault(run.job_id, deque()).append(run)
        else:
            self._close(run, states.TOO_MANY_RUNS)

    def cancel(self, run: Run) -> None:
        """Cancel a run at whatever stage it is, and the runs its notebooks started. An ended run stays as it is."""
        if run.ended:
            return
        for child in self._children(run):
            self.cancel(child)
        execution = self._executions.get(run.run_id)
        if execution is not None:
            execution.cancel()
            return
        queue = self._queues.get(run.job_id, deque())
        if run in queue:
            queue.remove(run)
        self._close(run, states.CANCELED)

    async def stop(self) -> None:
        """End everything under way, as the end of the cloud."""
        for queue in self._queues.values():
            while queue:
                self._close(queue.popleft(), states.CLOUD_STOPPED)
        for execution in list(self._executions.values()):
            execution.cancel(states.CLOUD_STOPPED)
        if self._tasks:
            await asyncio.wait(set(self._tasks))

    def _begin(self, run: Run) -> None:
        execution = Execution(run, self._around)
        self._executions[run.run_id] = execution
        task = asyncio.create_task(self._drive(execution), name=f"databricks run {run.run_id}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _drive(self, execution: Execution) -> None:
        run = execution.run
        try:
            await execution.drive()
        except Exception as error:
            _logger.exception("run %s failed in the emulator", run.run_id)
            execution.give_up(states.driver_failed(f"The databricks emulator failed: {type(error).__name__}: {error}"))
        finally:
            self._executions.pop(run.run_id, None)
        for child in self._children(run):  # a notebook that ended leaves no child behind
            self.cancel(child)
        self._start_next(run.job_id)

    def _start_next(self, job_id: int) -> None:
        queue = self._queues.get(job_id)
        if queue:
            self._begin(queue.popleft())

    def _close(self, run: Run, ending: states.Ending) -> None:
        """End a run that never began."""
        Execution(run, self._around).give_up(ending)

    def _active(self, job_id: int) -> int:
        return sum(execution.run.job_id == job_id for execution in self._executions.values())

    def _children(self, run: Run) -> list[Run]:
        own = {attempt.run_id for attempt in run.attempts}
        running = [execution.run for execution in self._executions.values()]
        return [each for each in running if each.parent_run_id in own]
