"""Blobs' locks: one holder at a time, no ring of waiters, nothing left behind."""

import asyncio

from emulators.storage.addresses import Address
from emulators.storage.locks import BlobLocks

A, B = Address("acct", "con", "a"), Address("acct", "con", "b")


async def test_holders_of_one_blob_take_turns() -> None:
    locks, order = BlobLocks(), []

    async def holder(number: int) -> None:
        async with locks.hold([A]):
            order.append(("in", number))
            await asyncio.sleep(0)
            order.append(("out", number))

    await asyncio.gather(*(holder(number) for number in range(3)))
    assert order == [(way, number) for number in range(3) for way in ("in", "out")]


async def test_holders_of_several_blobs_do_not_wait_in_a_ring() -> None:
    locks = BlobLocks()

    async def holder(first: Address, second: Address) -> None:
        async with locks.hold([first, second, first]):
            await asyncio.sleep(0)

    async with asyncio.timeout(1):
        await asyncio.gather(holder(A, B), holder(B, A))


async def test_a_cancelled_waiter_leaves_no_lock_behind() -> None:
    locks = BlobLocks()
    async with locks.hold([A]):
        waiter = asyncio.create_task(locks.hold([A]).__aenter__())
        await asyncio.sleep(0)
        waiter.cancel()
        await asyncio.gather(waiter, return_exceptions=True)
    assert locks._locks == {}
