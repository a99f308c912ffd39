"""Bringing events to one subscriber: at once, in order, at least once, and again later where it fails.

Every event is in the store until the subscriber has taken it or it is given up. A failed event waits for its next
attempt beside the others, as in Azure, so one bad event holds up none behind it.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from emulators.eventgrid.events import Event
from emulators.eventgrid.retry import GiveUp, after_failure, delivered
from emulators.eventgrid.subscriptions import Subscription
from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore

DELIVERIES = "eventgrid.delivery"

_logger = logging.getLogger("drydock.eventgrid")


@dataclass(frozen=True)
class Delivery:
    """One event for one subscriber. `attempts` were made; `due` is the time of the next one."""

    key: str
    subscription: str
    event: Event
    accepted: datetime
    due: datetime
    attempts: int = 0

    def document(self) -> dict[str, Any]:
        return {
            "subscription": self.subscription,
            "event": self.event,
            "accepted": self.accepted.isoformat(),
            "due": self.due.isoformat(),
            "attempts": self.attempts,
        }

    @classmethod
    def from_document(cls, key: str, document: dict[str, Any]) -> "Delivery":
        return cls(
            key,
            document["subscription"],
            document["event"],
            datetime.fromisoformat(document["accepted"]),
            datetime.fromisoformat(document["due"]),
            document["attempts"],
        )


class Courier:
    """Delivers to one subscription. `subscription` may be replaced while it works."""

    def __init__(
        self, subscription: Subscription, store: DocumentStore, clock: Clock, client: httpx.AsyncClient
    ) -> None:
        self.subscription = subscription
        self._store = store
        self._clock = clock
        self._client = client
        self._ready: asyncio.Queue[Delivery] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        self._waiting: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begin to deliver."""
        self._worker = asyncio.create_task(self._work(), name=f"deliveries to {self.subscription.name}")

    async def stop(self) -> None:
        """Stop; what is not delivered stays in the store."""
        tasks = [*self._waiting, *([self._worker] if self._worker else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def take(self, delivery: Delivery) -> None:
        """Deliver when it is due. The delivery is in the store already."""
        seconds = (delivery.due - self._clock.now()).total_seconds()
        if seconds <= 0:
            self._ready.put_nowait(delivery)
            return
        task = asyncio.create_task(self._wait(delivery, seconds), name="delivery waits")
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def _wait(self, delivery: Delivery, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._ready.put_nowait(delivery)

    async def _work(self) -> None:
        while True:
            batch = [await self._ready.get()]
            while len(batch) < self.subscription.max_events_per_batch and not self._ready.empty():
                batch.append(self._ready.get_nowait())
            with self._clock.work():
                await self._attempt(batch)

    async def _attempt(self, batch: Sequence[Delivery]) -> None:
        status, problem = await self._post(batch)
        for delivery in batch:
            if status is not None and delivered(status):
                self._store.delete(DELIVERIES, delivery.key)
            else:
                self._failed(delivery, status, problem)

    async def _post(self, batch: Sequence[Delivery]) -> tuple[int | None, str]:
        """The HTTP status of one attempt, None without an answer; and what to say of it."""
        first = batch[0]
        headers = {
            "aeg-event-type": "Notification",
            "aeg-subscription-name": self.subscription.name.upper(),
            "aeg-delivery-count": str(first.attempts),
            "aeg-data-version": str(first.event.get("dataVersion", "")),
            "aeg-metadata-version": "1",
        }
        try:
            answer = await self._client.post(
                self.subscription.endpoint_url, json=[delivery.event for delivery in batch], headers=headers
            )
        except httpx.HTTPError as error:
            return None, str(error) or type(error).__name__
        return answer.status_code, f"HTTP {answer.status_code} {answer.text[:200]}"

    def _failed(self, delivery: Delivery, status: int | None, problem: str) -> None:
        attempts, now = delivery.attempts + 1, self._clock.now()
        what = f"event {delivery.event['id']} ({delivery.event['subject']}) to {self.subscription.name}"
        decision = after_failure(status, attempts, delivery.accepted, now, self.subscription.retry)
        if isinstance(decision, GiveUp):
            # without a dead-letter destination Event Grid drops such events; here the log at least names them
            _logger.error("%s is dropped after %d attempts: %s (%s)", what, attempts, decision.reason, problem)
            self._store.delete(DELIVERIES, delivery.key)
            return
        _logger.warning("%s failed (%s); next attempt in %g s", what, problem, decision.seconds)
        again = replace(delivery, attempts=attempts, due=now + timedelta(seconds=decision.seconds))
        self._store.put(DELIVERIES, again.key, again.document())
        self.take(again)
