"""One activity within one frame, from its start to its outcome. How it behaves in between is its control's matter.

The step offers controls what they need: evaluate, open the record, succeed or fail, open inner frames, be woken.
"""

import copy
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from emulators.datafactory.engine.activity import Failed, Result, Succeeded
from emulators.datafactory.engine.commands import ActivityRunChanged, ActivitySkipped
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.graph import ActivityDefinition, Graph
from emulators.datafactory.engine.lifecycle import ACTIVITY_RUN, OUTCOMES, Outcome, advance
from emulators.datafactory.engine.records import ActivityRun
from emulators.datafactory.engine.timestamps import milliseconds, timespan, timestamp
from emulators.datafactory.engine.values import masked
from emulators.datafactory.expressions import ExpressionError

if TYPE_CHECKING:
    from emulators.datafactory.engine.frame import Frame

HIDDEN = "**********"
"""Stands in the records for a secured input or output (its real rendering is not documented)."""


_WRONG_SHAPES = (AttributeError, IndexError, KeyError, TypeError, ValueError)
"""What reading JSON of an unexpected shape raises."""


class Control(Protocol):
    """The behaviour of one step. The engine calls it; it answers through the step."""

    def start(self) -> None:
        """Begin; an ExpressionError that escapes fails the activity."""

    def stop(self) -> None:
        """End as soon as possible, cancelled."""

    def frame_closed(self, frame: "Frame") -> None:
        """An inner frame that this control opened is over."""


class Step:
    """An activity in execution; `record` is the row of its current attempt."""

    def __init__(self, definition: ActivityDefinition, frame: "Frame") -> None:
        self.definition = definition
        self.frame = frame
        self.run = frame.run
        self.record: ActivityRun | None = None
        self.control: Control | None = None
        self.output: Any = None
        self.error: ActivityError | None = None
        self.status = "Queued"

    # Life

    def start(self) -> None:
        """Run the activity's control, or show the placeholder of a deactivated activity."""
        recovery = self.frame.recovery
        earlier = recovery.taken_over(self.definition) if recovery is not None else None
        if earlier is not None:
            self._take_over(earlier)
        elif self.definition.inactive_as is not None:
            self.status = advance(ACTIVITY_RUN, self.status, "deactivate")
            self.record = self._new_record()
            self._report(end=True)
            self.frame.settled(self, self.definition.inactive_as)
        else:
            self._start_control()

    def skip(self) -> None:
        """The conditions were not met."""
        self.status = "Skipped"
        self.run.emit(
            ActivitySkipped(
                self.run.record.run_id, self.definition.name, self.definition.type, self.frame.label, self.run.now
            )
        )
        self.frame.settled(self, Outcome.SKIPPED)

    def stop(self) -> None:
        if self.control is not None:
            self.control.stop()

    def frame_closed(self, frame: "Frame") -> None:
        control = self.control
        assert control is not None, "only a control that is not over has inner frames"  # noqa: S101
        self._guarded(lambda: control.frame_closed(frame))

    def begin(self, shown_input: Any, *, attempt: int = 0, user_properties: Mapping[str, Any] | None = None) -> str:
        """Open the record of an attempt and return its activity run id."""
        self.status = advance(ACTIVITY_RUN, "Queued", "start")
        self.record = self._new_record()
        self.record.retry_attempt = attempt or None
        self.record.input = HIDDEN if self.policy_flag("secureInput") else masked(shown_input, self.run.secrets)
        self.record.user_properties = masked(user_properties or {}, self.run.secrets)
        self._report()
        return self.record.activity_run_id

    def end_attempt(self, event: str, output: Any = None, error: ActivityError | None = None) -> None:
        """Close the record of the attempt; the activity itself may go on with another one."""
        if self.record is None:
            self.begin({})
        assert self.record is not None  # noqa: S101  begin() has opened it
        self.status = advance(ACTIVITY_RUN, self.status, event)
        self.output, self.error = output, error
        hidden = output is not None and self.policy_flag("secureOutput")
        self.record.output = HIDDEN if hidden else masked(output, self.run.secrets)
        self.record.hidden_output = output if self.record.output != output else None
        self.record.error = masked(error.to_json(self.definition.name), self.run.secrets) if error else {}
        self._report(end=True)

    def settle(self) -> None:
        """The activity is over, as its last attempt ended. Step and control know each other: letting go here frees
        both at once, which the iterations of a long loop need."""
        self.control = None
        self.frame.settled(self, OUTCOMES[self.status])

    # What controls say

    def succeed(self, output: Any = None) -> None:
        self.end_attempt("succeed", {} if output is None else output)
        self.settle()

    def fail(self, error: ActivityError, output: Any = None, *, event: str = "fail") -> None:
        self.end_attempt(event, output, error)
        self.settle()

    def cancel(self) -> None:
        """The activity ends cancelled; the error object of such rows has empty texts (seen in a public report)."""
        self.end_attempt("cancel", error=ActivityError("", ""))
        self.settle()

    def settle_cancelled(self) -> None:
        """Cancelled between two attempts: the last row stays as it is, the activity counts as cancelled."""
        self.status = "Cancelled"
        self.settle()

    def finish(self, result: Result) -> None:
        if isinstance(result, Succeeded):
            self.succeed(result.output)
        elif isinstance(result, Failed):
            self.fail(result.error, result.output)
        else:
            self.cancel()

    # What controls may ask for

    def evaluate(self, value: Any, **more: Any) -> Any:
        """Evaluate a JSON value in this step's scope; `item=` overrides the current item."""
        return self.run.evaluate(value, self.frame, **more)

    def open_frame(self, graph: Graph, **more: Any) -> "Frame":
        return self.run.open_frame(graph, self, **more)

    def wake_in(self, seconds: float, then: Callable[[], None]) -> int:
        """Call `then` after so many seconds of emulated time; returns the timer."""
        return self.run.wake_in(seconds, lambda: self._guarded(then))

    def policy_flag(self, name: str) -> bool:
        return str((self.definition.properties.get("policy") or {}).get(name, False)).lower() == "true"

    def view(self) -> Mapping[str, Any]:
        """What `activity('X')` gives, in the shape seen in public reports. `Error` is null where there was none; a
        deactivated activity has neither `Output` nor `Error` (documented)."""
        seen: dict[str, Any] = {"ActivityName": self.definition.name, "Status": self.status}
        if self.status == "Inactive":
            return seen
        seen["Output"] = self.output
        seen["Error"] = self.error.to_json(self.definition.name) if self.error else None
        record = self.record
        if record is not None and record.activity_run_start and record.activity_run_end:
            seen |= {
                "PipelineName": record.pipeline_name,
                "PipelineRunId": record.pipeline_run_id,
                "JobId": record.activity_run_id,
                "ActivityRunId": record.activity_run_id,
                "ExecutionStartTime": timestamp(record.activity_run_start),
                "ExecutionEndTime": timestamp(record.activity_run_end),
                "Duration": timespan(record.activity_run_end - record.activity_run_start),
            }
        return seen

    # Within

    def _start_control(self) -> None:
        self.control = self.run.control_of(self)
        self._guarded(self.control.start)

    def _guarded(self, action: Callable[[], None]) -> None:
        """An expression that cannot be evaluated fails the activity, with the error the service shows; so do
        properties of a shape that the activity's type does not take (2104 is the documented code for a wrong type)."""
        try:
            action()
        except ExpressionError as error:
            self.fail(ActivityError(error.code, error.message))
        except _WRONG_SHAPES as error:
            text = f"The properties of activity '{self.definition.name}' are not what '{self.definition.type}' takes: "
            self.fail(ActivityError("2104", text + repr(error)))

    def _take_over(self, earlier: ActivityRun) -> None:
        self.status, self.output, self.record = earlier.status, earlier.real_output, earlier
        self.frame.settled(self, OUTCOMES[earlier.status])

    def _new_record(self) -> ActivityRun:
        linked = self.definition.properties.get("linkedServiceName") or {}
        return ActivityRun(
            activity_run_id=self.run.new_id(),
            activity_name=self.definition.name,
            activity_type=self.definition.type,
            pipeline_name=self.run.record.pipeline_name,
            pipeline_run_id=self.run.record.run_id,
            status=self.status,
            activity_run_start=self.run.now,
            iteration_hash=self.frame.label,
            linked_service_name=str(linked.get("referenceName") or ""),
        )

    def _report(self, *, end: bool = False) -> None:
        assert self.record is not None  # noqa: S101  only called with an open record
        self.record.status = self.status
        if end:
            self.record.activity_run_end = self.run.now
            self.record.duration_in_ms = milliseconds(self.record.activity_run_start, self.run.now)
        self.run.emit(ActivityRunChanged(copy.copy(self.record)))
