"""What may end any wait of a run early: a stop that somebody asked for, or the run's own time limit."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any, TypeVar

from emulators.databricks.jobs import states
from emulators.databricks.jobs.states import Ending
from emulators.kernel.clock import Clock

_T = TypeVar("_T")


class Interrupted(Exception):
    """A wait ended early; `ending` is what becomes of the attempt that waited."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.message)
        self.ending = ending


class Interruption:
    """The stop and the time limit of one run. `limit` is in seconds from now, 0 for none."""

    def __init__(self, clock: Clock, limit: float) -> None:
        self._clock = clock
        self._began: datetime = clock.now()
        self._stop = asyncio.Event()
        self.limit = limit
        self.stop_ending: Ending | None = None

    def stop(self, ending: Ending) -> None:
        """End every wait now and from now on."""
        self.stop_ending = ending
        self._stop.set()

    async def stopped(self) -> None:
        """Return once a stop was asked for."""
        await self._stop.wait()

    def remaining(self) -> float | None:
        """Seconds left of the limit, never below 0; None without a limit."""
        if not self.limit:
            return None
        return max(0.0, self.limit - (self._clock.now() - self._began).total_seconds())

    def check(self) -> None:
        """Raises Interrupted when the run may not go on."""
        if self.stop_ending is not None:
            raise Interrupted(self.stop_ending)
        if self.remaining() == 0:
            raise Interrupted(states.timed_out(self.limit))

    async def unless(self, waiting: Coroutine[Any, Any, _T]) -> _T:
        """What `waiting` gives. Raises Interrupted, and cancels `waiting`, when the stop or the limit comes first."""
        try:
            self.check()
        except Interrupted:
            waiting.close()
            raise
        job: asyncio.Task[_T] = asyncio.create_task(waiting)
        racers: set[asyncio.Task[Any]] = {job, asyncio.create_task(self._stop.wait())}
        if (remaining := self.remaining()) is not None:
            racers.add(asyncio.create_task(self._clock.sleep(remaining)))
        try:
            await asyncio.wait(racers, return_when=asyncio.FIRST_COMPLETED)
            if job.done():
                return job.result()
            raise Interrupted(self.stop_ending or states.timed_out(self.limit))
        finally:
            for racer in racers:
                racer.cancel()
