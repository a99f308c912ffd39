"""Triggers that time sets off: a task per started trigger sleeps until it is due, and fires.

Time is the cloud's clock, so a year of nights passes in a moment on the virtual one. Each occurrence and each window
is told apart by its time; one that was handled is not handled again, after a restart either.
"""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from emulators.datafactory.catalogue import Document, Factory
from emulators.datafactory.factory_runs import FactoryRuns, FiringFailed, RunsOf
from emulators.datafactory.run_history import INTERRUPTED, TriggerRun
from emulators.datafactory.triggers import is_of_type, schedule, tumbling_window
from emulators.datafactory.triggers.tumbling_window import (
    DEPENDENCY_PATIENCE,
    Dependency,
    TumblingWindows,
    Window,
    read_windows,
    window_of,
)
from emulators.kernel.clock import Clock

log = logging.getLogger("drydock.datafactory")

WAITING = "Waiting on dependency"
"""Status of a window whose dependencies are not met yet (as the monitor shows it)."""

_FINAL = frozenset({"Succeeded", "Failed", "Cancelled"})


class ClockTriggers:
    """The schedule and tumbling window triggers of all factories."""

    def __init__(self, runs_of: RunsOf, clock: Clock) -> None:
        self._runs_of = runs_of
        self._clock = clock
        self._following: dict[str, asyncio.Task[None]] = {}
        self._windows: set[asyncio.Task[None]] = set()
        self._change = asyncio.Event()

    # Life

    def begin(self, factory: Factory, trigger: Document) -> None:
        """Follow the trigger's time from now on."""
        follow = self._follow_schedule if is_of_type(trigger.properties, schedule) else self._follow_windows
        identity = factory.child_id("triggers", trigger.name)
        task = asyncio.create_task(follow(factory, trigger), name=f"trigger {trigger.name}")
        task.add_done_callback(_log_failure)
        self._following[identity] = task

    async def end(self, factory: Factory, trigger: Document) -> None:
        """Follow it no longer. Windows that run go on; those that wait are taken up again at the next start."""
        task = self._following.pop(factory.child_id("triggers", trigger.name), None)
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Follow nothing any more."""
        tasks = [*self._following.values(), *self._windows]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # Schedules

    async def _follow_schedule(self, factory: Factory, trigger: Document) -> None:
        """Fire at every occurrence. What passes while the machine sleeps is not made up for (documented)."""
        since = self._clock.now()
        while True:
            occurrence = next(schedule.occurrences(trigger.properties, since), None)
            if occurrence is None:
                return
            while (left := (occurrence - self._clock.now()).total_seconds()) > 0:
                await self._clock.sleep(left, patient=True)
            now = self._clock.now()
            self._runs_of(factory).fire(trigger, schedule.firing(occurrence, now))
            since = max(occurrence + timedelta(microseconds=1), now)

    # Tumbling windows

    async def _follow_windows(self, factory: Factory, trigger: Document) -> None:
        """Run every window that is due, the oldest first, at most `maxConcurrency` at a time."""
        spec = read_windows(trigger.properties)
        places = asyncio.Semaphore(spec.max_concurrency)
        for window in self._unhandled(factory, trigger, spec):
            while (left := (spec.due(window) - self._clock.now()).total_seconds()) > 0:
                await self._clock.sleep(left, patient=True)
            await places.acquire()
            task = self._in_background(
                self._run_window(factory, trigger, spec, window), f"{trigger.name} {window.start}"
            )
            task.add_done_callback(lambda _: places.release())

    def _unhandled(self, factory: Factory, trigger: Document, spec: TumblingWindows) -> Iterator[Window]:
        history = self._runs_of(factory).history
        for window in spec.windows():
            known = history.trigger_run_of_event(trigger.name, window.event_id)
            if known is None or known.status not in _FINAL or known.message == INTERRUPTED:
                yield window

    def rerun(self, factory: Factory, trigger: Document, run: TriggerRun) -> None:
        """Run a window once more, with the trigger as it is now (documented)."""
        spec, window = read_windows(trigger.properties), window_of(run.context)
        self._in_background(self._run_window(factory, trigger, spec, window, again=True), f"again {trigger.name}")

    async def cancel(self, factory: Factory, run: TriggerRun) -> None:
        """Cancel a window that waits or runs."""
        await self._runs_of(factory).cancel_trigger_run(run)
        self._changed()

    async def _run_window(
        self, factory: Factory, trigger: Document, spec: TumblingWindows, window: Window, *, again: bool = False
    ) -> None:
        runs = self._runs_of(factory)
        known = None if again else runs.history.trigger_run_of_event(trigger.name, window.event_id)
        firing = tumbling_window.firing(window, self._clock.now())
        run = known if known is not None and known.status not in _FINAL else runs.new_trigger_run(trigger, firing)
        self._note(runs, run, WAITING if spec.dependencies else "Inprogress")
        if not await self._dependencies_met(factory, trigger, spec, window, run):
            if run.status != "Cancelled":
                self._note(runs, run, "Failed", f"The window's dependencies did not succeed in {DEPENDENCY_PATIENCE}.")
            return
        self._note(runs, run, "Inprogress")
        self._note(runs, run, *await self._attempts(runs, trigger, spec, run))

    async def _attempts(
        self, runs: FactoryRuns, trigger: Document, spec: TumblingWindows, run: TriggerRun
    ) -> tuple[str, str | None]:
        """Run the window's pipeline until it succeeds or the retries are used up; status and message of the end."""
        # without the window's id every attempt has a pipeline run of its own
        firing = replace(tumbling_window.firing(window_of(run.context), self._clock.now()), event_id=None)
        for attempt in range(spec.retries + 1):
            if attempt:
                await self._clock.sleep(spec.retry_pause.total_seconds())
            try:
                runs.start_pipelines(run, trigger, firing)
            except FiringFailed as error:
                return "Failed", str(error)
            runs.history.keep_trigger_run(run)
            [run_id] = run.triggered_pipelines.values()
            status = await runs.wait(run_id)
            if status == "Succeeded" or run.status == "Cancelled":
                break
        return ("Cancelled" if run.status == "Cancelled" else status), None

    async def _dependencies_met(
        self, factory: Factory, trigger: Document, spec: TumblingWindows, window: Window, run: TriggerRun
    ) -> bool:
        """Wait until every dependency is met; False when the window was cancelled or waited too long."""
        deadline = self._clock.now() + DEPENDENCY_PATIENCE
        while not all(self._is_met(factory, trigger, window, dependency) for dependency in spec.dependencies):
            left = (deadline - self._clock.now()).total_seconds()
            if left <= 0 or run.status == "Cancelled":
                return False
            await self._change_within(left)
        return run.status != "Cancelled"

    def _is_met(self, factory: Factory, trigger: Document, window: Window, dependency: Dependency) -> bool:
        """Whether every window that covers the required time succeeded. Before the first there is none to wait for."""
        upstream = trigger if dependency.trigger is None else factory.find("triggers", dependency.trigger)
        if upstream is None or not is_of_type(upstream.properties, tumbling_window):
            return False
        history = self._runs_of(factory).history
        required = read_windows(upstream.properties).overlapping(dependency.required(window))
        found = (history.trigger_run_of_event(upstream.name, needed.event_id) for needed in required)
        return all(run is not None and run.status == "Succeeded" for run in found)

    async def _change_within(self, seconds: float) -> None:
        """Wait for the end of some window, or for that long."""
        waits: tuple[Coroutine[Any, Any, Any], ...] = (self._change.wait(), self._clock.sleep(seconds, patient=True))
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()

    def _note(self, runs: FactoryRuns, run: TriggerRun, status: str, message: str | None = None) -> None:
        run.status, run.message = status, message
        runs.history.keep_trigger_run(run)
        self._changed()

    def _changed(self) -> None:
        self._change.set()
        self._change = asyncio.Event()

    def _in_background(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._windows.add(task)
        task.add_done_callback(self._windows.discard)
        task.add_done_callback(_log_failure)
        return task


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        log.error("%s broke", task.get_name(), exc_info=task.exception())
