"""How Azurite runs: decided once, and what is demanded is done or refused."""

import pytest

from emulators.storage.azurite.choice import AzuriteWish, choose_kind
from emulators.storage.azurite.command import account_setting, arguments
from emulators.storage.azurite.errors import AzuriteUnavailable, DockerUnavailable


@pytest.mark.parametrize(
    ("wish", "variable", "docker", "expected"),
    [
        ("auto", "", True, ("container", "a Docker engine answers", False)),
        ("auto", "", False, ("process", "no Docker engine answers", False)),
        ("auto", "auto", False, ("process", "no Docker engine answers", False)),
        ("auto", " Process ", True, ("process", "forced by DRYDOCK_AZURITE", True)),
        ("auto", "container", True, ("container", "forced by DRYDOCK_AZURITE", True)),
        ("process", "container", True, ("process", "forced by the setting", True)),
        ("container", "process", True, ("container", "forced by the setting", True)),
    ],
)
def test_choices(wish: AzuriteWish, variable: str, docker: bool, expected: tuple[str, str, bool]) -> None:
    assert choose_kind(wish, environment={"DRYDOCK_AZURITE": variable}, docker=lambda: docker) == expected


@pytest.mark.parametrize("wish", ["auto", "container"])
def test_a_container_without_an_engine_is_refused(wish: AzuriteWish) -> None:
    with pytest.raises(DockerUnavailable, match="start the engine, or set DRYDOCK_AZURITE=process"):
        choose_kind(wish, environment={"DRYDOCK_AZURITE": "container"}, docker=lambda: False)


def test_another_word_is_refused() -> None:
    with pytest.raises(AzuriteUnavailable, match="'podman'"):
        choose_kind("auto", environment={"DRYDOCK_AZURITE": "podman"}, docker=lambda: True)


def test_the_command_line() -> None:
    assert "--inMemoryPersistence" in arguments("127.0.0.1", 0, None)
    assert arguments("127.0.0.1", 0, "/data")[-5:-3] == ["--location", "/data"]


def test_accounts_travel_as_azurite_reads_them() -> None:
    assert account_setting({"a": "k1==", "b": "k2=="}) == "a:k1==;b:k2=="
