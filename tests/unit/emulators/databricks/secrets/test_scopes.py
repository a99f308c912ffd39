"""Secret scopes: names, limits, and that what is deleted is gone."""

import pytest

from emulators.databricks.errors import (
    InvalidParameterValue,
    NotSupported,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from emulators.databricks.secrets.scopes import SecretScopes
from emulators.kernel.clock import VirtualClock
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore


@pytest.fixture
def store() -> DocumentStore:
    return DocumentStore()


@pytest.fixture
def scopes(store: DocumentStore) -> SecretScopes:
    scopes = SecretScopes(store, VirtualClock())
    scopes.create("Scope", "", "")
    return scopes


def test_names_ignore_case_and_are_shown_as_written(scopes: SecretScopes) -> None:
    scopes.put("SCOPE", "Key", b"value-one")
    assert scopes.get("scope", "KEY") == b"value-one"
    assert scopes.list_scopes() == [{"name": "Scope", "backend_type": "DATABRICKS"}]
    with pytest.raises(ResourceAlreadyExists):
        scopes.create("sCOPE", "", "")


def test_a_scopes_name_that_begins_like_another_shares_nothing(scopes: SecretScopes) -> None:
    scopes.create("Scope2", "", "")
    scopes.put("Scope2", "k", b"other")
    assert scopes.list_secrets("Scope") == []
    scopes.delete("Scope")
    assert scopes.get("Scope2", "k") == b"other"


def test_a_scope_made_anew_is_empty(scopes: SecretScopes) -> None:
    scopes.put("Scope", "k", b"v")
    scopes.put_access("Scope", "someone", "READ")
    scopes.delete("Scope")
    scopes.create("Scope", "", "")
    assert scopes.list_secrets("Scope") == []
    assert scopes.list_access("Scope") == []


def test_limits(scopes: SecretScopes) -> None:
    with pytest.raises(InvalidParameterValue, match="131073 bytes"):
        scopes.put("Scope", "k", b"x" * (128 * 1024 + 1))
    with pytest.raises(InvalidParameterValue, match="Secret key"):
        scopes.put("Scope", "a key", b"")
    with pytest.raises(InvalidParameterValue, match="Scope name"):
        scopes.create("a scope", "", "")
    with pytest.raises(ResourceDoesNotExist, match="Scope nope does not exist"):
        scopes.put("nope", "k", b"")
    with pytest.raises(NotSupported, match="AZURE_KEYVAULT"):
        scopes.create("vault", "AZURE_KEYVAULT", "")


def test_a_restarted_workspace_hides_its_old_secrets_too(scopes: SecretScopes, store: DocumentStore) -> None:
    scopes.put("Scope", "k", b"hidden-after-restart")
    masker._secrets.discard("hidden-after-restart")  # as in a new process
    SecretScopes(store, VirtualClock())
    assert "hidden-after-restart" not in masker.mask("it is hidden-after-restart.")
