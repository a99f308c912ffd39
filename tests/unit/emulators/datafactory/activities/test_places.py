"""Blocking work of activities in threads: as much at once as a loop runs, and apart from the event loop's own few."""

import asyncio
import threading
from collections.abc import Callable

import pytest

from emulators.datafactory.activities.places import Interrupted, in_thread

LARGEST_BATCH = 50


async def test_all_iterations_of_the_largest_batch_work_at_once() -> None:
    together = threading.Barrier(LARGEST_BATCH)
    async with asyncio.timeout(30):
        await asyncio.gather(*(in_thread(lambda check: together.wait(20)) for _ in range(LARGEST_BATCH)))


async def test_work_may_wait_for_what_the_event_loop_does_in_threads_of_its_own() -> None:
    """As it waits for a token, for which a name is looked up."""
    loop = asyncio.get_running_loop()

    def ask(check: Callable[[], None]) -> str:
        return asyncio.run_coroutine_threadsafe(asyncio.to_thread(lambda: "token"), loop).result(20)

    async with asyncio.timeout(30):
        assert await asyncio.gather(*(in_thread(ask) for _ in range(LARGEST_BATCH))) == ["token"] * LARGEST_BATCH


async def test_a_cancelled_activity_ends_after_its_thread() -> None:
    begun, seen = threading.Event(), threading.Event()

    def work(check: Callable[[], None]) -> None:
        begun.set()
        try:
            while True:
                check()
        except Interrupted:
            seen.set()
            raise

    running = asyncio.ensure_future(in_thread(work))
    await asyncio.to_thread(begun.wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert seen.is_set()
