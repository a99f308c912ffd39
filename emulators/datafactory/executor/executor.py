"""The engine's hands: a task per running activity, a task per moment that is waited for, observers that are told.

Everything happens in one event loop, so the engine needs no lock: each event is handled to its end before the next.
"""

import asyncio
import logging
import random as randomness
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from emulators.datafactory.activities import ActivityFailed, ActivityServices, run_activity
from emulators.datafactory.engine.activity import Activity, Failed, Result, Stopped, Succeeded
from emulators.datafactory.engine.commands import (
    ActivityRunChanged,
    Command,
    DropTimer,
    PipelineRunChanged,
    StartActivity,
    StopActivity,
    WakeAt,
)
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun, RerunReference
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.engine.runs import Runs
from emulators.kernel.clock import Clock

log = logging.getLogger(__name__)


class RunObserver(Protocol):
    """Hears of every change of a record, in order; the records are copies and may be kept."""

    def pipeline_run_changed(self, run: PipelineRun) -> None: ...

    def activity_run_changed(self, run: ActivityRun) -> None: ...


class Executor:
    """Runs pipelines. All methods are to be called in one running event loop."""

    def __init__(
        self,
        *,
        clock: Clock,
        services: ActivityServices,
        ids: Callable[[], str],
        observer: RunObserver,
        random: Callable[[int, int], int] = randomness.randrange,
    ) -> None:
        """`ids` gives fresh GUIDs as text, `random(low, high)` an integer low <= n < high for the function `rand`."""
        self._clock = clock
        self._services = services
        self._observer = observer
        self._runs = Runs(ids, random)
        self._activities: dict[str, asyncio.Task[Any]] = {}
        self._timers: dict[int, asyncio.Task[None]] = {}
        self._ended: dict[str, asyncio.Future[PipelineRun]] = {}
        self._closed = False

    def start(
        self,
        resources: Resources,
        pipeline_name: str,
        *,
        parameters: Mapping[str, Any],
        invoked_by: InvokedBy,
        trigger: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        reference: RerunReference | None = None,
    ) -> PipelineRun:
        """Start a run of a pipeline and return its record: InProgress, Queued, or over if nothing in it takes time.

        `trigger` may say who fired: `id`, `name`, `type`, `time` (see `pipeline().TriggerTime`). Raises RunRefused
        (code, message, target) where `createRun` answers 400.
        """
        run = self._runs.start(
            resources,
            pipeline_name,
            parameters=parameters,
            invoked_by=invoked_by,
            now=self._clock.now(),
            trigger=trigger,
            run_id=run_id,
            reference=reference,
        )
        self._carry_out()
        return run

    async def cancel(self, run_id: str, *, recursive: bool = True) -> None:
        """Cancel a run, with `recursive` also those it started; it stays Canceling until all that ran has ended."""
        self._runs.cancel(run_id, self._clock.now(), recursive=recursive)
        self._carry_out()

    async def wait(self, run_id: str) -> PipelineRun:
        """Wait for the end of a run and return its record; KeyError for a run this executor never started."""
        return await asyncio.shield(self._ended[run_id])

    async def close(self) -> None:
        """Stop everything that is under way, leaving the records as they are."""
        self._closed = True
        tasks = [*self._activities.values(), *self._timers.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for future in self._ended.values():
            future.cancel()

    # Commands out

    def _carry_out(self) -> None:
        for command in self._runs.commands():
            self._do(command)

    def _do(self, command: Command) -> None:
        match command:
            case StartActivity(activity):
                self._start_activity(activity)
            case StopActivity(activity_run_id):
                self._activities[activity_run_id].cancel()
            case WakeAt(moment, timer):
                self._start_timer(moment, timer)
            case DropTimer(timer):
                self._drop_timer(timer)
            case ActivityRunChanged(activity_run):
                self._observer.activity_run_changed(activity_run)
            case PipelineRunChanged(run):
                self._pipeline_run_changed(run)

    def _start_activity(self, activity: Activity) -> None:
        identifier = activity.activity_run_id
        task = asyncio.create_task(run_activity(activity, self._services), name=f"activity {activity.name}")
        self._activities[identifier] = task
        task.add_done_callback(lambda done: self._activity_done(identifier, done))

    def _start_timer(self, moment: datetime, timer: int) -> None:
        async def wait() -> None:
            await self._clock.sleep((moment - self._clock.now()).total_seconds())
            self._timers.pop(timer, None)
            self._runs.timer_due(timer, self._clock.now())
            self._carry_out()

        self._timers[timer] = asyncio.create_task(wait(), name=f"timer {timer}")

    def _drop_timer(self, timer: int) -> None:
        task = self._timers.pop(timer, None)
        if task is not None:
            task.cancel()

    def _pipeline_run_changed(self, run: PipelineRun) -> None:
        future = self._ended.get(run.run_id)
        if future is None:
            future = self._ended[run.run_id] = asyncio.get_running_loop().create_future()
        self._observer.pipeline_run_changed(run)
        if run.is_final and not future.done():
            future.set_result(run)

    # Events in

    def _activity_done(self, identifier: str, task: asyncio.Task[Any]) -> None:
        del self._activities[identifier]
        if self._closed:
            return
        self._runs.activity_finished(identifier, _result(task), self._clock.now())
        self._carry_out()


def _result(task: asyncio.Task[Any]) -> Result:
    """How an activity's task ended. An unexpected exception is a defect of ours: told in the log and in the run."""
    if task.cancelled():
        return Stopped()
    error = task.exception()
    if error is None:
        return Succeeded(task.result())
    if isinstance(error, ActivityFailed):
        return Failed(error.to_error(), error.output)
    log.error("%s broke", task.get_name(), exc_info=error)
    text = f"The emulator itself failed, this is a defect in it: {type(error).__name__}: {error}"
    return Failed(ActivityError("EmulatorDefect", text, failure_type="SystemError"))
