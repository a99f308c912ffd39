"""All runs of one executor: creating and refusing them, queueing, children, cancellation, timers.

This is the face of the engine. A driver calls its methods with the present moment, then takes `commands()` and
carries them out. The same object serves the asyncio executor and the unit-test API.
"""

import uuid
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from emulators.datafactory.engine.activity import Result
from emulators.datafactory.engine.commands import Command, DropTimer, WakeAt
from emulators.datafactory.engine.creation import (
    earlier_parameters,
    hidden_parameters,
    pipeline_parameters,
    prepare,
    shown_parameters,
    system_variables,
)
from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.graph import ActivityDefinition
from emulators.datafactory.engine.machine import RunMachine
from emulators.datafactory.engine.records import InvokedBy, PipelineRun, RerunReference
from emulators.datafactory.engine.recovery import Recovery
from emulators.datafactory.engine.resources import Resources

MAX_QUEUED = 100
"""Runs of one pipeline that may wait for its `concurrency` (documented)."""


class Runs:
    """The machines of all runs that are not over."""

    def __init__(
        self,
        ids: Callable[[], str],
        random: Callable[[int, int], int],
        outside: Callable[[ActivityDefinition], bool] = lambda activity: False,
    ) -> None:
        """`ids` gives fresh GUIDs as text; `random(low, high)` an integer, low <= n < high, for `rand()`.

        `outside` may name control activities that the driver runs itself, as if they were execution activities.
        """
        self.now = datetime.min
        self.random = random
        self.outside = outside
        self.cancels_children = True
        self._ids = ids
        self._machines: dict[str, RunMachine] = {}
        self._active: dict[tuple[str, str], int] = {}
        self._queues: dict[tuple[str, str], deque[RunMachine]] = {}
        self._on_end: dict[str, Callable[[PipelineRun], None]] = {}
        self._expected: dict[str, Callable[[Result], None]] = {}
        self._timers: dict[int, Callable[[], None]] = {}
        self._last_timer = 0
        self._agenda: deque[Callable[[], None]] = deque()
        self._commands: list[Command] = []

    # What drivers call

    def start(
        self,
        resources: Resources,
        pipeline_name: str,
        *,
        parameters: Mapping[str, Any],
        invoked_by: InvokedBy,
        now: datetime,
        trigger: Mapping[str, Any] | None = None,
        run_id: str | None = None,
        reference: RerunReference | None = None,
    ) -> PipelineRun:
        """Create a run, InProgress or Queued; raises RunRefused as `createRun` would answer 400."""
        self.now = now
        machine = self._create(
            resources, pipeline_name, parameters, invoked_by, run_id=run_id, trigger=trigger, reference=reference
        )
        self._work()
        return machine.record

    def cancel(self, run_id: str, now: datetime, *, recursive: bool = True) -> None:
        """Cancel a run; one that is over or unknown stays as it is."""
        self.now = now
        self.cancels_children = recursive
        self._cancel(run_id)
        self._work()
        self.cancels_children = True

    def activity_finished(self, activity_run_id: str, result: Result, now: datetime) -> None:
        """An attempt that was started is over."""
        self.now = now
        self._expected.pop(activity_run_id)(result)
        self._work()

    def timer_due(self, timer: int, now: datetime) -> None:
        """A moment that was asked for has come; a dropped timer is ignored."""
        self.now = now
        action = self._timers.pop(timer, None)
        if action is not None:
            action()
            self._work()

    def commands(self) -> list[Command]:
        """What is to be done now, in order; handed out once."""
        taken, self._commands = self._commands, []
        return taken

    # What machines call

    def new_id(self) -> str:
        return self._ids()

    def new_guid(self) -> uuid.UUID:
        return uuid.UUID(self._ids())

    def emit(self, command: Command) -> None:
        self._commands.append(command)

    def later(self, action: Callable[[], None]) -> None:
        self._agenda.append(action)

    def expect(self, activity_run_id: str, finished: Callable[[Result], None]) -> None:
        self._expected[activity_run_id] = finished

    def wake_at(self, moment: datetime, then: Callable[[], None]) -> int:
        self._last_timer += 1
        self._timers[self._last_timer] = then
        self.emit(WakeAt(moment, self._last_timer))
        return self._last_timer

    def drop_timer(self, timer: int | None) -> None:
        if timer is not None and self._timers.pop(timer, None) is not None:
            self.emit(DropTimer(timer))

    def start_child(
        self,
        parent: RunMachine,
        pipeline_name: str,
        parameters: Mapping[str, Any],
        invoked_by: InvokedBy,
        ended: Callable[[PipelineRun], None] | None,
        earlier: RerunReference | None = None,
    ) -> PipelineRun:
        """Start a pipeline for an Execute Pipeline activity; `ended` hears of its end. `earlier` is the child that this
        one recovers; with other parameters than that one had, nothing of it can be used (assumed)."""
        ancestors = (*parent.ancestors, parent.pipeline.name.lower())
        if earlier is not None and not self._does_the_same(parent.resources, pipeline_name, parameters, earlier):
            earlier = None
        child = self._create(
            parent.resources, pipeline_name, parameters, invoked_by, reference=earlier, ancestors=ancestors
        )
        if ended is not None:
            self._on_end[child.record.run_id] = ended
        return child.record

    def cancel_child(self, run_id: str) -> None:
        self.later(lambda: self._cancel(run_id))

    def run_finished(self, machine: RunMachine) -> None:
        """Free the run's place, let the next one of its queue start, tell the parent."""
        record = machine.record
        del self._machines[record.run_id]
        if record.run_start is not None:
            self._leave(machine)
        ended = self._on_end.pop(record.run_id, None)
        if ended is not None:
            self.later(lambda: ended(record))

    # Within

    def _create(
        self,
        resources: Resources,
        pipeline_name: str,
        parameters: Mapping[str, Any],
        invoked_by: InvokedBy,
        *,
        run_id: str | None = None,
        trigger: Mapping[str, Any] | None = None,
        reference: RerunReference | None = None,
        ancestors: tuple[str, ...] = (),
    ) -> RunMachine:
        run_id = run_id or self.new_id()
        pipeline = prepare(resources, pipeline_name, run_id)
        given = earlier_parameters(reference) if reference else parameters
        values = pipeline_parameters(pipeline, given, run_id)
        record = PipelineRun(
            run_id=run_id,
            run_group_id=reference.run.run_group_id if reference and reference.is_recovery else run_id,
            pipeline_name=pipeline.name,
            parameters=shown_parameters(pipeline, values),
            hidden_parameters=hidden_parameters(pipeline, values),
            invoked_by=invoked_by,
            annotations=list(pipeline.annotations),
            recovers_run_id=reference.run.run_id if reference and reference.takes_over else None,
        )
        variables = system_variables(resources, record, values, trigger or {}, self.now)
        recovery = Recovery.of(pipeline, reference)
        secrets = frozenset(map(str, record.hidden_parameters.values()))
        machine = RunMachine(self, pipeline, resources, record, variables, secrets, recovery, ancestors)
        self._enter(machine)
        return machine

    def _does_the_same(
        self, resources: Resources, pipeline_name: str, parameters: Mapping[str, Any], earlier: RerunReference
    ) -> bool:
        pipeline = prepare(resources, pipeline_name, earlier.run.run_id)
        values = pipeline_parameters(pipeline, parameters, earlier.run.run_id)
        return pipeline.name == earlier.run.pipeline_name and values == earlier_parameters(earlier)

    def _enter(self, machine: RunMachine) -> None:
        """Start the run, or queue it behind the others of its pipeline."""
        place = _place(machine)
        queue = self._queues.setdefault(place, deque())
        limit = machine.pipeline.concurrency
        full = limit is not None and self._active.get(place, 0) >= limit
        if full and len(queue) >= MAX_QUEUED:
            raise RunRefused(
                f"The pipeline '{machine.pipeline.name}' already has {MAX_QUEUED} queued runs.",
                code="TooManyQueuedRuns",
                target=f"pipeline/{machine.pipeline.name}/runid/{machine.record.run_id}",
            )
        self._machines[machine.record.run_id] = machine
        if full:
            queue.append(machine)
            machine.report()
        else:
            self._active[place] = self._active.get(place, 0) + 1
            machine.start()

    def _leave(self, machine: RunMachine) -> None:
        place = _place(machine)
        self._active[place] -= 1
        queue = self._queues[place]
        if queue:
            self._active[place] += 1
            queue.popleft().start()

    def _cancel(self, run_id: str) -> None:
        machine = self._machines.get(run_id)
        if machine is None:
            return
        queue = self._queues[_place(machine)]
        if machine in queue:
            queue.remove(machine)
        machine.cancel()

    def _work(self) -> None:
        """Do everything that follows from the event, breadth first, before the driver hears of it."""
        while self._agenda:
            self._agenda.popleft()()


def _place(machine: RunMachine) -> tuple[str, str]:
    return machine.resources.factory_name.lower(), machine.pipeline.name.lower()
