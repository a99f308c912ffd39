"""Secrets as unmodified azure-keyvault-secrets sees them."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)
from azure.keyvault.secrets import SecretClient

EARLIER, LATER = datetime(2001, 2, 3, tzinfo=UTC), datetime(2101, 2, 3, tzinfo=UTC)


def test_a_secret_comes_back_as_it_was_set(vault: SecretClient, name: str) -> None:
    tags, value = {"owner": "größer"}, 'p@ss "word" ✓\n'
    written = vault.set_secret(
        name, value, tags=tags, content_type="password", not_before=EARLIER, expires_on=LATER, enabled=True
    )
    read = vault.get_secret(name)
    assert (read.value, read.name, read.id) == (value, name, written.id)
    assert read.id == f"{vault.vault_url}/secrets/{name}/{read.properties.version}"
    said = read.properties
    assert (said.tags, said.content_type, said.not_before, said.expires_on) == (tags, "password", EARLIER, LATER)
    assert said.enabled
    assert (said.recovery_level, said.recoverable_days) == ("Recoverable+Purgeable", 90)
    assert said.created_on is not None
    assert abs(said.created_on - datetime.now(UTC)) < timedelta(minutes=1)


def test_each_value_is_a_version_of_its_own(vault: SecretClient, name: str) -> None:
    first, second = vault.set_secret(name, "one"), vault.set_secret(name, "two")
    assert vault.get_secret(name).value == "two"
    assert vault.get_secret(name, first.properties.version).value == "one"
    assert vault.get_secret(name.upper(), second.properties.version).name == name, "names ignore case"
    listed = list(vault.list_properties_of_secret_versions(name))
    assert [one.version for one in listed] == [first.properties.version, second.properties.version]


def test_properties_change_and_the_value_stays(vault: SecretClient, name: str) -> None:
    first = vault.set_secret(name, "one", tags={"a": "1"}, content_type="text")
    vault.set_secret(name, "two", tags={"b": "2"})
    changed = vault.update_secret_properties(name, tags={"c": "3"}, expires_on=LATER)
    assert (changed.tags, changed.expires_on, changed.content_type) == ({"c": "3"}, LATER, None)
    vault.update_secret_properties(name, first.properties.version, content_type="other")
    old = vault.get_secret(name, first.properties.version)
    assert (old.value, old.properties.content_type, old.properties.tags) == ("one", "other", {"a": "1"})
    assert vault.get_secret(name).value == "two"


def test_a_disabled_secret_cannot_be_read_until_it_is_enabled(vault: SecretClient, name: str) -> None:
    vault.set_secret(name, "hidden", enabled=False)
    with pytest.raises(HttpResponseError) as refused:
        vault.get_secret(name)
    assert (refused.value.status_code, refused.value.error.code) == (403, "Forbidden")
    assert refused.value.error.innererror == {"code": "SecretDisabled"}
    vault.update_secret_properties(name, enabled=True)
    assert vault.get_secret(name).value == "hidden"


def test_an_older_version_does_not_stand_in_for_a_disabled_one(vault: SecretClient, name: str) -> None:
    first = vault.set_secret(name, "one")
    vault.set_secret(name, "two", enabled=False)
    with pytest.raises(HttpResponseError, match="disabled secret"):
        vault.get_secret(name)
    assert vault.get_secret(name, first.properties.version).value == "one"


def test_a_secret_can_be_read_before_and_after_its_time(vault: SecretClient, new_name: Callable[[], str]) -> None:
    early, late = new_name(), new_name()
    vault.set_secret(early, "not yet", not_before=LATER)
    vault.set_secret(late, "no more", expires_on=EARLIER)
    assert (vault.get_secret(early).value, vault.get_secret(late).value) == ("not yet", "no more")


def test_what_is_not_there_is_not_found(vault: SecretClient, name: str) -> None:
    with pytest.raises(ResourceNotFoundError) as missing:
        vault.get_secret(name)
    assert missing.value.error.code == "SecretNotFound"
    vault.set_secret(name, "there")
    with pytest.raises(ResourceNotFoundError, match=f"{name}/{'0' * 32}"):
        vault.get_secret(name, "0" * 32)
    with pytest.raises(ResourceNotFoundError):
        vault.update_secret_properties(f"{name}-x", enabled=True)
    assert list(vault.list_properties_of_secret_versions(f"{name}-x")) == []


def test_lists_come_in_pages(place: Any, vault: SecretClient, new_name: Callable[[], str]) -> None:
    names = sorted(new_name() for _ in range(7))
    for written in names:
        vault.set_secret(written, "value")
    pages = [list(page) for page in vault.list_properties_of_secrets(max_page_size=3).by_page()]
    assert all(len(page) == 3 for page in pages[:-1])
    listed = [one.name for page in pages for one in page]
    assert [one for one in listed if one in names] == names
    assert listed == sorted(set(listed), key=str.lower)
    [own] = [one for page in pages for one in page if one.name == names[0]]
    assert (own.id, own.version) == (f"{place.address}/secrets/{names[0]}", None)
    for number in range(4):
        vault.set_secret(names[0], str(number))
    versions = list(vault.list_properties_of_secret_versions(names[0], max_page_size=2))
    assert len({one.version for one in versions}) == 5


def test_lists_never_show_a_value(place: Any, vault: SecretClient, name: str) -> None:
    vault.set_secret(name, "never-in-a-list")
    for path in ("/secrets", f"/secrets/{name}/versions"):
        assert "never-in-a-list" not in place.ask("GET", path).text
    vault.begin_delete_secret(name).result()
    for path in ("/deletedsecrets", f"/deletedsecrets/{name}"):
        assert "never-in-a-list" not in place.ask("GET", path).text


def test_a_deleted_secret_is_kept_and_comes_back(vault: SecretClient, name: str) -> None:
    first = vault.set_secret(name, "one")
    vault.set_secret(name, "two", tags={"a": "1"})
    deleted = vault.begin_delete_secret(name).result()
    assert deleted.recovery_id == f"{vault.vault_url}/deletedsecrets/{name}"
    assert deleted.scheduled_purge_date - deleted.deleted_date == timedelta(days=90)
    with pytest.raises(ResourceNotFoundError):
        vault.get_secret(name)
    with pytest.raises(ResourceNotFoundError):
        vault.begin_delete_secret(name)
    assert name not in [one.name for one in vault.list_properties_of_secrets()]
    assert name in [one.name for one in vault.list_deleted_secrets(max_page_size=1)]
    assert vault.get_deleted_secret(name).properties.tags == {"a": "1"}
    assert vault.begin_recover_deleted_secret(name).result().name == name
    assert vault.get_secret(name).value == "two"
    assert vault.get_secret(name, first.properties.version).value == "one"
    with pytest.raises(ResourceNotFoundError, match=f"Deleted Secret not found: {name}"):
        vault.get_deleted_secret(name)


def test_a_deleted_secrets_name_is_taken_until_it_is_purged(vault: SecretClient, name: str) -> None:
    vault.set_secret(name, "old")
    vault.begin_delete_secret(name).result()
    with pytest.raises(ResourceExistsError) as taken:
        vault.set_secret(name, "new")
    assert taken.value.error.innererror == {"code": "ObjectIsDeletedButRecoverable"}
    vault.purge_deleted_secret(name)
    with pytest.raises(ResourceNotFoundError):
        vault.purge_deleted_secret(name)
    vault.set_secret(name, "new")
    assert len(list(vault.list_properties_of_secret_versions(name))) == 1


def test_after_ninety_days_a_deleted_secret_is_gone(
    place: Any, vault: SecretClient, new_name: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    listed, asked_for, reused = new_name(), new_name(), new_name()
    for name in (listed, asked_for, reused):
        vault.set_secret(name, "old")
        vault.begin_delete_secret(name).result()
    monkeypatch.setattr(place.clock, "ahead", timedelta(days=89))
    assert vault.get_deleted_secret(asked_for).name == asked_for
    monkeypatch.setattr(place.clock, "ahead", timedelta(days=90, minutes=1))
    assert listed not in [one.name for one in vault.list_deleted_secrets()]
    with pytest.raises(ResourceNotFoundError):
        vault.begin_recover_deleted_secret(asked_for)
    assert vault.set_secret(reused, "new").value == "new"


def test_a_backup_brings_a_purged_secret_back(vault: SecretClient, name: str) -> None:
    first = vault.set_secret(name, "value-one", tags={"a": "1"})
    vault.set_secret(name, "value-two")
    backup = vault.backup_secret(name)
    assert b"value-" not in backup
    with pytest.raises(ResourceExistsError):
        vault.restore_secret_backup(backup)
    vault.begin_delete_secret(name).result()
    with pytest.raises(ResourceExistsError):
        vault.restore_secret_backup(backup)
    vault.purge_deleted_secret(name)
    assert vault.restore_secret_backup(backup).name == name
    assert vault.get_secret(name).value == "value-two"
    old = vault.get_secret(name, first.properties.version)
    assert (old.value, old.properties.tags) == ("value-one", {"a": "1"})


def test_a_backup_that_is_none_is_refused(vault: SecretClient, name: str) -> None:
    vault.set_secret(name, "value")
    damaged = bytearray(vault.backup_secret(name))
    damaged[20] ^= 1
    for backup in (b"no backup", b"", bytes(damaged)):
        with pytest.raises(HttpResponseError) as refused:
            vault.restore_secret_backup(backup)
        assert (refused.value.status_code, refused.value.error.code) == (400, "BadParameter")


def test_keys_and_certificates_are_named_as_missing(place: Any) -> None:
    for method, path in [("GET", "/keys"), ("POST", "/keys/k/create"), ("GET", "/certificates/c/1")]:
        answer = place.ask(method, path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (501, "NotImplemented")
        assert f"'{method} {path}'" in answer.json()["error"]["message"]
