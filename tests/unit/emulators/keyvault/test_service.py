"""The vault's behaviour where a client cannot look: what is stored, and when times come from."""

import json
from datetime import UTC, datetime

import pytest

from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer
from emulators.keyvault.errors import BadParameter
from emulators.keyvault.seal import Seal, generate_key
from emulators.keyvault.secret import Properties
from emulators.keyvault.service import KeyVaultService
from emulators.keyvault.settings import KeyVaultSettings

START = datetime(2030, 1, 1, tzinfo=UTC)
VERIFIER = TokenIssuer(TokenIssuer.generate(), "tenant").verifier()


def _vault(store: DocumentStore, key: str) -> KeyVaultService:
    return KeyVaultService(
        KeyVaultSettings(
            address="https://vault.test",
            resource_id="/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
            location="westeurope",
            tenant_id="tenant",
            authority="https://entra.test",
            seal_key=key,
            store=store,
            clock=VirtualClock(START),
            verifier=VERIFIER,
        )
    )


def test_what_is_stored_tells_no_value() -> None:
    store, key = DocumentStore(), generate_key()
    vault = _vault(store, key)
    vault.set("Name", "a-secret-value", Properties(tags={"a": "1"}))
    vault.set("name", "another-value", Properties())
    [(stored_as, document)] = store.list("keyvault.secret")
    assert stored_as == "name"
    assert "value" not in json.dumps(document)
    assert [Seal(key).open(version["sealed"]) for version in document["versions"]] == [
        "a-secret-value",
        "another-value",
    ]


def test_times_are_those_of_the_cloud() -> None:
    vault = _vault(DocumentStore(), generate_key())
    _, version = vault.set("name", "a-secret-value", Properties())
    assert version.created == int(START.timestamp())


def test_a_backup_opens_in_its_own_vault_only() -> None:
    one, other = (_vault(DocumentStore(), generate_key()) for _ in range(2))
    one.set("name", "a-secret-value", Properties())
    with pytest.raises(BadParameter, match="not made by this vault"):
        other.restore(one.backup("name"))


def test_a_sealed_text_that_is_no_secret_is_no_backup() -> None:
    key = generate_key()
    vault = _vault(DocumentStore(), key)
    for text in ("a value", "5", "[]", "{}", '{"name": "n", "versions": [{}], "deletion": null}'):
        with pytest.raises(BadParameter):
            vault.restore(Seal(key).close(text).encode())
