"""How much memory a notebook takes, and where that has to end: the machine belongs to the other runs too."""

import asyncio

import psutil

_INTERVAL = 0.2  # seconds between two looks
_SHARE_OF_MACHINE = 0.75


class MemoryWatch:
    """Looks at a process and its descendants. `peak` is the most resident memory seen, in bytes."""

    def __init__(self, pid: int, limit: int | None) -> None:
        self._pid = pid
        self.limit = limit or int(psutil.virtual_memory().total * _SHARE_OF_MACHINE)
        self.peak = 0

    async def watch(self) -> None:
        """Return once the limit is passed; never when the process ends before."""
        while self.peak <= self.limit:
            self.peak = max(self.peak, _resident(self._pid))
            await asyncio.sleep(_INTERVAL)


def _resident(pid: int) -> int:
    try:
        leader = psutil.Process(pid)
        family = [leader, *leader.children(recursive=True)]
    except psutil.Error:
        return 0
    return sum(_own(process) for process in family)


def _own(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0
