"""Time as an argument: one clock per local cloud, real or virtual.

Emulated time (a `Wait`, a retry interval, a schedule) is asked of the clock and never of the machine. The virtual
clock stands still while real work runs and jumps to the next deadline when everything else waits, so a timeout
of seven days takes no time in a test. The idea is that of trio's MockClock and of temporal's test server.

Who waits for the calendar (a schedule, the next window) is patient: there is always another night. A steady clock
does not move for the patient alone, so a cloud with a nightly trigger rests until somebody lets time pass.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What a service may know of time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float, *, patient: bool = False) -> None:
        """Wait for `seconds` of this clock's time; zero or less gives other tasks a turn and returns.

        `patient` says that nothing is under way: this sleeper waits for the calendar.
        """
        ...

    def work(self) -> AbstractContextManager[None]:
        """Mark the enclosed block as real work (a notebook, a copy, an HTTP call): time must not jump meanwhile."""
        ...


class RealClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float, *, patient: bool = False) -> None:
        await asyncio.sleep(max(0.0, seconds))

    @contextmanager
    def work(self) -> Iterator[None]:
        yield


class VirtualClock:
    """Time that passes only when nobody works: it jumps to the earliest deadline once the event loop is idle.

    Idle means: no `work()` block is open and, for `IDLE_TURNS` consecutive turns of the event loop, nobody asked
    for a new deadline. The turns let tasks that were just woken run up to their next wait.

    `steady`: patient sleepers alone do not move it; they wake when time passes them for another reason. `moved` hears
    of every jump.
    """

    IDLE_TURNS = 25

    def __init__(
        self,
        start: datetime = datetime(2030, 1, 1, tzinfo=UTC),
        *,
        steady: bool = False,
        moved: Callable[[datetime], None] = lambda now: None,
    ) -> None:
        if start.tzinfo is None:
            raise ValueError("a virtual clock starts at an aware time, e.g. datetime(2030, 1, 1, tzinfo=UTC)")
        self._now = start.astimezone(UTC)
        self._steady = steady
        self._moved = moved
        self._deadlines: list[tuple[datetime, int, asyncio.Future[None]]] = []
        self._patient: set[asyncio.Future[None]] = set()
        self._order = itertools.count()
        self._working = 0
        self._changes = 0
        self._driver: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def now(self) -> datetime:
        return self._now

    async def sleep(self, seconds: float, *, patient: bool = False) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        deadline = self._now + timedelta(seconds=seconds)
        heapq.heappush(self._deadlines, (deadline, next(self._order), woken))
        self._changes += 1
        if patient:
            self._patient.add(woken)
            woken.add_done_callback(self._patient.discard)
        if self._driver is None or self._driver.done():
            self._driver = asyncio.create_task(self._drive(), name="virtual clock")
        await woken

    async def settled(self) -> None:
        """Wait until everything that the present moment has set off is done or waits."""
        turns = 0
        while turns < self.IDLE_TURNS:
            await self._idle.wait()
            seen = self._changes
            await asyncio.sleep(0)
            turns = turns + 1 if seen == self._changes and not self._working else 0

    @contextmanager
    def work(self) -> Iterator[None]:
        self._working += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._working -= 1
            self._changes += 1
            if not self._working:
                self._idle.set()

    async def _drive(self) -> None:
        """Jump from deadline to deadline until nobody waits any more, or only the patient do."""
        while self._has_to_move():
            await self.settled()
            self._drop_cancelled()
            if self._has_to_move():
                self._jump()

    def _has_to_move(self) -> bool:
        if not self._steady:
            return bool(self._deadlines)
        return any(not woken.done() and woken not in self._patient for _, _, woken in self._deadlines)

    def _drop_cancelled(self) -> None:
        while self._deadlines and self._deadlines[0][2].done():
            heapq.heappop(self._deadlines)

    def _jump(self) -> None:
        deadline, _, _ = self._deadlines[0]
        self._now = max(self._now, deadline)
        self._moved(self._now)
        while self._deadlines and self._deadlines[0][0] <= self._now:
            woken = heapq.heappop(self._deadlines)[2]
            with suppress(asyncio.InvalidStateError):
                woken.set_result(None)
