"""What Event Grid is told: its topics, who may manage subscriptions, and whom it trusts when it calls webhooks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenVerifier

SYSTEM_EVENT_TYPES = {
    "microsoft.storage/storageaccounts": ("Microsoft.Storage.BlobCreated", "Microsoft.Storage.BlobDeleted"),
}
"""The event types a subscription gets that names none, by the topic's resource type in lower case (documented)."""


@dataclass(frozen=True)
class TopicSettings:
    """A topic: the resource whose events it takes (a storage account's system topic, or a custom topic) and its key."""

    resource_id: str
    key: str

    @property
    def default_event_types(self) -> tuple[str, ...] | None:
        """The types that a subscription naming none receives; None means all, as for a custom topic."""
        segments = self.resource_id.strip("/").split("/")
        return SYSTEM_EVENT_TYPES.get("/".join((segments[-3], segments[-2])).lower()) if len(segments) > 2 else None


@dataclass(frozen=True)
class EventGridSettings:
    """The settings of one cloud's Event Grid.

    `topics` by the name in their publish address (`/topics/{name}/api/events`). `store` keeps subscriptions and
    undelivered events. `ca_bundle` holds the authorities that webhooks' certificates may come from. `address` is
    this service's own, for the validation addresses of webhooks that do not answer the handshake themselves; None
    offers none.
    """

    clock: Clock
    store: DocumentStore
    verifier: TokenVerifier
    topics: Mapping[str, TopicSettings]
    ca_bundle: Path
    address: str | None = None
