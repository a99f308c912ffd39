"""Wait: so many seconds of emulated time."""

from typing import TYPE_CHECKING

from emulators.datafactory.engine.control.single import Single
from emulators.datafactory.engine.errors import ActivityError

if TYPE_CHECKING:
    from emulators.datafactory.engine.step import Step


class Wait(Single):
    def __init__(self, step: "Step") -> None:
        super().__init__(step)
        self._timer: int | None = None

    def start(self) -> None:
        seconds = self.step.evaluate(self.step.definition.type_properties.get("waitTimeInSeconds"))
        self.step.begin({"waitTimeInSeconds": seconds})
        try:
            whole = int(seconds)
        except (TypeError, ValueError):
            whole = -1
        if isinstance(seconds, bool) or whole < 0:
            text = f"'waitTimeInSeconds' must be a whole number of seconds, not {seconds!r}."
            self.step.fail(ActivityError("InvalidTemplate", text))
        else:
            self._timer = self.step.wake_in(whole, lambda: self.step.succeed({}))

    def stop(self) -> None:
        self.step.run.drop_timer(self._timer)
        self.step.cancel()
