"""Start Azurite one way or the other and hand back the same thing: where it listens, what it is, how it ends."""

import asyncio
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from emulators.storage.azurite.choice import AzuriteWish, choose_kind
from emulators.storage.azurite.command import WayOut
from emulators.storage.azurite.container import DEFAULT_IMAGE, IMAGE_VARIABLE, start_container
from emulators.storage.azurite.errors import AzuriteUnavailable
from emulators.storage.azurite.process import start_process

_logger = logging.getLogger("drydock.storage.azurite")


class Azurite(Protocol):
    """A running Azurite: `host` and `port` of its Blob service, `description` for people."""

    host: str
    port: int
    description: str

    def ended(self) -> str | None:
        """None while it runs, else how it ended."""
        ...

    async def stop(self) -> None:
        """End it, its data saved; nothing happens when it has ended already."""
        ...


async def start_azurite(
    accounts: Mapping[str, str],
    *,
    wish: AzuriteWish = "auto",
    data_folder: Path | None = None,
    image: str | None = None,
    way_out: WayOut | None = None,
) -> Azurite:
    """Start Azurite's Blob service for `accounts` (name to base64 key).

    `image` None takes that of DRYDOCK_AZURITE_IMAGE (a company's own registry, for example), else Azurite's own.
    `way_out` is for a process; a container reaches neither this machine's loopback nor, on its own, its accounts.
    `data_folder` None keeps everything in memory. Where nothing is forced and the engine cannot run the image (it
    may not reach any registry), a process takes the container's place. Raises AzuriteUnavailable.
    """
    kind, reason, forced = await asyncio.to_thread(choose_kind, wish)
    if data_folder is not None:
        await asyncio.to_thread(data_folder.mkdir, parents=True, exist_ok=True)
    chosen = image or os.environ.get(IMAGE_VARIABLE) or DEFAULT_IMAGE
    if kind == "container":
        try:
            return await start_container(accounts, data_folder=data_folder, image=chosen, reason=reason)
        except AzuriteUnavailable as error:
            if forced:
                raise
            _logger.warning("%s; running it as a process instead", error)
            reason = f"a Docker engine answers, but has no container of {chosen} for us"
    return await start_process(accounts, data_folder=data_folder, reason=reason, way_out=way_out)
