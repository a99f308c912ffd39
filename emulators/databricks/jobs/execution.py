"""One run on its way: its tasks in the order their dependencies allow, each attempt from waiting to its ending.

What may interrupt every wait is the same everywhere: a cancel, or the run's own time limit. While a notebook works the
clock may not jump, so a notebook's time limit is real seconds and the runtime keeps it.
"""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from emulators.databricks.clusters.libraries import problem_with
from emulators.databricks.identity.tokens import Tokens
from emulators.databricks.jobs import states
from emulators.databricks.jobs.conditions import obstacle, run_ending
from emulators.databricks.jobs.parameters import notebook_parameters
from emulators.databricks.jobs.records import Attempt, Output, Run, cut
from emulators.databricks.jobs.registry import RunRegistry
from emulators.databricks.jobs.runner import NotebookRunner
from emulators.databricks.jobs.states import Ending, LifeCycle, State
from emulators.databricks.moments import milliseconds
from emulators.databricks.runtime.runs import NotebookResult, NotebookRunSpec, RunContext
from emulators.databricks.sequence import Sequence
from emulators.databricks.settings import DatabricksSettings
from emulators.databricks.workspace.tree import WorkspaceTree
from emulators.kernel.masking import masker

_CANCEL_GRACE = 60.0
"""Real seconds the runtime has to end a cancelled notebook before the run is given up."""

_logger = logging.getLogger("drydock.databricks")
_T = TypeVar("_T")


class _Stopped(Exception):
    """The run was cancelled while something waited."""


class _OutOfTime(Exception):
    """The run's time limit passed while something waited."""


@dataclass(frozen=True)
class Surroundings:
    """What every execution needs: the workspace it runs in. `slots` are the places for notebook processes."""

    settings: DatabricksSettings
    registry: RunRegistry
    runner: NotebookRunner
    tokens: Tokens
    tree: WorkspaceTree
    ids: Sequence
    slots: asyncio.Semaphore


class Execution:
    """Drives one run to its end. `cancel` may be called at any moment."""

    def __init__(self, run: Run, around: Surroundings) -> None:
        self.run = run
        self._around = around
        self._stop = asyncio.Event()
        self._stop_ending = states.CANCELED
        self._limit: float = run.settings["timeout_seconds"]

    def cancel(self, ending: Ending = states.CANCELED) -> None:
        """Stop the run wherever it is; its unfinished attempts end as `ending`."""
        self._stop_ending = ending
        self._stop.set()
        if not self.run.ended and self.run.state.life_cycle is not LifeCycle.TERMINATING:
            self._move_run(State(LifeCycle.TERMINATING, "Cancelling run"))

    async def drive(self) -> None:
        """Run all tasks, then write down how the run ended."""
        waiting = {attempt.task_key for attempt in self.run.attempts}
        active: set[asyncio.Task[None]] = set()
        try:
            while waiting or active:
                for key in self._ready(waiting):
                    waiting.discard(key)
                    active.add(asyncio.create_task(self._task(key), name=f"run {self.run.run_id} task {key}"))
                done, active = await asyncio.wait(active, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in active:
                task.cancel()
        self._finish()

    def _ready(self, waiting: set[str]) -> list[str]:
        """The waiting tasks whose dependencies have all ended, in the order of the tasks."""
        return [
            key for key in self.run.latest() if key in waiting and all(each.state.ended for each in self._upstream(key))
        ]

    def give_up(self, ending: Ending) -> None:
        """Write an ending over everything unfinished."""
        for attempt in self.run.latest().values():
            if not attempt.state.ended:
                self._end(attempt, ending)
        if not self.run.ended:
            self.run.end_time = self._now()
            self._move_run(states.ended(ending))

    def _finish(self) -> None:
        endings = {key: each.state.ending for key, each in self.run.latest().items() if each.state.ending}
        depends_on = {key: self._dependencies(key) for key in endings}
        ending = run_ending(endings, depends_on, single=self.run.single)
        if self._stop.is_set() and self._stop_ending in endings.values():
            ending = self._stop_ending
        elif self._remaining_seconds() == 0 and any(each.result == "TIMEDOUT" for each in endings.values()):
            ending = states.timed_out(self._limit)
        self.run.end_time = self._now()
        self._move_run(states.ended(ending))

    async def _task(self, key: str) -> None:
        """All attempts of one task."""
        while True:
            attempt = self.run.latest()[key]
            self._end(attempt, await self._attempt(attempt))
            # no wait between these two: nobody may take the ended attempt for the task's last
            if not self._should_retry(attempt):
                return
            self._prepare_retry(attempt)

    async def _attempt(self, attempt: Attempt) -> Ending:
        if self._stop.is_set():
            return self._stop_ending
        upstream = [each.state.ending for each in self._upstream(attempt.task_key) if each.state.ending]
        if (blocked := obstacle(attempt.task["run_if"], upstream)) is not None:
            return blocked
        if attempt.task.get("disabled"):
            return states.DISABLED
        attempt.start_time = self._now()
        try:
            if attempt.state.life_cycle is LifeCycle.WAITING_FOR_RETRY:
                interval = attempt.task["min_retry_interval_millis"] / 1000
                await self._unless_interrupted(self._around.settings.clock.sleep(interval))
            self._move(attempt, State(LifeCycle.PENDING, "Waiting for cluster"))
            return await self._with_slot(attempt)
        except _Stopped:
            return self._stop_ending
        except _OutOfTime:
            return states.timed_out(self._limit)

    async def _with_slot(self, attempt: Attempt) -> Ending:
        """Wait for a place among the notebook processes; a child of a notebook uses its parent's."""
        slots = self._around.slots
        if self.run.parent_run_id is not None:
            return await self._perform(attempt)
        if slots.locked():
            self._move(attempt, states.queued("ACTIVE_RUNS_LIMIT_REACHED"))
        await self._unless_interrupted(slots.acquire())
        try:
            return await self._perform(attempt)
        finally:
            slots.release()

    async def _perform(self, attempt: Attempt) -> Ending:
        if (refusal := self._refusal(attempt)) is not None:
            return refusal
        limit, of_run = self._time_limit(attempt)
        attempt.work_time = self._now()
        values = self._task_values()
        attempt.resolved = notebook_parameters(self.run, attempt, values)
        self._move(attempt, State(LifeCycle.RUNNING, "In run"))
        token = self._around.tokens.open_for_run(attempt.run_id, self.run.creator)
        try:
            result = await self._work(self._spec(attempt, limit, token, values))
        except Exception as error:
            _logger.exception("run %s: the notebook could not be run", attempt.run_id)
            return states.driver_failed(f"The notebook could not be run: {type(error).__name__}: {error}")
        finally:
            self._around.tokens.close_for_run(token)
        self._keep(attempt, result)
        return self._ending_of(result, self._limit if of_run else attempt.task["timeout_seconds"])

    async def _work(self, spec: NotebookRunSpec) -> NotebookResult:
        """The notebook itself; a cancel is passed on to the runtime, which then reports CANCELED."""
        with self._around.settings.clock.work():
            job = asyncio.create_task(self._around.runner.run(spec), name=f"notebook of run {spec.run_id}")
            stop = asyncio.create_task(self._stop.wait())
            try:
                await asyncio.wait({job, stop}, return_when=asyncio.FIRST_COMPLETED)
                if not job.done():
                    await self._around.runner.cancel(spec.run_id)
                    await asyncio.wait({job}, timeout=_CANCEL_GRACE)
                if not job.done():
                    raise TimeoutError(f"the runtime did not end it within {_CANCEL_GRACE:g} seconds of the cancel")
                return await job
            finally:
                stop.cancel()
                job.cancel()

    def _spec(
        self, attempt: Attempt, limit: float | None, token: str, values: dict[str, dict[str, Any]]
    ) -> NotebookRunSpec:
        settings = self._around.settings
        context = RunContext(
            host=settings.address,
            token=token,
            org_id=settings.workspace_id,
            cluster_id=attempt.task.get("existing_cluster_id") or settings.cluster_id,
            user=self.run.creator,
            job_id=self.run.job_id,
            job_run_id=self.run.run_id,
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

    def _refusal(self, attempt: Attempt) -> Ending | None:
        """Why this attempt cannot begin: its libraries, its notebook."""
        for library in attempt.task.get("libraries", []):
            if (problem := problem_with(library)) is not None:
                return states.library_failed(problem)
        path = attempt.task["notebook_task"]["notebook_path"]
        found = self._around.tree.find(path)
        if found is None or found.object_type != "NOTEBOOK":
            return states.notebook_missing(path, self.run.creator)
        return None

    def _time_limit(self, attempt: Attempt) -> tuple[float | None, bool]:
        """Seconds this attempt may take, and whether that is what remains of the run's own limit. Raises _OutOfTime."""
        remaining, own = self._remaining_seconds(), attempt.task["timeout_seconds"] or None
        if remaining is None:
            return own, False
        if remaining == 0:
            raise _OutOfTime
        return (remaining, True) if own is None or remaining < own else (own, False)

    def _remaining_seconds(self) -> float | None:
        """What is left of the run's limit, never below 0; None without one."""
        if not self._limit:
            return None
        return max(0.0, self._limit - (self._now() - self.run.start_time) / 1000)

    async def _unless_interrupted(self, waiting: Coroutine[Any, Any, _T]) -> _T:
        """What `waiting` gives. Raises _Stopped or _OutOfTime when the run is cancelled or its limit passes first."""
        if self._stop.is_set():
            waiting.close()
            raise _Stopped
        remaining = self._remaining_seconds()
        job: asyncio.Task[_T] = asyncio.create_task(waiting)
        stop = asyncio.create_task(self._stop.wait())
        racers: set[asyncio.Task[Any]] = {job, stop}
        if remaining is not None:
            racers.add(asyncio.create_task(self._around.settings.clock.sleep(remaining)))
        try:
            await asyncio.wait(racers, return_when=asyncio.FIRST_COMPLETED)
            if job.done():
                return job.result()
            raise _Stopped if stop.done() else _OutOfTime
        finally:
            for racer in racers:
                racer.cancel()

    def _ending_of(self, result: NotebookResult, limit: float) -> Ending:
        match result.outcome:
            case "SUCCESS":
                return states.SUCCEEDED
            case "TIMEDOUT":
                return states.timed_out(limit)
            case "CANCELED":
                return self._stop_ending
            case _:
                return states.WORKLOAD_FAILED

    def _keep(self, attempt: Attempt, result: NotebookResult) -> None:
        value, truncated = (None, False) if result.exit_value is None else cut(result.exit_value)
        self._around.registry.put_output(
            attempt,
            Output(
                result=value,
                truncated=truncated,
                error=_hidden(result.error),
                error_trace=_hidden(result.error_trace),
                logs=masker.mask(result.logs),
                task_values=result.task_values,
                peak_memory_bytes=result.peak_memory_bytes,
            ),
        )

    def _should_retry(self, attempt: Attempt) -> bool:
        ending, task = attempt.state.ending, attempt.task
        if ending is None or self._stop.is_set() or self._remaining_seconds() == 0:
            return False
        retriable = ending.result == "FAILED" or (ending.result == "TIMEDOUT" and task["retry_on_timeout"])
        return retriable and (task["max_retries"] == -1 or attempt.number < task["max_retries"])

    def _prepare_retry(self, before: Attempt) -> None:
        self.run.attempts.append(
            Attempt(
                run_id=self._around.ids.next(),
                task=before.task,
                state=State(LifeCycle.WAITING_FOR_RETRY, "Waiting for retry"),
                number=before.number + 1,
                original_run_id=before.original_run_id or before.run_id,
            )
        )
        self._around.registry.save(self.run)

    def _dependencies(self, key: str) -> list[str]:
        return [each["task_key"] for each in self.run.latest()[key].task["depends_on"]]

    def _upstream(self, key: str) -> list[Attempt]:
        latest = self.run.latest()
        return [latest[each] for each in self._dependencies(key)]

    def _task_values(self) -> dict[str, dict[str, Any]]:
        """What ended tasks have set, by task key."""
        outputs = {
            key: self._around.registry.output(each) for key, each in self.run.latest().items() if each.state.ended
        }
        return {key: output.task_values for key, output in outputs.items() if output is not None}

    def _move(self, attempt: Attempt, state: State) -> None:
        attempt.move(state)
        self._show_progress()

    def _end(self, attempt: Attempt, ending: Ending) -> None:
        attempt.end_time = self._now()
        attempt.start_time = attempt.start_time or attempt.end_time
        attempt.move(states.ended(ending))
        self._show_progress()

    def _show_progress(self) -> None:
        """The run's own state while its tasks are under way: the furthest of them, and never backwards."""
        if self.run.state.life_cycle in (LifeCycle.PENDING, LifeCycle.QUEUED):
            reached = {attempt.state.life_cycle for attempt in self.run.latest().values()}
            if any(attempt.work_time for attempt in self.run.attempts):
                self.run.move(State(LifeCycle.RUNNING, "In run"))
            elif LifeCycle.QUEUED in reached:
                self.run.move(states.queued("ACTIVE_RUNS_LIMIT_REACHED"))
            else:
                self.run.move(State(LifeCycle.PENDING, "Waiting for cluster"))
        self._around.registry.save(self.run)

    def _move_run(self, state: State) -> None:
        self.run.move(state)
        self._around.registry.save(self.run)

    def _now(self) -> int:
        return milliseconds(self._around.settings.clock.now())


def _hidden(text: str | None) -> str | None:
    return None if text is None else masker.mask(text)
