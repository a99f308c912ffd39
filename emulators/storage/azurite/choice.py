"""The one decision of how Azurite runs: in a container where a Docker engine answers, else as a process."""

import os
from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple, cast, get_args

from emulators.storage.azurite.errors import AzuriteUnavailable, DockerUnavailable

AzuriteKind = Literal["process", "container"]
AzuriteWish = Literal["auto", "process", "container"]

VARIABLE = "DRYDOCK_AZURITE"


class Choice(NamedTuple):
    """How Azurite runs, a few words that say why, and whether somebody demanded it."""

    kind: AzuriteKind
    reason: str
    forced: bool


def choose_kind(
    wish: AzuriteWish,
    *,
    environment: Mapping[str, str] | None = None,
    docker: Callable[[], bool] | None = None,
) -> Choice:
    """How Azurite runs.

    `wish` is the setting; the environment variable DRYDOCK_AZURITE wins over `auto` only, so what a caller
    demands stays demanded. Raises DockerUnavailable when a container is demanded and no engine answers, and
    AzuriteUnavailable for a value of the variable that is none of auto, process, container.
    """
    wish, source = _wish(wish, os.environ if environment is None else environment)
    if wish == "process":
        return Choice("process", f"forced by {source}", forced=True)
    answers = (docker or docker_answers)()
    if wish == "container":
        if not answers:
            raise DockerUnavailable(
                f"Azurite as a container is forced by {source}, but no Docker engine answers: start the engine, "
                f"or set {VARIABLE}=process (or auto)"
            )
        return Choice("container", f"forced by {source}", forced=True)
    if answers:
        return Choice("container", "a Docker engine answers", forced=False)
    return Choice("process", "no Docker engine answers", forced=False)


def _wish(wish: AzuriteWish, environment: Mapping[str, str]) -> tuple[AzuriteWish, str]:
    named = environment.get(VARIABLE, "").strip().lower()
    if wish != "auto" or not named:
        return wish, "the setting"
    if named not in get_args(AzuriteWish):
        raise AzuriteUnavailable(f"{VARIABLE} is '{named}'; it can be {', '.join(get_args(AzuriteWish))}")
    return cast(AzuriteWish, named), VARIABLE


def docker_answers() -> bool:
    """Whether a Docker engine answers a ping at the address that Docker's own variables and contexts name."""
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=3)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except (DockerException, OSError):
        return False
