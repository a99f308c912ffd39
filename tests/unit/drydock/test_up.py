"""A running cloud is known by its state folder: ready file and lock together, neither alone."""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from drydock.up import RunningCloud, run_until_interrupted
from emulators.cloud.instance import Instance, StateInUse, exclusive, in_use
from emulators.kernel.clock import VirtualClock
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


class SlowToEnd:
    """A cloud whose end takes some turns of the loop, as that of Spark and Azurite does."""

    ended = False

    def __init__(self, settings: Any, **_: Any) -> None:
        self.environment = {"DRYDOCK_RESOURCE_MANAGER": "https://here"}

    async def __aenter__(self) -> "SlowToEnd":
        return self

    async def __aexit__(self, *_: object) -> None:
        for _turn in range(10):
            await asyncio.sleep(0)
        SlowToEnd.ended = True


@pytest.mark.parametrize("clock", [None, VirtualClock()], ids=["real time", "virtual time"])
async def test_a_cloud_that_is_interrupted_ends_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clock: VirtualClock | None
) -> None:
    monkeypatch.setattr("emulators.cloud.local.LocalCloud", SlowToEnd)
    monkeypatch.setattr(SlowToEnd, "ended", False)
    told: list[str] = []

    def progress(text: str) -> None:
        told.append(text)
        if text == "ready":
            environment = json.loads((tmp_path / "cloud.json").read_text())["environment"]
            assert ("DRYDOCK_CLOCK" in environment) == (clock is not None)
            os.kill(os.getpid(), signal.SIGTERM)

    await run_until_interrupted(None, tmp_path, progress, tied=False, clock=clock)  # type: ignore[arg-type]
    assert told == ["ready", "ending"]
    assert SlowToEnd.ended
    assert not (tmp_path / "cloud.json").exists()
    assert (tmp_path / "clock.json").exists() == (clock is not None)
