"""Sees every write through: asks beforehand what a delete will destroy, afterwards what a commit has made, and
hands the event on before the client learns of its success."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import h11

from emulators.kernel.errors import CloudError
from emulators.storage.addresses import Address
from emulators.storage.events import (
    Change,
    Event,
    Facts,
    Outcome,
    blob_event,
    facts_of_properties,
    facts_of_put_blob,
)
from emulators.storage.inspection import Inspector
from emulators.storage.intents import Intent, Intents
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
        intents: Intents,
        topics: Mapping[str, str],
        now: Callable[[], datetime],
    ) -> None:
        self._inspector = inspector
        self._sink = sink
        self._intents = intents
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

        The changes are noted too, so that a kill from now on loses no event.
        """
        deleted = list({change.address for change in changes if change.operation is Operation.DELETE_BLOB})
        found = await asyncio.gather(*(self._facts(address) for address in deleted))
        known = dict(zip(deleted, found, strict=True))
        now = datetime.now(UTC)  # not the cloud's clock: it is compared with Azurite's times
        for change in changes:
            self._intents.note(Intent(change, known.get(change.address), now))
        return known

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
                self._raise_event(change, outcome, await self._facts_after(change, known, body_length))
            self._intents.settle(change.address)

    async def recover(self) -> None:
        """Raise the events of writes that a kill interrupted and that were done all the same.

        A write was done when its blob was modified since (to the second, which is all that Azurite tells), a
        deletion when the blob is gone. A kill at the wrong moment may so repeat an event; it loses none.
        """
        for intent in list(self._intents.left()):
            change = intent.change
            if change.address.account not in self._sink.accounts:
                self._intents.settle(change.address)
                continue
            properties = await self._inspector.properties(change.address)
            if change.operation is Operation.DELETE_BLOB:
                if properties is None and intent.facts is not None:
                    self._raise_event(change, Outcome(202, {}), intent.facts)
            elif properties is not None and _modified(properties) >= intent.time.replace(microsecond=0):
                outcome = Outcome(201, {"etag": properties.get("etag", "")})
                self._raise_event(change, outcome, facts_of_properties(properties))
            self._intents.settle(change.address)

    def _raise_event(self, change: Change, outcome: Outcome, facts: Facts | None) -> None:
        account = change.address.account
        event = blob_event(
            change,
            outcome,
            facts,
            topic=self._topics[account],
            sequencer=self._sink.next_sequencer(),
            time=self._now(),
        )
        self._sink.put(account, [event])

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
            properties = await self._inspector.properties(address)
        except (CloudError, OSError, h11.RemoteProtocolError) as error:
            # the write itself is not ours to refuse; its event says what is known without this
            _logger.error("the properties of %s could not be asked for: %s", address.url, error)
            return None
        return None if properties is None else facts_of_properties(properties)


def _modified(properties: Mapping[str, str]) -> datetime:
    """The time of a blob's last change, in whole seconds."""
    return parsedate_to_datetime(properties["last-modified"])
