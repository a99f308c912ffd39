"""The time in which a write happens: locks taken once, given back always."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.storage.addresses import Address
from emulators.storage.commit import Commit
from emulators.storage.events import Change, Facts, Outcome
from emulators.storage.locks import BlobLocks
from emulators.storage.operations import Operation

BLOB = Address("acct", "con", "b")
CHANGE = Change(Operation.PUT_BLOB, BLOB, {})
DONE = Outcome(201, {})


class Witness:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    async def before(self, changes: Sequence[Change]) -> dict[Address, Facts | None]:
        self.seen.append(("before", len(changes)))
        return {}

    async def after(
        self,
        changes: Sequence[Change],
        outcomes: Sequence[Outcome],
        known: Mapping[Address, Facts | None],
        body_length: int,
    ) -> None:
        self.seen.append(("after", len(outcomes), body_length))


def _commit(locks: BlobLocks, witness: Witness, *changes: Change) -> Commit:
    return Commit(locks, witness, changes)  # type: ignore[arg-type]


async def test_the_witness_is_asked_before_and_after() -> None:
    witness, locks = Witness(), BlobLocks()
    async with _commit(locks, witness, CHANGE) as commit:
        await commit.begin()
        await commit.begin()
        await commit.end([DONE], 7)
    assert witness.seen == [("before", 1), ("after", 1, 7)]
    assert locks._locks == {}


async def test_without_changes_nobody_is_asked() -> None:
    witness = Witness()
    async with _commit(BlobLocks(), witness) as commit:
        await commit.begin()
        await commit.end([], 0)
    assert witness.seen == []


async def test_a_write_refused_before_its_end_raises_nothing_and_keeps_no_lock() -> None:
    witness, locks = Witness(), BlobLocks()
    async with _commit(locks, witness, CHANGE) as commit:
        await commit.end([Outcome(403, {})], 0)
    await commit.begin()
    assert witness.seen == []
    assert locks._locks == {}


async def test_a_lock_that_comes_too_late_is_given_back() -> None:
    witness, locks = Witness(), BlobLocks()
    async with locks.hold([BLOB]), _commit(locks, witness, CHANGE) as commit:
        late = asyncio.create_task(commit.begin())
        await asyncio.sleep(0)
    await late
    assert witness.seen == []
    assert locks._locks == {}
