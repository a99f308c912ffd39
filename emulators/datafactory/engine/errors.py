"""The two ways in which the engine says no: a run that is not created, an activity that fails."""

from dataclasses import dataclass
from typing import Any


class RunRefused(Exception):
    """`createRun` answers 400 with this code, message and target; no run comes into being."""

    def __init__(self, message: str, *, code: str = "BadRequest", target: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.target = target

    @classmethod
    def invalid_template(cls, text: str, target: str | None = None) -> "RunRefused":
        """The form that problems of the pipeline's own text take (seen in a public report)."""
        return cls(f"ErrorCode=InvalidTemplate, ErrorMessage={text}", target=target)


@dataclass(frozen=True)
class ActivityError:
    """Why an activity failed, as `activity('X').error` and the activity run show it."""

    code: str
    message: str
    failure_type: str = "UserError"
    details: Any = ""

    def to_json(self, target: str) -> dict[str, Any]:
        return {
            "errorCode": self.code,
            "message": self.message,
            "failureType": self.failure_type,
            "target": target,
            "details": self.details,
        }
