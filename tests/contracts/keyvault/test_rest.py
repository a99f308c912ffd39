"""How secrets rest, and that they stay out of logs."""

import logging
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from emulators.kernel.masking import MaskingFilter
from emulators.keyvault.seal import generate_key

VALUE = "the-value-of-the-secret"


def test_secrets_outlive_the_vault_and_lie_sealed_on_disk(own_place: Any) -> None:
    with own_place.client() as client:
        client.set_secret("kept", VALUE, tags={"a": "1"})
        client.set_secret("deleted", VALUE)
        client.begin_delete_secret("deleted").result()
        backup = client.backup_secret("kept")
        own_place.restart()
        assert client.get_secret("kept").value == VALUE
        assert client.begin_recover_deleted_secret("deleted").result().name == "deleted"
        client.begin_delete_secret("kept").result()
        client.purge_deleted_secret("kept")
        client.restore_secret_backup(backup)
        assert client.get_secret("kept").properties.tags == {"a": "1"}
    files = list(own_place.store_file.parent.glob("vault.sqlite*"))
    assert files
    assert not any(VALUE.encode() in file.read_bytes() for file in files)


def test_a_lost_key_is_told_and_setting_anew_mends_it(own_place: Any) -> None:
    with own_place.client() as client:
        client.set_secret("kept", VALUE)
        own_place.restart(key=generate_key())
        with pytest.raises(HttpResponseError, match=r"instance\.json") as lost:
            client.get_secret("kept")
        assert lost.value.status_code == 500
        client.set_secret("kept", "again")
        assert client.get_secret("kept").value == "again"


def test_no_log_shows_a_value(place: Any, name: str, caplog: pytest.LogCaptureFixture) -> None:
    value = f"value-of-{name}"
    place.ask("PUT", f"/secrets/{name}", json={"value": value})
    place.ask("PUT", f"/secrets/{name}", content=b'{"value": "' + value.encode())
    place.ask("GET", f"/secrets/{name}/0", params={"x": value})
    assert value not in caplog.text
    record = logging.LogRecord("drydock", logging.INFO, "file", 1, f"somebody logs {value}", None, None)
    MaskingFilter().filter(record)
    assert value not in record.getMessage(), "a value that was set is known to the masker"
