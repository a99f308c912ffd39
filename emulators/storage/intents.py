"""Writes under way, noted before they commit: what a killed cloud must look after when it starts again.

Between Azurite's commit and the keeping of its event lies a moment in which a kill would lose the event. So each
write is noted first. A note that is found at the next start names a blob whose write may or may not have been
done; the blob itself tells (`Witness.recover`). There is one note per blob, because writes of one blob take turns.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime

from emulators.kernel.store import DocumentStore
from emulators.storage.addresses import Address
from emulators.storage.events import Change, Facts
from emulators.storage.operations import Operation

_INTENTS = "storage.intent"
_REQUEST_ID = "x-ms-client-request-id"


@dataclass(frozen=True)
class Intent:
    """A change that was about to happen at `time`; `facts` are what was known of the blob before."""

    change: Change
    facts: Facts | None
    time: datetime


class Intents:
    """The notes, in the cloud's store."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def note(self, intent: Intent) -> None:
        """Keep a note; an older one of the same blob is replaced: this write will tell of the blob."""
        document = {
            "address": asdict(intent.change.address),
            "operation": intent.change.operation.name,
            "client_request_id": intent.change.headers.get(_REQUEST_ID),
            "facts": None if intent.facts is None else asdict(intent.facts),
            "time": intent.time.isoformat(),
        }
        self._store.put(_INTENTS, _key(intent.change.address), document)

    def settle(self, address: Address) -> None:
        """Forget the note: its event is kept, or there is none."""
        self._store.delete(_INTENTS, _key(address))

    def left(self) -> Iterator[Intent]:
        """The notes that nobody settled."""
        for _, document in self._store.list(_INTENTS):
            request_id = document["client_request_id"]
            change = Change(
                Operation[document["operation"]],
                Address(**document["address"]),
                {} if request_id is None else {_REQUEST_ID: request_id},
            )
            facts = document["facts"]
            yield Intent(change, None if facts is None else Facts(**facts), datetime.fromisoformat(document["time"]))


def _key(address: Address) -> str:
    return f"{address.account}/{address.container}/{address.blob}"
