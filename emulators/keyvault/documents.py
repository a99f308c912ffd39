"""How the vault shows a secret: bundles (one version of it) and items of lists, the shapes of the REST reference."""

from typing import Any

from emulators.keyvault.secret import Secret, Version

RETENTION_DAYS = 90
"""How long a deleted secret can be recovered: the default of a vault (documented: 7 to 90)."""

_RECOVERY = {"recoveryLevel": "Recoverable+Purgeable", "recoverableDays": RETENTION_DAYS}


class Documents:
    """Writes secrets down as seen at `address`."""

    def __init__(self, address: str) -> None:
        self._address = address

    def bundle(self, secret: Secret, version: Version, value: str | None = None) -> dict[str, Any]:
        """One version; with its value where it may be seen, and with its deletion where it is deleted."""
        identifier = f"{self._address}/secrets/{secret.name}/{version.identifier}"
        document = {**_shown(version), "id": identifier, **self._deletion(secret)}
        return document if value is None else {"value": value, **document}

    def item(self, secret: Secret) -> dict[str, Any]:
        """A secret in a list of secrets: its latest version's properties under the secret's own identifier."""
        return {**_shown(secret.latest), "id": f"{self._address}/secrets/{secret.name}", **self._deletion(secret)}

    def _deletion(self, secret: Secret) -> dict[str, Any]:
        if secret.deletion is None:
            return {}
        return {
            "recoveryId": f"{self._address}/deletedsecrets/{secret.name}",
            "deletedDate": secret.deletion.deleted,
            "scheduledPurgeDate": secret.deletion.purged,
        }


def _shown(version: Version) -> dict[str, Any]:
    said = version.properties
    attributes: dict[str, Any] = {"enabled": version.enabled, "nbf": said.not_before, "exp": said.expires}
    attributes |= {"created": version.created, "updated": version.updated, **_RECOVERY}
    document = {"contentType": said.content_type, "attributes": _without_none(attributes), "tags": said.tags}
    return _without_none(document)


def _without_none(document: dict[str, Any]) -> dict[str, Any]:
    """The real service leaves out what was not said (observed)."""
    return {name: value for name, value in document.items() if value is not None}
