"""What Event Grid is told: its topics, who may manage subscriptions, and whom it trusts when it calls webhooks."""

import hmac
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
    """A topic: the resource whose events it takes (a storage account's system topic, a custom topic) and its keys."""

    resource_id: str
    key: str
    second_key: str = ""
    is_public: bool = True
    """Whether anybody's address may publish to it."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys that there are."""
        return tuple(filter(None, (self.key, self.second_key)))

    def opens(self, key: str | None) -> bool:
        """Whether this is one of the keys."""
        return key is not None and any(hmac.compare_digest(key.encode(), own.encode()) for own in self.secrets)

    @property
    def default_event_types(self) -> tuple[str, ...] | None:
        """The types that a subscription naming none receives; None means all, as for a custom topic."""
        segments = self.resource_id.strip("/").split("/")
        return SYSTEM_EVENT_TYPES.get("/".join((segments[-3], segments[-2])).lower()) if len(segments) > 2 else None


@dataclass(frozen=True)
class EventGridSettings:
    """The settings of one cloud's Event Grid.

    `topics` by the name in their publish address (`/topics/{name}/api/events`). `store` keeps subscriptions and
    undelivered events, and custom topics. `ca_bundle` holds the authorities that webhooks' certificates may come from.
    `address` is this service's own, for the publish addresses of custom topics and for the validation addresses of
    webhooks that do not answer the handshake themselves; None offers neither.
    """

    clock: Clock
    store: DocumentStore
    verifier: TokenVerifier
    topics: Mapping[str, TopicSettings]
    ca_bundle: Path
    address: str | None = None
