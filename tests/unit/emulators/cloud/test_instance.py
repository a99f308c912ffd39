"""The secrets of one cloud, in folders of any age."""

import json
from pathlib import Path

from emulators.cloud.instance import Instance


def test_a_folder_from_before_there_was_a_vault_gets_a_key_for_one(tmp_path: Path) -> None:
    Instance.open(tmp_path)
    file = tmp_path / "instance.json"
    known = json.loads(file.read_text())
    del known["vault_key"]
    file.write_text(json.dumps(known))
    opened = Instance.open(tmp_path)
    assert opened.vault_key
    assert opened.storage_key == known["storage_key"]
    opened.save(tmp_path)
    assert Instance.open(tmp_path).vault_key == opened.vault_key


def test_no_log_may_show_any_of_them(tmp_path: Path) -> None:
    instance = Instance.open(tmp_path)
    hidden = set(instance.secret_values())
    assert {instance.storage_key, instance.vault_key, instance.token_key} <= hidden
