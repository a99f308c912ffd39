"""A running cloud is known by its state folder: ready file and lock together, neither alone."""

import json
import os
from pathlib import Path

import pytest

from drydock.up import RunningCloud
from emulators.cloud.instance import Instance, StateInUse, exclusive, in_use
from emulators.kernel.server import PortInUse
from release.errors import ReleaseError

READY = json.dumps({"pid": os.getpid(), "environment": {"DATABRICKS_HOST": "http://here"}})


def test_a_ready_cloud_is_found(tmp_path: Path) -> None:
    with exclusive(tmp_path):
        (tmp_path / "cloud.json").write_text(READY)
        assert RunningCloud.find(tmp_path).environment == {"DATABRICKS_HOST": "http://here"}


def test_what_a_killed_cloud_left_behind_is_no_cloud(tmp_path: Path) -> None:
    (tmp_path / "cloud.json").write_text(READY)
    with pytest.raises(ReleaseError, match=r"no local cloud is up on .*drydock up --state"):
        RunningCloud.find(tmp_path)


def test_a_cloud_that_still_starts_is_not_up(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(ReleaseError, match="no local cloud is up"):
        RunningCloud.find(tmp_path)


def test_one_state_folder_holds_one_cloud(tmp_path: Path) -> None:
    assert not in_use(tmp_path)
    with exclusive(tmp_path):
        assert in_use(tmp_path)
        with pytest.raises(StateInUse, match="drydock down --state"), exclusive(tmp_path):
            pass
    assert not in_use(tmp_path)


def test_an_instance_keeps_its_secrets_for_itself(tmp_path: Path) -> None:
    first = Instance.open(tmp_path)
    assert Instance.open(tmp_path) == first
    assert (tmp_path / "instance.json").stat().st_mode & 0o077 == 0


def test_no_two_instances_share_a_secret(tmp_path: Path) -> None:
    folders = tmp_path / "a", tmp_path / "b"
    for folder in folders:
        folder.mkdir()
    first, second = (set(Instance.open(folder).secret_values()) for folder in folders)
    assert not first & second


def test_a_port_that_another_process_took_is_named_with_its_service_and_the_mend(tmp_path: Path) -> None:
    instance = Instance.open(tmp_path)
    taken = instance.listener("storage")
    with pytest.raises(PortInUse, match=f"port {taken.port} .*--state.*storage had this port"):
        instance.listener("storage")
    taken.close()
