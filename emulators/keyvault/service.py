"""The vault's behaviour: secrets with their versions, deletion that can be taken back, and who may enter.

Access is simple: whoever has a token of this tenant for vaults may do everything (a real vault asks for roles or
access policies beside it). A disabled version cannot be read; everything else can be done with it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

from starlette.requests import Request

from emulators.kernel.errors import Unauthenticated
from emulators.kernel.masking import masker
from emulators.keyvault.documents import RETENTION_DAYS
from emulators.keyvault.errors import (
    BadParameter,
    DeletedSecretNotFound,
    SecretDisabled,
    SecretExists,
    SecretIsDeleted,
    SecretNotFound,
    SecretUnreadable,
    Unauthorized,
)
from emulators.keyvault.seal import Broken, Seal
from emulators.keyvault.secret import Deletion, Properties, Secret, Version
from emulators.keyvault.settings import KeyVaultSettings

AUDIENCE = "https://vault.azure.net"
"""What tokens for any vault of Azure's public cloud are for (documented)."""

_SECRET = "keyvault.secret"  # noqa: S105 - a kind of document
_RETENTION = int(timedelta(days=RETENTION_DAYS).total_seconds())


class KeyVaultService:
    """One vault. A secret is one document, so whatever happens to it happens as a whole or not at all."""

    def __init__(self, settings: KeyVaultSettings) -> None:
        self.settings = settings
        self._seal = Seal(settings.seal_key)

    async def start(self) -> None:
        """Nothing to start."""

    async def stop(self) -> None:
        """Nothing to stop."""

    def admit(self, request: Request) -> None:
        """Let a request in. Raises Unauthorized with the challenge, or BadParameter without an API version."""
        settings = self.settings
        try:
            settings.verifier.verify(request, {AUDIENCE})
        except Unauthenticated as error:
            challenge = f'Bearer authorization="{settings.authority}/{settings.tenant_id}", resource="{AUDIENCE}"'
            raise Unauthorized(_NUMBERS.get(error.code, "") + error.message, challenge) from error
        if not request.query_params.get("api-version"):
            raise BadParameter("The parameter 'api-version' must be given.")

    def set(self, name: str, value: str, properties: Properties) -> tuple[Secret, Version]:
        """A new version, of a new secret where there is none. Raises SecretIsDeleted."""
        masker.add(value)
        secret = self._find(name)
        if secret is not None and secret.deletion is not None:
            raise SecretIsDeleted(secret.name)
        now = self._now()
        version = Version(uuid4().hex, self._seal.close(value), now, now, properties)
        before = () if secret is None else secret.versions
        return self._put(Secret(name if secret is None else secret.name, (*before, version))), version

    def get(self, name: str, version: str) -> tuple[Secret, Version, str]:
        """A version with its value, the latest unless one is named. Raises SecretNotFound, SecretDisabled."""
        secret, found = self._version(name, version)
        if not found.enabled:
            raise SecretDisabled
        return secret, found, self._opened(secret, found)

    def update(self, name: str, version: str, change: Properties) -> tuple[Secret, Version]:
        """Change what is said of a version, the latest unless one is named. Raises SecretNotFound."""
        secret, found = self._version(name, version)
        changed = replace(found, properties=found.properties.updated_by(change), updated=self._now())
        return self._put(secret.with_version(changed)), changed

    def secrets(self) -> Iterator[tuple[str, Secret]]:
        """Every secret that is not deleted, by its folded name."""
        return self._all(lambda secret: secret.deletion is None)

    def versions(self, name: str) -> Iterator[tuple[str, tuple[Secret, Version]]]:
        """A secret's versions, oldest first, by a key of that order; none for a secret that is not here (assumed)."""
        secret = self._find(name)
        if secret is not None and secret.deletion is None:
            for number, version in enumerate(secret.versions):
                yield f"{number:09}", (secret, version)

    def delete(self, name: str) -> Secret:
        """Delete a secret with all its versions; it can be recovered for a while. Raises SecretNotFound."""
        now = self._now()
        return self._put(replace(self._present(name), deletion=Deletion(now, now + _RETENTION)))

    def deleted_secrets(self) -> Iterator[tuple[str, Secret]]:
        """Every deleted secret that is not purged, by its folded name."""
        return self._all(lambda secret: secret.deletion is not None)

    def deleted(self, name: str) -> Secret:
        """A deleted secret. Raises DeletedSecretNotFound."""
        secret = self._find(name)
        if secret is None or secret.deletion is None:
            raise DeletedSecretNotFound(name)
        return secret

    def recover(self, name: str) -> Secret:
        """Take a deletion back. Raises DeletedSecretNotFound."""
        return self._put(replace(self.deleted(name), deletion=None))

    def purge(self, name: str) -> None:
        """Remove a deleted secret for good. Raises DeletedSecretNotFound."""
        self.settings.store.delete(_SECRET, self.deleted(name).name.lower())

    def backup(self, name: str) -> bytes:
        """A secret with all its versions, sealed: only this vault can read it. Raises SecretNotFound."""
        return self._seal.close(json.dumps(self._present(name).document())).encode()

    def restore(self, backup: bytes) -> Secret:
        """Bring a secret back as it was backed up. Raises BadParameter, SecretExists, SecretIsDeleted."""
        try:
            secret = Secret.of_document(json.loads(self._seal.open(backup)))
        except (Broken, ValueError, KeyError, TypeError) as error:
            raise BadParameter("The backup is damaged, or it was not made by this vault.") from error
        present = self._find(secret.name)
        if present is not None:
            raise SecretExists(present.name) if present.deletion is None else SecretIsDeleted(present.name)
        return self._put(secret)

    def _version(self, name: str, version: str) -> tuple[Secret, Version]:
        secret = self._present(name)
        found = secret.version(version)
        if found is None:
            raise SecretNotFound(name, version)
        return secret, found

    def _present(self, name: str) -> Secret:
        secret = self._find(name)
        if secret is None or secret.deletion is not None:
            raise SecretNotFound(name)
        return secret

    def _find(self, name: str) -> Secret | None:
        """A secret, deleted or not; names ignore case (documented). None when there is none, or none any more."""
        document = self.settings.store.get(_SECRET, name.lower())
        return None if document is None else self._kept(Secret.of_document(document))

    def _all(self, wanted: Callable[[Secret], bool]) -> Iterator[tuple[str, Secret]]:
        for key, document in self.settings.store.list(_SECRET):
            secret = self._kept(Secret.of_document(document))
            if secret is not None and wanted(secret):
                yield key, secret

    def _kept(self, secret: Secret) -> Secret | None:
        """The secret, unless its time to be recovered is over: then it is purged now."""
        if secret.deletion is None or self._now() < secret.deletion.purged:
            return secret
        self.settings.store.delete(_SECRET, secret.name.lower())
        return None

    def _put(self, secret: Secret) -> Secret:
        self.settings.store.put(_SECRET, secret.name.lower(), secret.document())
        return secret

    def _opened(self, secret: Secret, version: Version) -> str:
        """A version's value, which from now on no log of this process shows."""
        try:
            value = self._seal.open(version.sealed)
        except Broken as error:
            raise SecretUnreadable(secret.name) from error
        masker.add(value)
        return value

    def _now(self) -> int:
        return int(self.settings.clock.now().timestamp())


_NUMBERS = {"AuthenticationFailed": "AKV10000: ", "InvalidAuthenticationTokenAudience": "AKV10022: "}
"""The vault's numbers for what is wrong with a token, by the kernel's code (observed); others have none here."""
