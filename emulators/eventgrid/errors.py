"""Event Grid's error codes, one class per code."""

from emulators.kernel.errors import CloudError


class ResourceNotFound(CloudError):
    """The topic or event subscription does not exist."""

    status = 404
    code = "ResourceNotFound"


class InvalidRequest(CloudError):
    """An event subscription that cannot be: the message names the property."""

    status = 400
    code = "InvalidRequest"


class TopicNameInUse(CloudError):
    """A topic's name is that of another one (sentence documented, code assumed)."""

    status = 409
    code = "Conflict"

    def __init__(self, name: str, owner: str) -> None:
        super().__init__(
            "Topic with the specified name already exists. Choose a different topic name. "
            f"('{name}' is the name of {owner}.)"
        )


class UrlValidation(CloudError):
    """The webhook did not prove that it wants events (observed code, with the space)."""

    status = 400
    code = "Url validation"


class Unauthorized(CloudError):
    """A publisher without the topic's key."""

    status = 401
    code = "Unauthorized"


class Forbidden(CloudError):
    """A publisher whose address the topic keeps out (sentence documented)."""

    status = 403
    code = "Forbidden"


class BadRequest(CloudError):
    """Published events that are not in the topic's schema."""

    status = 400
    code = "BadRequest"


class PayloadTooLarge(CloudError):
    """More than the documented 1 MB in one publish request."""

    status = 413
    code = "PayloadTooLarge"


class NotSupported(CloudError):
    """Something Event Grid has and this emulator has not; the message says what to add."""

    status = 501
    code = "NotImplemented"
