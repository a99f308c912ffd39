"""The one kind of exception that becomes an answer: an error of the emulated cloud.

A service has one subclass per cloud error code; the service's dialect (`dialects.py`) turns it into a response.
Anything else that escapes a handler is a defect of ours and is answered as 500.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class CloudError(Exception):
    """An error as the emulated service states it.

    `status` is the HTTP status, `code` the service's own error code, `message` its sentence, `target` what the
    error is about, `details` further error objects, `headers` what the answer carries beside (Retry-After, …).
    Subclasses set `status` and `code` on the class and give the message.
    """

    status: int = 500
    code: str = "InternalServerError"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        target: str | None = None,
        details: Sequence[Mapping[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status if status is not None else type(self).status
        self.code = code if code is not None else type(self).code
        self.target = target
        self.details = list(details)
        self.headers = dict(headers or {})


class UnsupportedRoute(CloudError):
    """A route the real service may have and this emulator has not: said loudly, never answered as if done."""

    status = 501
    code = "NotImplemented"


class MethodNotAllowed(CloudError):
    """The path is known, the method is not."""

    status = 405
    code = "MethodNotAllowed"


class InvalidBody(CloudError):
    """The request's body is not what the operation reads (JSON expected, an object expected)."""

    status = 400
    code = "InvalidRequestContent"


class BodyTooLarge(CloudError):
    """The request's body is longer than the operation reads."""

    status = 413
    code = "RequestEntityTooLarge"


class InternalError(CloudError):
    """An exception that no service expected; its text stays in the log."""

    status = 500
    code = "InternalServerError"


class Unauthenticated(CloudError):
    """No token, or one that this cloud did not issue, or for another audience, or expired."""

    status = 401
    code = "AuthenticationFailed"
