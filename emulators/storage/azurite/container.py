"""Azurite as a container, through testcontainers' Azurite container.

testcontainers' reaper removes the container when this process is killed. On an ordinary stop Azurite is asked to
end first, because it writes its index only then, and removed afterwards.
"""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from testcontainers.community.azurite import AzuriteContainer
from testcontainers.core.config import ConnectionMode
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from emulators.storage.azurite.command import account_setting, arguments
from emulators.storage.azurite.errors import AzuriteUnavailable

DEFAULT_IMAGE = "mcr.microsoft.com/azure-storage/azurite:3.37.0"
IMAGE_VARIABLE = "DRYDOCK_AZURITE_IMAGE"

_BLOB_PORT = 10000
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
_DATA = "/data"
_START_SECONDS = 60
_SAVE_SECONDS = 15


class AzuriteInContainer:
    """Azurite run by a Docker engine."""

    def __init__(self, container: AzuriteContainer, image: str, reason: str) -> None:
        host = container.get_container_host_ip()
        self.host = "127.0.0.1" if host in _LOCAL else host
        self.port = int(container.get_exposed_port(_BLOB_PORT))
        self.description = f"Azurite in container {image} ({reason})"
        self._container = container

    def ended(self) -> str | None:
        wrapped = self._container.get_wrapped_container()
        if wrapped is None:
            return "its container was removed"
        wrapped.reload()
        return None if wrapped.status == "running" else f"its container is {wrapped.status}"

    async def stop(self) -> None:
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        wrapped = self._container.get_wrapped_container()
        if wrapped is not None:
            wrapped.stop(timeout=_SAVE_SECONDS)
        self._container.stop()


def _publish_on_loopback(container: AzuriteContainer) -> None:
    """Show the port on 127.0.0.1 only, where the engine is on this machine and we are not in a container ourselves.

    Elsewhere the address by which the engine's host is reached is known only later, and testcontainers' own way
    (all addresses) is kept.
    """
    engine = container.get_docker_client()
    if engine.get_connection_mode() is ConnectionMode.docker_host and engine.host() in _LOCAL:
        # Docker's client takes the pair of address and free port, testcontainers' type only knows the port
        container.ports = {str(_BLOB_PORT): cast(Any, ("127.0.0.1", None))}
    else:
        container.ports = {str(_BLOB_PORT): None}


async def start_container(
    accounts: Mapping[str, str], *, data_folder: Path | None, image: str, reason: str
) -> AzuriteInContainer:
    """Start a container of `image` and wait until it listens. Raises AzuriteUnavailable with the engine's words."""
    return await asyncio.to_thread(_start, accounts, data_folder, image, reason)


def _start(accounts: Mapping[str, str], data_folder: Path | None, image: str, reason: str) -> AzuriteInContainer:
    from docker.errors import DockerException

    name, key = next(iter(accounts.items()))
    container = AzuriteContainer(image, account_name=name, account_key=key)
    container.with_env("AZURITE_ACCOUNTS", account_setting(accounts))
    location = None if data_folder is None else _DATA
    container.with_command(["azurite-blob", *arguments("0.0.0.0", _BLOB_PORT, location)])  # noqa: S104 - inside the container
    _publish_on_loopback(container)
    if data_folder is not None:
        container.with_volume_mapping(str(data_folder), _DATA, "rw")
        if hasattr(os, "getuid"):
            container.with_kwargs(user=f"{os.getuid()}:{os.getgid()}")
    try:
        container.start()
        # the engine's port answers before Azurite does
        LogMessageWaitStrategy("successfully listens").with_startup_timeout(_START_SECONDS).wait_until_ready(container)
        return AzuriteInContainer(container, image, reason)
    except (DockerException, OSError, RuntimeError, TimeoutError) as error:
        container.stop()
        raise AzuriteUnavailable(f"Azurite did not start in a container of {image}: {error}") from error
