"""Azurite as a child process: the real node binary, a port of its own choosing, its last lines kept for errors."""

import asyncio
import collections
import contextlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from emulators.kernel.processes import Child, start_child
from emulators.storage.azurite.command import WayOut, account_setting, arguments, way_out_variables
from emulators.storage.azurite.errors import AzuriteUnavailable
from emulators.storage.azurite.install import installed_azurite, node_binary

_LISTENS = re.compile(r"successfully listens on http://([\d.]+):(\d+)")
_START_SECONDS = 60.0
_SAVE_SECONDS = 15.0  # Azurite writes its index on SIGTERM; a large one takes a moment


class AzuriteProcess:
    """Azurite run by Node; ends with its parent at the latest (kernel.processes)."""

    def __init__(self, child: Child, reason: str) -> None:
        self.host = ""
        self.port = 0
        self.description = f"Azurite as a process ({reason})"
        self._child = child
        self._last_lines: collections.deque[str] = collections.deque(maxlen=20)
        self._listening: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._reader = asyncio.create_task(self._read(), name="azurite output")

    async def listening(self) -> None:
        """Wait until it listens. Raises AzuriteUnavailable with its last lines."""
        done, _ = await asyncio.wait(
            {self._listening, self._reader}, timeout=_START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        if self._listening in done:
            return
        await self.stop()
        said = "\n".join(self._last_lines) or "nothing"
        raise AzuriteUnavailable(f"Azurite did not start; it said:\n{said}")

    def ended(self) -> str | None:
        if self._child.running:
            return None
        said = f": {self._last_lines[-1]}" if self._last_lines else ""
        return f"it ended with exit code {self._child.process.returncode}{said}"

    @property
    def pid(self) -> int:
        """The process id of Node."""
        return self._child.pid

    async def stop(self) -> None:
        await self._child.terminate(grace=_SAVE_SECONDS)
        self._reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._reader

    async def _read(self) -> None:
        """Drain its output for as long as it runs: a full pipe would stop it."""
        stream = self._child.process.stdout
        assert stream is not None  # noqa: S101 - started with a pipe
        async for line in stream:
            text = line.decode("utf-8", "replace").rstrip()
            self._last_lines.append(text)
            found = _LISTENS.search(text)
            if found and not self._listening.done():
                self.host, self.port = found[1], int(found[2])
                self._listening.set_result(None)


async def start_process(
    accounts: Mapping[str, str], *, data_folder: Path | None, reason: str, way_out: WayOut | None = None
) -> AzuriteProcess:
    """Start and wait until it listens; installs the npm package at first use. Raises AzuriteUnavailable."""
    script = await installed_azurite()
    location = None if data_folder is None else str(data_folder)
    child = await start_child(
        [node_binary(), script, *arguments("127.0.0.1", 0, location)],
        name="azurite",
        # the key material travels in the environment, never in the arguments that every user can list
        env={**os.environ, **way_out_variables(way_out), "AZURITE_ACCOUNTS": account_setting(accounts)},
        cwd=script.parent,
        stdout=asyncio.subprocess.PIPE,
    )
    azurite = AzuriteProcess(child, reason)
    try:
        await azurite.listening()
    except asyncio.CancelledError:
        await azurite.stop()
        raise
    return azurite
