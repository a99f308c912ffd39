"""The virtual clock: jumps when everybody waits, stands still while anybody works."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from emulators.kernel.clock import RealClock, VirtualClock

START = datetime(2030, 1, 1, tzinfo=UTC)


async def test_a_week_passes_at_once() -> None:
    clock = VirtualClock(START)
    begun = time.monotonic()
    await clock.sleep(7 * 24 * 3600)
    assert clock.now() == START + timedelta(days=7)
    assert time.monotonic() - begun < 5


async def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    clock = VirtualClock(START)
    woken: list[tuple[int, float]] = []

    async def sleeper(seconds: int) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, (clock.now() - START).total_seconds()))

    await asyncio.gather(*(sleeper(seconds) for seconds in (30, 10, 20, 10)))
    assert woken == [(10, 10), (10, 10), (20, 20), (30, 30)]


async def test_a_woken_task_may_set_an_earlier_deadline_than_those_who_wait() -> None:
    clock = VirtualClock(START)
    seen: list[float] = []

    async def ticker() -> None:
        for _ in range(5):
            await clock.sleep(1)
            seen.append((clock.now() - START).total_seconds())

    await asyncio.gather(ticker(), clock.sleep(100))
    assert seen == [1, 2, 3, 4, 5]
    assert clock.now() == START + timedelta(seconds=100)


async def test_time_stands_still_while_real_work_runs() -> None:
    clock = VirtualClock(START)
    done = asyncio.Event()

    async def work() -> datetime:
        with clock.work():
            await done.wait()
            return clock.now()

    working = asyncio.create_task(work())
    sleeping = asyncio.create_task(clock.sleep(60))
    for _ in range(200):
        await asyncio.sleep(0)
    assert not sleeping.done()
    done.set()
    assert await working == START
    await sleeping
    assert clock.now() == START + timedelta(seconds=60)


async def test_a_cancelled_sleeper_does_not_move_time() -> None:
    clock = VirtualClock(START)
    long_sleep = asyncio.create_task(clock.sleep(1_000_000))
    await asyncio.sleep(0)
    long_sleep.cancel()
    await clock.sleep(1)
    assert clock.now() == START + timedelta(seconds=1)


async def test_a_steady_clock_does_not_move_for_the_patient_alone() -> None:
    clock = VirtualClock(START, steady=True)
    nightly = asyncio.create_task(clock.sleep(86_400, patient=True))
    await clock.settled()
    assert clock.now() == START
    await clock.sleep(3600)
    assert clock.now() == START + timedelta(hours=1)
    assert not nightly.done()
    nightly.cancel()


async def test_the_patient_wake_at_their_moment_when_time_passes_it() -> None:
    clock = VirtualClock(START, steady=True)
    woken: list[datetime] = []

    async def nights() -> None:
        while True:
            await clock.sleep(86_400, patient=True)
            woken.append(clock.now())

    following = asyncio.create_task(nights())
    await clock.settled()
    await clock.sleep(3 * 86_400)
    await clock.settled()
    assert woken == [START + timedelta(days=night) for night in (1, 2, 3)]
    following.cancel()


async def test_a_cancelled_sleeper_does_not_move_a_steady_clock() -> None:
    clock = VirtualClock(START, steady=True)
    nightly = asyncio.create_task(clock.sleep(86_400, patient=True))
    hurried = asyncio.create_task(clock.sleep(60))
    await asyncio.sleep(0)
    hurried.cancel()
    await clock.settled()
    assert clock.now() == START
    nightly.cancel()


async def test_every_jump_is_told() -> None:
    jumps: list[datetime] = []
    clock = VirtualClock(START, moved=jumps.append)
    await asyncio.gather(clock.sleep(1), clock.sleep(60))
    assert jumps == [START + timedelta(seconds=1), START + timedelta(seconds=60)]


@pytest.mark.parametrize("seconds", [0, -5])
async def test_no_time_to_sleep_moves_nothing(seconds: float) -> None:
    clock = VirtualClock(START)
    await clock.sleep(seconds)
    assert clock.now() == START


def test_a_naive_start_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        VirtualClock(datetime(2030, 1, 1))


def test_the_real_clock_tells_aware_utc() -> None:
    assert RealClock().now().tzinfo is UTC
