"""One pipeline run as a state machine: its record, its variables, and the frames in which its activities stand."""

import copy
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulators.datafactory.engine.commands import Command, PipelineRunChanged
from emulators.datafactory.engine.control import CONTROLS
from emulators.datafactory.engine.external import External
from emulators.datafactory.engine.frame import NO_ITEM, Frame
from emulators.datafactory.engine.graph import Graph, Pipeline
from emulators.datafactory.engine.lifecycle import PIPELINE_RUN, advance
from emulators.datafactory.engine.records import PipelineRun
from emulators.datafactory.engine.recovery import Recovery
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.engine.step import Control, Step
from emulators.datafactory.engine.timestamps import milliseconds
from emulators.datafactory.engine.values import initial_variable, masked
from emulators.datafactory.expressions import Scope, evaluate_value

if TYPE_CHECKING:
    from emulators.datafactory.engine.runs import Runs


class RunMachine:
    """Drives one run. `host` owns the present moment, the timers, the ids and the other runs."""

    def __init__(
        self,
        host: "Runs",
        pipeline: Pipeline,
        resources: Resources,
        record: PipelineRun,
        system_variables: Mapping[str, Any],
        secrets: frozenset[str],
        recovery: Recovery | None = None,
        ancestors: tuple[str, ...] = (),
    ) -> None:
        self.host = host
        self.pipeline = pipeline
        self.resources = resources
        self.record = record
        self.ancestors = ancestors
        self.secrets = secrets
        self.variables = {name: initial_variable(spec) for name, spec in pipeline.variables.items()}
        self._system_variables = system_variables
        self._root = Frame(self, pipeline.graph, recovery=recovery)

    # Life

    def start(self) -> None:
        """Leave the queue and begin with the activities that wait for none."""
        self.record.run_start = self.now
        self.advance("start")
        self._root.begin()

    def cancel(self) -> None:
        """End a queued run at once; of a running one, stop the activities and end when the last of them has."""
        if self.record.status == "Queued":
            self._end("cancel")
        else:
            self.advance("cancel")
            self._root.stop()

    def graph_finished(self, frame: Frame) -> None:
        """The last activity is over: the leaves decide."""
        failed = frame.culprits()
        if failed:
            message = f"Operation on target {failed[0]} failed: {frame.error_of(failed[0])}"
            self.record.message = masked(message, self.secrets)
        self._end("fail" if failed else "succeed")

    def advance(self, event: str) -> None:
        self.record.status = advance(PIPELINE_RUN, self.record.status, event)
        if self.record.status in ("Canceling", "Cancelled"):
            self.record.message = ""
        self.report()

    def report(self) -> None:
        self.record.last_updated = self.now
        self.emit(PipelineRunChanged(copy.copy(self.record)))

    def _end(self, event: str) -> None:
        self.record.run_end = self.now
        self.record.variables = dict(self.variables)
        self.record.duration_in_ms = milliseconds(self.record.run_start or self.now, self.now)
        self.advance(event)
        self.host.run_finished(self)

    # What frames and steps ask for

    @property
    def now(self) -> datetime:
        return self.host.now

    def new_id(self) -> str:
        return self.host.new_id()

    def emit(self, command: Command) -> None:
        self.host.emit(command)

    def later(self, action: Callable[[], None]) -> None:
        """Do this after what is being done now: keeps long chains of activities off the call stack."""
        self.host.later(action)

    def wake_in(self, seconds: float, then: Callable[[], None]) -> int:
        return self.host.wake_at(self.now + timedelta(seconds=seconds), then)

    def drop_timer(self, timer: int | None) -> None:
        self.host.drop_timer(timer)

    def open_frame(
        self, graph: Graph, owner: Step, item: Any = NO_ITEM, label: str | None = None, *, afresh: bool = False
    ) -> Frame:
        """Run a graph of a container. `afresh` means that nothing in it may be taken over from an earlier run."""
        frame = Frame(self, graph, owner, item, label, None if afresh else _inside(owner, graph, label))
        frame.begin()
        return frame

    def control_of(self, step: Step) -> Control:
        """The behaviour of an activity: a control activity's own, else run it outside of the engine."""
        if self.host.outside(step.definition):
            return External(step)
        return CONTROLS.get(step.definition.kind, External)(step)

    def variable_name(self, written: str) -> str | None:
        """How the pipeline spells a variable, whatever the case it is written in; None when it declares no such."""
        if written in self.variables:
            return written
        return next((name for name in self.variables if name.lower() == written.lower()), None)

    def evaluate(self, value: Any, frame: Frame, **more: Any) -> Any:
        """Evaluate a JSON value as the service does for an activity of that frame."""
        if "item" not in more and frame.item is not NO_ITEM:
            more["item"] = frame.item
        scope = Scope(
            pipeline=self._system_variables,
            variables=self.variables,
            activities=frame.visible,
            now=lambda: self.host.now,
            guid=self.host.new_guid,
            random=self.host.random,
            **more,
        )
        return evaluate_value(value, scope)


def _inside(owner: Step, graph: Graph, label: str | None) -> Recovery | None:
    rules = owner.frame.recovery
    return None if rules is None else rules.inside(owner.definition, graph, label or owner.frame.label)
