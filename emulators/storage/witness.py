"""Sees every write through: asks beforehand what a delete will destroy, afterwards what a commit has made, and
hands the event on before the client learns of its success."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

import h11

from emulators.kernel.errors import CloudError
from emulators.storage.addresses import Address
from emulators.storage.events import Change, Event, Facts, Outcome, blob_event, facts_of_put_blob
from emulators.storage.inspection import Inspector
from emulators.storage.operations import Operation

_logger = logging.getLogger("drydock.storage.events")


class EventSink(Protocol):
    """Where events go. `accounts` are those whose events somebody wants."""

    accounts: Collection[str]

    def check_room(self) -> None:
        """Raises ServerBusy when no further event can be kept."""
        ...

    def next_sequencer(self) -> int:
        """A number greater than all before."""
        ...

    def put(self, account: str, events: Sequence[Event]) -> None:
        """Take events for good: they survive a kill once this returns."""
        ...


class Witness:
    """Turns writes into events."""

    def __init__(
        self,
        inspector: Inspector,
        sink: EventSink,
        topics: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self._inspector = inspector
        self._sink = sink
        self._topics = topics
        self._now = now

    def watches(self, address: Address) -> bool:
        """Whether events of this account are wanted. Raises ServerBusy when they are and cannot be kept."""
        if address.account not in self._sink.accounts:
            return False
        self._sink.check_room()
        return True

    async def before(self, changes: Sequence[Change]) -> dict[Address, Facts | None]:
        """What has to be known before the changes happen: of a blob that is deleted, nothing is left to ask.

        Raises ServerBusy.
        """
        deleted = list({change.address for change in changes if change.operation is Operation.DELETE_BLOB})
        found = await asyncio.gather(*(self._facts(address) for address in deleted))
        return dict(zip(deleted, found, strict=True))

    async def after(
        self,
        changes: Sequence[Change],
        outcomes: Sequence[Outcome],
        known: Mapping[Address, Facts | None],
        body_length: int,
    ) -> None:
        """Raise the events of the changes that were done, in their order."""
        for change, outcome in zip(changes, outcomes, strict=True):
            if outcome.done:
                facts = await self._facts_after(change, known, body_length)
                event = blob_event(
                    change,
                    outcome,
                    facts,
                    topic=self._topics[change.address.account],
                    sequencer=self._sink.next_sequencer(),
                    time=self._now(),
                )
                self._sink.put(change.address.account, [event])

    async def _facts_after(
        self, change: Change, known: Mapping[Address, Facts | None], body_length: int
    ) -> Facts | None:
        if change.operation is Operation.PUT_BLOB:
            return facts_of_put_blob(change.headers, body_length)
        if change.operation is Operation.DELETE_BLOB:
            return known.get(change.address)
        return await self._facts(change.address)

    async def _facts(self, address: Address) -> Facts | None:
        try:
            return await self._inspector.facts(address)
        except (CloudError, OSError, h11.RemoteProtocolError) as error:
            # the write itself is not ours to refuse; its event says what is known without this
            _logger.error("the properties of %s could not be asked for: %s", address.url, error)
            return None
