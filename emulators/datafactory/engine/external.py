"""An execution activity: something outside of the engine runs it. Here are its policy's rules: timeout and retry.

Every attempt is a row of its own. The timeout is that of one attempt, a timed-out attempt is retried like a failed
one, and the input is evaluated once, before the first attempt (all three assumed; the documentation is silent).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulators.datafactory.engine.activity import Activity, Failed, Reference, Result, Stopped, Succeeded
from emulators.datafactory.engine.commands import StartActivity, StopActivity
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.limits import oversize
from emulators.datafactory.engine.timestamps import parse_timespan

if TYPE_CHECKING:
    from emulators.datafactory.engine.frame import Frame
    from emulators.datafactory.engine.step import Step

DEFAULT_TIMEOUT = "0.12:00:00"
"""What Studio writes and the documentation gives today; older API text says seven days."""


@dataclass(frozen=True)
class Policy:
    """How long an attempt may take, how many more there may be, and the pause between them in seconds."""

    timeout: timedelta
    retry: int
    interval: float

    @classmethod
    def read(cls, written: Mapping[str, Any]) -> "Policy":
        """Read an evaluated `policy` object; raises ValueError naming the property."""
        return cls(
            timeout=parse_timespan(str(written.get("timeout") or DEFAULT_TIMEOUT)),
            retry=_whole_number(written, "retry", default=0),
            interval=_whole_number(written, "retryIntervalInSeconds", default=30),
        )


class External:
    """Runs an activity outside of the engine, as often as its policy allows."""

    def __init__(self, step: "Step") -> None:
        self._step = step
        self._activity: Activity | None = None
        self._policy = Policy(timedelta(hours=12), 0, 30)
        self._running: str | None = None
        self._timer: int | None = None
        self._stop_reason: str | None = None

    def start(self) -> None:
        try:
            self._policy = Policy.read(self._step.evaluate(self._step.definition.properties.get("policy") or {}))
        except ValueError as error:
            self._step.fail(ActivityError("InvalidTemplate", f"The policy of the activity is not valid: {error}"))
            return
        self._activity = self._evaluated()
        self._attempt(self._activity)

    def stop(self) -> None:
        if self._running is not None:
            self._interrupt("cancel")
        else:
            self._step.run.drop_timer(self._timer)
            self._step.settle_cancelled()

    def frame_closed(self, frame: "Frame") -> None:
        raise AssertionError("an execution activity has no inner activities")

    def finished(self, result: Result) -> None:
        """The driver reports the end of the running attempt."""
        self._running = None
        self._step.run.drop_timer(self._timer)
        result = _within_limits(result)
        if self._stop_reason == "cancel":
            self._step.cancel()
        elif isinstance(result, Succeeded):
            self._step.succeed(result.output)
        elif self._stop_reason == "time out":
            self._failed("time out", Failed(_timed_out(self._policy.timeout)))
        elif isinstance(result, Failed):
            self._failed("fail", result)
        else:
            self._step.cancel()

    def _attempt(self, activity: Activity) -> None:
        shown = dict(activity.type_properties)
        if activity.inputs or activity.outputs:
            shown = {**shown, "inputs": list(activity.inputs), "outputs": list(activity.outputs)}
        identifier = self._step.begin(shown, attempt=activity.attempt, user_properties=activity.user_properties)
        self._activity = replace(activity, activity_run_id=identifier)
        self._running = identifier
        self._stop_reason = None
        self._timer = self._step.wake_in(self._policy.timeout.total_seconds(), lambda: self._interrupt("time out"))
        self._step.run.host.expect(identifier, self.finished)
        self._step.run.emit(StartActivity(self._activity))

    def _interrupt(self, reason: str) -> None:
        """Stop the attempt; a cancellation outweighs a timeout, and the driver is told only once."""
        assert self._running is not None  # noqa: S101  there is nothing to interrupt between attempts
        if self._stop_reason is None:
            self._step.run.emit(StopActivity(self._running))
        self._stop_reason = reason

    def _failed(self, event: str, result: Failed) -> None:
        assert self._activity is not None  # noqa: S101  an attempt has run
        if self._activity.attempt >= self._policy.retry:
            self._step.fail(result.error, result.output, event=event)
            return
        self._step.end_attempt(event, result.output, result.error)
        following = replace(self._activity, attempt=self._activity.attempt + 1)
        self._timer = self._step.wake_in(self._policy.interval, lambda: self._attempt(following))

    def _evaluated(self) -> Activity:
        step, written = self._step, self._step.definition.properties
        return Activity(
            name=step.definition.name,
            type=step.definition.type,
            type_properties=step.evaluate(step.definition.own_type_properties),
            resources=step.run.resources,
            pipeline_name=step.run.record.pipeline_name,
            pipeline_run_id=step.run.record.run_id,
            activity_run_id="",
            linked_service=self._reference(written.get("linkedServiceName")),
            inputs=tuple(filter(None, map(self._reference, written.get("inputs") or []))),
            outputs=tuple(filter(None, map(self._reference, written.get("outputs") or []))),
            timeout=self._policy.timeout,
            user_properties={
                item["name"]: step.evaluate(item.get("value")) for item in written.get("userProperties") or []
            },
        )

    def _reference(self, written: Mapping[str, Any] | None) -> Reference | None:
        """A reference with its parameters evaluated; names of references are never expressions."""
        if not written:
            return None
        parameters = written.get("parameters")
        return {**written, "parameters": self._step.evaluate(parameters)} if parameters else dict(written)


def _within_limits(result: Result) -> Result:
    """The result as the engine can take it: an output that is too large makes a failure, or is left out of one."""
    error = None if isinstance(result, Stopped) else oversize(result.output)
    if error is None:
        return result
    return Failed(result.error) if isinstance(result, Failed) else Failed(error)


def _timed_out(timeout: timedelta) -> ActivityError:
    """The code is the one users report; the sentence is assumed."""
    return ActivityError("ActionTimedOut", f"The activity did not finish within its timeout of {timeout}.")


def _whole_number(written: Mapping[str, Any], name: str, *, default: int) -> int:
    value = written.get(name)
    if value is None:
        return default
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise ValueError(f"'{name}' must be a whole number, not {value!r}") from None
    if number < 0:
        raise ValueError(f"'{name}' must not be negative, but is {number}")
    return number
