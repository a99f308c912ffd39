"""Errors of the vault, one class per cause; codes, inner codes and statuses as the real service's answers show them.

The document is `{"error": {code, message, innererror?: {code}}}` (documented as KeyVaultError).
"""

from collections.abc import Iterable
from typing import Any

from starlette.responses import JSONResponse, Response

from emulators.kernel.errors import CloudError


class KeyVaultError(CloudError):
    """An error of the vault; `inner_code` tells causes apart that share a code."""

    inner_code: str | None = None


class Unauthorized(KeyVaultError):
    """No token, or one that does not open this vault. Carries the challenge that says where to get one."""

    status = 401
    code = "Unauthorized"

    def __init__(self, message: str, challenge: str) -> None:
        super().__init__(message, headers={"WWW-Authenticate": challenge})


class BadParameter(KeyVaultError):
    status = 400
    code = "BadParameter"


class InvalidName(BadParameter):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"The request URI contains an invalid name: {name}. "
            "A secret's name has 1 to 127 letters, digits and dashes."
        )


class SecretNotFound(KeyVaultError):
    status = 404
    code = "SecretNotFound"

    def __init__(self, name: str, version: str = "") -> None:
        identifier = f"{name}/{version}" if version else name
        super().__init__(
            f"A secret with (name/id) {identifier} was not found in this key vault. "
            "If it was deleted recently, it can still be recovered."
        )


class DeletedSecretNotFound(KeyVaultError):
    status = 404
    code = "SecretNotFound"

    def __init__(self, name: str) -> None:
        super().__init__(f"Deleted Secret not found: {name}")


class SecretDisabled(KeyVaultError):
    status = 403
    code = "Forbidden"
    inner_code = "SecretDisabled"

    def __init__(self) -> None:
        super().__init__("Operation get is not allowed on a disabled secret.")


class SecretIsDeleted(KeyVaultError):
    """A deleted secret keeps its name until it is purged."""

    status = 409
    code = "Conflict"
    inner_code = "ObjectIsDeletedButRecoverable"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Secret {name} is currently in a deleted but recoverable state, and its name cannot be reused; "
            "in this state, the secret can only be recovered or purged."
        )


class SecretExists(KeyVaultError):
    """A backup is restored only where nothing of its name is."""

    status = 409
    code = "Conflict"

    def __init__(self, name: str) -> None:
        super().__init__(f"The secret {name} exists already; a backup can only be restored under a free name.")


class SecretUnreadable(KeyVaultError):
    """Not of the real service: the state folder lost the key that its secrets were sealed with."""

    status = 500
    code = "InternalServerError"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The value of secret {name} cannot be opened: it was stored under another key, or the store is damaged. "
            "Put the state folder's instance.json back, or set the secret again."
        )


class NotEmulated(KeyVaultError):
    status = 501
    code = "NotImplemented"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is not supported by the keyvault emulator, which keeps secrets only. "
            "To support it add its rows to emulators/keyvault/routes.py."
        )


class VaultNotFound(CloudError):
    """Resource Manager's answer for a vault that does not exist."""

    status = 404
    code = "ResourceNotFound"


class VaultNotCreatable(CloudError):
    """Resource Manager's answer to writing a vault: every vault needs an address, and this cloud gave out one."""

    status = 501
    code = "NotImplemented"

    def __init__(self, asked: str, present: Iterable[str]) -> None:
        super().__init__(
            f"The vault '{asked}' cannot be written: the vaults of a local cloud come from its settings, and it has "
            f"{', '.join(present)}. Name the vault in the environment's file, or add creating vaults to "
            "emulators/keyvault/vaults.py."
        )


def render(error: CloudError) -> Response:
    """The vault's error document."""
    document: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, KeyVaultError) and error.inner_code is not None:
        document["innererror"] = {"code": error.inner_code}
    return JSONResponse({"error": document}, status_code=error.status)
