"""How an activity says that it failed: with the code and sentence that the service shows."""

from typing import Any

from emulators.datafactory.engine.errors import ActivityError


class ActivityFailed(Exception):
    """The attempt failed. `failure_type` is `UserError` or `SystemError`; `output` is given all the same by some."""

    def __init__(
        self,
        code: str,
        message: str,
        failure_type: str = "UserError",
        *,
        output: Any = None,
        details: Any = "",
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.failure_type = failure_type
        self.output = output
        self.details = details

    def to_error(self) -> ActivityError:
        return ActivityError(self.code, self.message, self.failure_type, self.details)


class NotBuiltYet(ActivityFailed):
    """The real service can do this and the emulator cannot: said by name, with what to add."""

    def __init__(self, what: str, to_add: str) -> None:
        super().__init__("NotSupportedByEmulator", f"{what} is not supported by this emulator yet. To add it: {to_add}")
