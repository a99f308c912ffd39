"""The short time in which a write happens: from its last bytes' leaving until its event is kept."""

import contextlib
from collections.abc import Sequence
from types import TracebackType

from emulators.storage.addresses import Address
from emulators.storage.events import Change, Facts, Outcome
from emulators.storage.locks import BlobLocks
from emulators.storage.witness import Witness


class Commit:
    """Holds the locks of the changed blobs from `begin` to the end of the block; without changes does nothing."""

    def __init__(self, locks: BlobLocks, witness: Witness, changes: Sequence[Change]) -> None:
        self._locks = locks
        self._witness = witness
        self._changes = changes
        self._held = contextlib.AsyncExitStack()
        self._begun = False
        self._over = False
        self._known: dict[Address, Facts | None] = {}

    async def __aenter__(self) -> "Commit":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over = True
        await self._held.aclose()

    async def begin(self) -> None:
        """To be awaited before the write's last bytes leave; a second call does nothing.

        Nor does one after the block's end: Azurite may refuse a write before all of it has arrived, and the rest
        of its body must not take locks that nobody would give back.
        """
        if self._begun or self._over or not self._changes:
            return
        self._begun = True
        await self._held.enter_async_context(self._locks.hold([change.address for change in self._changes]))
        if self._over:
            await self._held.aclose()
            return
        self._known = await self._witness.before(self._changes)

    async def end(self, outcomes: Sequence[Outcome], body_length: int) -> None:
        """Raise the events of what was done (`outcomes` in the order of the changes)."""
        if self._begun:
            await self._witness.after(self._changes, outcomes, self._known, body_length)
