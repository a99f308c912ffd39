"""Emulated time in a test: a queue of moments and what happens at each, in order of time and then of asking.

Most moments are timeouts that never come: they are dropped soon after they were asked for. A dropped one stays where it
is until half of the queue is dropped, then all such are swept out together; so a moment costs the same however many
there were before it, and the queue never holds more than twice what is still waited for.
"""

import heapq
import itertools
from collections.abc import Callable
from datetime import datetime

Event = Callable[[], None]

FEW = 64
"""Dropped moments that are not worth a sweep."""


class Moments:
    """What is to happen when; `now` is the moment that was reached."""

    def __init__(self, start: datetime) -> None:
        self.now = start
        self._queue: list[tuple[datetime, int, Event]] = []
        self._order = itertools.count()
        self._dropped: set[int] = set()

    def __len__(self) -> int:
        """How many moments the queue holds, the dropped ones that were not swept out yet included."""
        return len(self._queue)

    def at(self, moment: datetime, event: Event) -> int:
        """Let the event happen at that moment; returns its number, for `drop`."""
        number = next(self._order)
        heapq.heappush(self._queue, (moment, number, event))
        return number

    def drop(self, number: int) -> None:
        """What was asked for under this number, and has not happened yet, does not happen."""
        self._dropped.add(number)
        if len(self._dropped) > FEW and 2 * len(self._dropped) > len(self._queue):
            self._queue = [entry for entry in self._queue if entry[1] not in self._dropped]
            heapq.heapify(self._queue)
            self._dropped.clear()

    def next(self) -> Event | None:
        """Go to the next moment and return what happens then; None when nothing is waited for."""
        while self._queue:
            moment, number, event = heapq.heappop(self._queue)
            if number not in self._dropped:
                self.now = moment
                return event
            self._dropped.remove(number)
        return None
