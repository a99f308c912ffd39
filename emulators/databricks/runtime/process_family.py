"""A run's processes while it lasts: how much memory they take, what they write, and that none stays behind."""

import asyncio
import os

import psutil

_INTERVAL = 0.2  # seconds between two looks
_SHARE_OF_MACHINE = 0.75
_LOG_LIMIT = 10 << 20  # bytes kept of the end of a run's output; what came before is dropped, saying so
_LAST_WORDS = 2.0  # seconds to wait for output once the notebook's process is gone


class ProcessFamily:
    """A process and its descendants. `peak` is the most resident memory seen, in bytes."""

    def __init__(self, pid: int, limit: int | None) -> None:
        self._pid = pid
        self._seen: set[psutil.Process] = set()
        self.limit = limit or int(psutil.virtual_memory().total * _SHARE_OF_MACHINE)
        self.peak = 0

    async def watch_memory(self) -> None:
        """Return once the limit is passed; never when the process ends before."""
        while self.peak <= self.limit:
            self.peak = max(self.peak, self._resident())
            await asyncio.sleep(_INTERVAL)

    def end_strays(self) -> None:
        """End descendants that have left the notebook's process group and outlived it."""
        for process in self._seen:
            try:
                process.kill()  # psutil makes sure that the id has not been given to another process
            except psutil.Error:
                continue

    def _resident(self) -> int:
        try:
            leader = psutil.Process(self._pid)
            descendants = leader.children(recursive=True)
        except psutil.Error:
            return 0
        self._seen.update(descendants)
        return sum(_own(process) for process in (leader, *descendants))


class OutputLog:
    """What a process writes; of more than a limit the end is kept, which tells how it went.

    The pipe is ours and not asyncio's: its `wait` would not return before the pipe is closed, and a process that
    slipped away from the notebook may hold it open for ever.
    """

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._kept = bytearray()
        self._dropped = 0
        self._reading: asyncio.Task[None] | None = None

    def started(self) -> None:
        """Read from now on: the process has its end of the pipe."""
        os.close(self.write_end)
        self._reading = asyncio.create_task(self._read())

    async def text(self) -> str:
        """Everything written so far and, for a moment, what is still to come."""
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=_LAST_WORDS)
            self._reading.cancel()
        text = self._kept.decode("utf-8", "replace")
        return f"[{self._dropped} earlier bytes of output were dropped]\n{text}" if self._dropped else text

    async def _read(self) -> None:
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(self._read_end, "rb", buffering=0)
        )
        try:
            while chunk := await stream.read(1 << 16):
                self._kept += chunk
                surplus = max(0, len(self._kept) - _LOG_LIMIT)
                del self._kept[:surplus]
                self._dropped += surplus
        finally:
            transport.close()


def _own(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
