"""`dbutils.secrets`: values from the workspace's scopes.

What has been fetched is blanked in everything the notebook shows.
"""

from collections.abc import Sequence
from typing import NamedTuple

from emulators.databricks.runtime.workspace_client import WorkspaceClient, WorkspaceError
from emulators.kernel.masking import Masker


class SecretMetadata(NamedTuple):
    """A key in a scope."""

    key: str


class SecretScope(NamedTuple):
    """A scope; `getName` as in the notebook API."""

    name: str

    def getName(self) -> str:  # noqa: N802
        return self.name


class SecretNotFound(Exception):
    """No such scope or key."""


class Secrets:
    """Reads secrets with the run's own token."""

    def __init__(self, workspace: WorkspaceClient, masker: Masker) -> None:
        self._workspace = workspace
        self._masker = masker

    def get(self, scope: str, key: str) -> str:
        return self.getBytes(scope, key).decode()

    def getBytes(self, scope: str, key: str) -> bytes:  # noqa: N802
        try:
            value = self._workspace.get_secret(scope, key)
        except WorkspaceError as error:
            if error.status != 404:
                raise
            raise SecretNotFound(
                f"java.lang.IllegalArgumentException: Secret does not exist with scope: {scope} and key: {key}"
            ) from None
        self._masker.add(value.decode(errors="replace"))
        return value

    def list(self, scope: str) -> list[SecretMetadata]:
        return [SecretMetadata(key) for key in self._workspace.list_secrets(scope)]

    def listScopes(self) -> Sequence[SecretScope]:  # noqa: N802
        return [SecretScope(name) for name in self._workspace.list_scopes()]
