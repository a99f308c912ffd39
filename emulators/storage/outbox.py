"""Events on their way to Event Grid: kept until it has taken them, sent in order, tried again while it is silent.

An event is in the store before the client hears that its write succeeded, so a kill loses none. The number of
kept events is bounded: beyond it, writes that would raise more are refused as ServerBusy, which clients repeat.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import httpx

from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore
from emulators.storage.errors import ServerBusy
from emulators.storage.events import Event

_logger = logging.getLogger("drydock.storage.events")

_EVENTS = "storage.event"
_SEQUENCE = "storage.sequence"
_RESERVED_AT_ONCE = 1000
_LARGEST_POST = 100  # events
_MALFORMED = frozenset({400, 413})
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 5.0  # seconds of real time: what is waited for is a real socket


@dataclass(frozen=True)
class PublishAddress:
    """Where an account's events are published, and the key that opens it."""

    url: str
    key: str


class Outbox:
    """Keeps and sends events. `addresses` by account name; `limit` is the most events kept for all of them."""

    def __init__(
        self,
        store: DocumentStore,
        addresses: Mapping[str, PublishAddress],
        clock: Clock,
        client: httpx.AsyncClient,
        limit: int = 100_000,
    ) -> None:
        self.accounts: Collection[str] = frozenset(addresses)
        self._store = store
        self._addresses = addresses
        self._clock = clock
        self._client = client
        self._limit = limit
        self._sequence = int((store.get(_SEQUENCE, "reserved") or {"until": 0})["until"])
        self._reserved = self._sequence
        self._waiting: dict[str, deque[tuple[str, Event]]] = {account: deque() for account in addresses}
        self._news = {account: asyncio.Event() for account in addresses}
        self._senders: list[asyncio.Task[None]] = []
        for key, document in store.list(_EVENTS):
            if document["account"] in self._waiting:
                self._waiting[document["account"]].append((key, document["event"]))

    def start(self) -> None:
        """Begin to send what is kept and what comes."""
        self._senders = [
            asyncio.create_task(self._send_for_ever(account), name=f"events of {account}") for account in self._waiting
        ]

    async def stop(self) -> None:
        """Stop sending; what was not taken stays in the store."""
        for sender in self._senders:
            sender.cancel()
        await asyncio.gather(*self._senders, return_exceptions=True)

    @property
    def kept(self) -> int:
        """How many events wait for Event Grid."""
        return sum(len(events) for events in self._waiting.values())

    def check_room(self) -> None:
        if self.kept >= self._limit:
            raise ServerBusy(
                f"{self.kept} events wait for Event Grid, which does not take them; no write can be told of now.",
                headers={"Retry-After": "1"},
            )

    def next_sequencer(self) -> int:
        if self._sequence == self._reserved:
            self._reserved += _RESERVED_AT_ONCE
            self._store.put(_SEQUENCE, "reserved", {"until": self._reserved})
        self._sequence += 1
        return self._sequence

    def put(self, account: str, events: Sequence[Event]) -> None:
        for event in events:
            key = f"{account}/{event['data']['sequencer']}"
            self._store.put(_EVENTS, key, {"account": account, "event": event})
            self._waiting[account].append((key, event))
        self._news[account].set()

    async def _send_for_ever(self, account: str) -> None:
        waiting, news = self._waiting[account], self._news[account]
        while True:
            news.clear()
            if not waiting:
                await news.wait()
            with self._clock.work():
                await self._send(account, [waiting[number] for number in range(min(len(waiting), _LARGEST_POST))])

    async def _send(self, account: str, batch: Sequence[tuple[str, Event]]) -> None:
        """Send until taken. Only what Event Grid calls malformed is given up, alone and aloud."""
        pause = _FIRST_PAUSE
        while True:
            status, said = await self._try(self._addresses[account], [event for _, event in batch])
            if 200 <= status < 300:
                break
            if status in _MALFORMED and len(batch) > 1:
                for one in batch:
                    await self._send(account, [one])
                return
            if status in _MALFORMED:
                _logger.error("Event Grid refuses an event of %s for ever (%s): %s", account, said, batch[0][1])
                break
            if pause in (_FIRST_PAUSE, _LONGEST_PAUSE):
                _logger.warning("Event Grid does not take the events of %s: %s; trying again", account, said)
            await asyncio.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
        for key, _ in batch:
            self._waiting[account].popleft()
            self._store.delete(_EVENTS, key)

    async def _try(self, address: PublishAddress, events: Sequence[Event]) -> tuple[int, str]:
        """The HTTP status of Event Grid's answer, 0 without one, and what it said."""
        try:
            answer = await self._client.post(address.url, json=events, headers={"aeg-sas-key": address.key})
        except httpx.HTTPError as error:
            return 0, str(error) or type(error).__name__
        return answer.status_code, f"HTTP {answer.status_code} {answer.text[:300]}"
