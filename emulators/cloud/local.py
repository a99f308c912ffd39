"""Starting and ending the local cloud: addresses first, then every service, then the containers it promises.

The order matters only at the edges: addresses are reserved before any service is made, so each can be told where
the others are; Azurite and Spark, which take seconds, start side by side; ending runs backwards.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Protocol

from azure.core.exceptions import ResourceExistsError
from azure.storage.blob import BlobServiceClient

from emulators.cloud.addresses import Addresses, environment_variables
from emulators.cloud.instance import Instance, exclusive
from emulators.cloud.logs import log_to
from emulators.cloud.settings import CloudSettings
from emulators.cloud.wiring import HTTPS_SERVICES, SERVICES, Wiring
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import Clock, RealClock
from emulators.kernel.masking import masker
from emulators.kernel.server import serve

Progress = Callable[[str], None]


class _Startable(Protocol):
    async def start(self) -> None: ...

    async def stop(self) -> None: ...


class LocalCloud:
    """One local cloud in this process, an async context manager.

    `progress` is told in a sentence what has started. `environment` holds, once started, what an unmodified client
    needs to find and trust this cloud. Raises StateInUse, PortInUse and what Azurite's or Spark's set-up raises.
    """

    def __init__(
        self, settings: CloudSettings, *, progress: Progress = lambda _: None, clock: Clock | None = None
    ) -> None:
        self.settings = settings
        self.environment: dict[str, str] = {}
        self._progress = progress
        self._clock = clock or RealClock()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "LocalCloud":
        try:
            await self._start()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        folder = self._state_folder()
        self._stack.enter_context(exclusive(folder))
        instance = Instance.open(folder)
        masker.add(*instance.secret_values())
        self._stack.enter_context(log_to(folder / "logs"))
        listeners = {name: instance.listener(name) for name in SERVICES}
        instance.save(folder)
        addresses = Addresses(
            {
                name: listener.address("https" if name in HTTPS_SERVICES else "http")
                for name, listener in listeners.items()
            }
        )
        authority = LocalAuthority(folder / "certificates")
        doors = listeners["storage"], listeners["storage_https"]
        wiring = Wiring(self.settings, instance, addresses, authority, folder, self._clock, *doors)
        for name, app in wiring.applications().items():
            tls = authority.server_context() if name in HTTPS_SERVICES else None
            await self._stack.enter_async_context(serve(app, listeners[name], tls=tls))
        await self._start_services(wiring)
        self.environment = environment_variables(
            self.settings, instance, addresses, authority, wiring.storage_connection_string
        )
        await asyncio.to_thread(_create_containers, self.environment, self.settings.containers)

    def _state_folder(self) -> Path:
        if self.settings.state is not None:
            return self.settings.state.resolve()
        folder = Path(tempfile.mkdtemp(prefix="drydock-"))
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        return folder

    async def _start_services(self, wiring: Wiring) -> None:
        async def storage() -> None:
            await self._run(wiring.storage)
            self._progress(f"Blob storage is up: {wiring.storage.description}")

        async def spark() -> None:
            await self._run(wiring.driver)
            self._progress("Databricks' Spark is warm")

        await self._run_all(wiring.before)
        await _side_by_side(storage(), spark())
        await self._run_all(wiring.after)
        self._progress(
            "Event Grid, Data Factory, Databricks, Azure ML, Key Vault, Resource Manager and Entra ID answer"
        )

    async def _run_all(self, services: Iterable[_Startable]) -> None:
        for service in services:
            await self._run(service)

    async def _run(self, service: _Startable) -> None:
        # registered first: a start that fails halfway is ended too
        self._stack.push_async_callback(service.stop)
        await service.start()


async def _side_by_side(*starts: Coroutine[None, None, None]) -> None:
    """Start several at once; the first failure ends the others' start and is raised as it is, not in a group."""
    try:
        async with asyncio.TaskGroup() as tasks:
            for start in starts:
                tasks.create_task(start)
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None


def _create_containers(environment: dict[str, str], containers: Iterable[str]) -> None:
    with BlobServiceClient.from_connection_string(environment["AZURE_STORAGE_CONNECTION_STRING"]) as client:
        for container in containers:
            with suppress(ResourceExistsError):
                client.create_container(container)
