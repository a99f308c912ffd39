"""Until: the body, then the condition, and again until it holds or time is up.

A failed body does not end the loop (documented); when the condition holds, the last iteration decides how the
activity ends (assumed). An iteration that took no time is followed by the next one a second later: in Azure none is
faster, and a loop without a Wait must not stop the clock.
"""

from typing import TYPE_CHECKING

from emulators.datafactory.engine.control.container import Container, inner_failure, wrong_type
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.timestamps import parse_timespan
from emulators.datafactory.engine.values import type_name

if TYPE_CHECKING:
    from datetime import datetime

    from emulators.datafactory.engine.frame import Frame
    from emulators.datafactory.engine.step import Step

DEFAULT_TIMEOUT = "7.00:00:00"
PAUSE = 1.0


class Until(Container):
    def __init__(self, step: "Step") -> None:
        super().__init__(step)
        self._timer: int | None = None
        self._pause: int | None = None
        self._timed_out = False
        self._timeout = DEFAULT_TIMEOUT
        self._count = 0
        self._began: datetime = step.run.now

    def start(self) -> None:
        self._timeout = str(self.step.evaluate(self.step.definition.type_properties.get("timeout")) or DEFAULT_TIMEOUT)
        self.step.begin({"timeout": self._timeout})
        try:
            seconds = parse_timespan(self._timeout).total_seconds()
        except ValueError as error:
            self.step.fail(ActivityError("InvalidTemplate", f"The timeout of the activity is not valid: {error}"))
            return
        self._timer = self.step.wake_in(seconds, self._time_is_up)
        self._iterate()

    def stop(self) -> None:
        super().stop()
        if not self.open:
            self._end_stopped()

    def frame_closed(self, frame: "Frame") -> None:
        self.open.remove(frame)
        if self.stopping:
            self._end_stopped()
            return
        try:
            done = self.step.run.evaluate(self.step.definition.type_properties.get("expression"), frame)
        except Exception:
            self._drop_timers()
            raise
        if not isinstance(done, bool):
            self._drop_timers()
            self.step.fail(wrong_type("until", self.step, type_name(done), "boolean"))
        elif done:
            self._end(inner_failure(frame))
        elif self._began == self.step.run.now:
            self._pause = self.step.wake_in(PAUSE, self._iterate)
        else:
            self._iterate()

    def _iterate(self) -> None:
        self._pause = None
        self._began = self.step.run.now
        self._count += 1
        label = f"{self.step.definition.name}[{self._count - 1}]"
        self.open.append(self.step.open_frame(self.step.definition.graphs["activities"], label=label))

    def _time_is_up(self) -> None:
        self._timed_out = True
        self.stop()

    def _end_stopped(self) -> None:
        self._drop_timers()
        if self._timed_out:
            text = f"The condition of '{self.step.definition.name}' did not hold within {self._timeout}."
            self.step.fail(ActivityError("ActionTimedOut", text))
        else:
            self.step.cancel()

    def _end(self, error: ActivityError | None) -> None:
        self._drop_timers()
        if error:
            self.step.fail(error)
        else:
            self.step.succeed({})

    def _drop_timers(self) -> None:
        self.step.run.drop_timer(self._timer)
        self.step.run.drop_timer(self._pause)
