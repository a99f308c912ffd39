"""One lock per blob, held while a write commits, so that events come out in the order of the writes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

from emulators.storage.addresses import Address


class BlobLocks:
    """Locks by address; a lock exists only while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._locks: dict[Address, tuple[asyncio.Lock, int]] = {}

    @contextlib.asynccontextmanager
    async def hold(self, addresses: Collection[Address]) -> AsyncIterator[None]:
        """Hold the locks of all `addresses`, always taken in the same order so that no two holders wait in a ring."""
        async with contextlib.AsyncExitStack() as held:
            for address in sorted(set(addresses), key=lambda one: (one.account, one.container, one.blob)):
                await held.enter_async_context(self._one(address))
            yield

    @contextlib.asynccontextmanager
    async def _one(self, address: Address) -> AsyncIterator[None]:
        lock, users = self._locks.get(address, (asyncio.Lock(), 0))
        self._locks[address] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(address)
            if users > 1:
                self._locks[address] = (lock, users - 1)
