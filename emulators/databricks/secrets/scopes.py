"""Secret scopes with their secrets and access lists, durable.

Each value is registered with the kernel's masker, so no log of this process shows it. Access lists are kept and shown
but do not restrict anybody: a workspace of the local cloud has no users to keep apart.
"""

import re
from typing import Any

from emulators.databricks.arguments import decoded, encoded
from emulators.databricks.errors import (
    BadRequest,
    InvalidParameterValue,
    NotSupported,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
    ResourceLimitExceeded,
)
from emulators.databricks.moments import milliseconds
from emulators.kernel.clock import Clock
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore

_SCOPE, _SECRET, _ACCESS = "databricks.secret-scope", "databricks.secret", "databricks.secret-acl"
_NAME = re.compile(r"[\w.@/-]{1,128}")
_KEY = re.compile(r"[\w.-]{1,128}")
_MAX_BYTES = 128 * 1024
_MAX_SECRETS = 1000
_PERMISSIONS = ("READ", "WRITE", "MANAGE")


class SecretScopes:
    """All scopes of the workspace. Names are case-insensitive and kept as first written (documented)."""

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        for _, document in store.list(_SECRET):
            _hide(decoded(document["value"], "value"))

    def create(self, scope: str, backend: str, manager: str) -> None:
        """Raises ResourceAlreadyExists, InvalidParameterValue, NotSupported (Key Vault scopes)."""
        if backend not in ("", "DATABRICKS"):
            raise NotSupported(
                f"The databricks emulator has no secret scopes backed by {backend}. "
                "Put the values into a DATABRICKS scope, or add the backend to emulators/databricks/secrets/scopes.py."
            )
        if not _NAME.fullmatch(scope):
            raise InvalidParameterValue(
                f"Scope name '{scope}' is invalid: "
                "at most 128 letters, digits, dashes, underscores, periods, @ and / are allowed."
            )
        if self._store.get(_SCOPE, scope.lower()) is not None:
            raise ResourceAlreadyExists(f"Scope {scope} already exists!")
        self._store.put(_SCOPE, scope.lower(), {"name": scope, "backend_type": "DATABRICKS"})
        if manager:
            self.put_access(scope, manager, "MANAGE")

    def list_scopes(self) -> list[dict[str, Any]]:
        return [document for _, document in self._store.list(_SCOPE)]

    def delete(self, scope: str) -> None:
        """Remove a scope with all that is in it. Raises ResourceDoesNotExist."""
        self._require(scope)
        for kind in (_SECRET, _ACCESS):
            for key, _ in self._within(kind, scope):
                self._store.delete(kind, key)
        self._store.delete(_SCOPE, scope.lower())

    def put(self, scope: str, key: str, value: bytes) -> None:
        """Create or replace a secret. Raises ResourceDoesNotExist, InvalidParameterValue, ResourceLimitExceeded."""
        self._require(scope)
        if not _KEY.fullmatch(key):
            raise InvalidParameterValue(
                f"Secret key '{key}' is invalid: at most 128 of letters, digits, dashes, underscores and periods."
            )
        if len(value) > _MAX_BYTES:
            raise InvalidParameterValue(f"The secret value has {len(value)} bytes; at most {_MAX_BYTES} are stored.")
        entry = _entry(scope, key)
        if self._store.get(_SECRET, entry) is None and len(self._within(_SECRET, scope)) >= _MAX_SECRETS:
            raise ResourceLimitExceeded(f"Scope {scope} already holds {_MAX_SECRETS} secrets.")
        _hide(value)
        now = milliseconds(self._clock.now())
        self._store.put(_SECRET, entry, {"key": key, "value": encoded(value), "last_updated_timestamp": now})

    def get(self, scope: str, key: str) -> bytes:
        """A secret's value. Raises ResourceDoesNotExist."""
        self._require(scope)
        document = self._store.get(_SECRET, _entry(scope, key))
        if document is None:
            raise ResourceDoesNotExist(f"Secret does not exist with scope: {scope} and key: {key}")
        return decoded(document["value"], "value")

    def list_secrets(self, scope: str) -> list[dict[str, Any]]:
        """Keys and when they were written, never values."""
        self._require(scope)
        return [
            {"key": document["key"], "last_updated_timestamp": document["last_updated_timestamp"]}
            for _, document in self._within(_SECRET, scope)
        ]

    def delete_secret(self, scope: str, key: str) -> None:
        """Raises ResourceDoesNotExist."""
        self.get(scope, key)
        self._store.delete(_SECRET, _entry(scope, key))

    def put_access(self, scope: str, principal: str, permission: str) -> None:
        self._require(scope)
        if permission not in _PERMISSIONS:
            raise InvalidParameterValue(f"Unknown permission '{permission}': use {', '.join(_PERMISSIONS)}.")
        if not principal:
            raise BadRequest("Missing required field: principal")
        self._store.put(_ACCESS, _entry(scope, principal), {"principal": principal, "permission": permission})

    def get_access(self, scope: str, principal: str) -> dict[str, Any]:
        self._require(scope)
        document = self._store.get(_ACCESS, _entry(scope, principal))
        if document is None:
            raise ResourceDoesNotExist(f"Principal {principal} has no permission on scope {scope}.")
        return document

    def list_access(self, scope: str) -> list[dict[str, Any]]:
        self._require(scope)
        return [document for _, document in self._within(_ACCESS, scope)]

    def delete_access(self, scope: str, principal: str) -> None:
        self.get_access(scope, principal)
        self._store.delete(_ACCESS, _entry(scope, principal))

    def _require(self, scope: str) -> None:
        if self._store.get(_SCOPE, scope.lower()) is None:
            raise ResourceDoesNotExist(f"Scope {scope} does not exist!")

    def _within(self, kind: str, scope: str) -> list[tuple[str, dict[str, Any]]]:
        prefix = _entry(scope, "")
        return [(key, document) for key, document in self._store.list(kind) if key.startswith(prefix)]


def _entry(scope: str, name: str) -> str:
    return f"{scope.lower()}\n{name.lower()}"  # a line break is in no name, so no two entries can collide


def _hide(value: bytes) -> None:
    masker.add(value.decode("utf-8", "replace"), encoded(value))
