"""The topics of one cloud: those of its resources, that come with the settings, and custom ones that clients make.

A custom topic is a resource like others: kept in the store with its two keys, found by its id, published to at an
address with its name in it. In Azure that name has a region to itself; here it has the cloud to itself.
"""

import base64
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.eventgrid.errors import InvalidRequest, NotSupported, ResourceNotFound, TopicNameInUse
from emulators.eventgrid.settings import TopicSettings
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore

TYPE = "Microsoft.EventGrid/topics"
SCHEMA = "EventGridSchema"
KEYS = ("key1", "key2")

_TOPICS = "eventgrid.topic"
_NAME = re.compile(r"[A-Za-z0-9-]{3,50}")
_UNSUPPORTED = {
    "disableLocalAuth": "publishing with Entra ID tokens: a check in emulators/eventgrid/service.py",
    "identity": "delivery with a managed identity: a token in emulators/eventgrid/delivery.py",
    "inboundIpRules": "rules for addresses; every publisher is on this machine",
    "inputSchemaMapping": "events in a schema of one's own: a reader in emulators/eventgrid/events.py",
}
"""What a topic may have in Azure and cannot have here, and what to add."""


@dataclass(frozen=True)
class CustomTopic(TopicSettings):
    """A topic that a client made. `key` and `second_key` open it alike."""

    location: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.resource_id.rpartition("/")[2]

    def resource(self, address: str) -> dict[str, Any]:
        """The resource as answers show it, without its keys; `address` is Event Grid's."""
        return {
            "id": self.resource_id,
            "name": self.name,
            "type": TYPE,
            "location": self.location,
            "tags": dict(self.tags),
            "properties": {
                "provisioningState": "Succeeded",
                "endpoint": f"{address}/topics/{self.name}/api/events",
                "inputSchema": SCHEMA,
                "metricResourceId": self.resource_id,
                "publicNetworkAccess": "Enabled" if self.is_public else "Disabled",
                "disableLocalAuth": False,
            },
        }

    def keys(self) -> dict[str, str]:
        return dict(zip(KEYS, (self.key, self.second_key), strict=True))

    def document(self) -> dict[str, Any]:
        """All of it, the keys too: for the store."""
        return {
            "id": self.resource_id,
            "keys": [self.key, self.second_key],
            "location": self.location,
            "tags": dict(self.tags),
            "public": self.is_public,
        }


class Topics:
    """All topics, found by resource id and by the name in their publish address, both whatever their case."""

    def __init__(self, given: Mapping[str, TopicSettings], store: DocumentStore, address: str | None) -> None:
        self._given = {name.lower(): topic for name, topic in given.items()}
        self._store = store
        self._address = address
        self._custom = {key: _custom_topic(document) for key, document in store.list(_TOPICS)}
        masker.add(*(key for topic in self for key in topic.secrets))

    def __iter__(self) -> Iterator[TopicSettings]:
        yield from self._given.values()
        yield from self._custom.values()

    def has(self, resource_id: str) -> bool:
        """Whether there is a topic with this resource id."""
        return any(topic.resource_id.lower() == resource_id.lower() for topic in self)

    def of_resource(self, resource_id: str) -> TopicSettings:
        """The topic with this resource id. Raises ResourceNotFound."""
        found = next((topic for topic in self if topic.resource_id.lower() == resource_id.lower()), None)
        if found is None:
            raise ResourceNotFound(
                f"The resource '{resource_id}' is no topic of this cloud; it has "
                f"{', '.join(topic.resource_id for topic in self) or 'none'}."
            )
        return found

    def at_address(self, name: str) -> TopicSettings | None:
        """The topic with this name in its publish address."""
        return self._given.get(name.lower()) or self._custom.get(name.lower())

    # Custom topics

    def put(self, resource_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Create a topic or change one, which keeps its keys; its resource. Raises InvalidRequest, NotSupported,
        TopicNameInUse."""
        name = resource_id.rpartition("/")[2]
        if not _NAME.fullmatch(name):
            raise InvalidRequest(f"The topic name '{name}' must have 3 to 50 letters, digits and hyphens.")
        location, tags, public = _checked(body)
        if not location:
            raise InvalidRequest("The location property is required for this definition.")
        known = self.at_address(name)
        if known is not None and known.resource_id.lower() != resource_id.lower():
            raise TopicNameInUse(name, known.resource_id)
        if isinstance(known, CustomTopic):
            return self._keep(replace(known, location=location, tags=tags or {}, is_public=public is not False))
        return self._keep(
            CustomTopic(resource_id, _new_key(), _new_key(), public is not False, location=location, tags=tags or {})
        )

    def update(self, resource_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Change what the body of a PATCH names; the resource. Raises ResourceNotFound, NotSupported."""
        known = self.custom(resource_id)
        _, tags, public = _checked(body)
        changed = replace(known, tags=known.tags if tags is None else tags)
        return self._keep(changed if public is None else replace(changed, is_public=public))

    def get(self, resource_id: str) -> dict[str, Any]:
        """A custom topic's resource. Raises ResourceNotFound."""
        return self.custom(resource_id).resource(self._base)

    def list(self, scope: str) -> list[dict[str, Any]]:
        """The custom topics in a subscription or resource group."""
        beginning = f"{scope.rstrip('/')}/".lower()
        found = (topic for topic in self._custom.values() if topic.resource_id.lower().startswith(beginning))
        return [topic.resource(self._base) for topic in found]

    def regenerate(self, resource_id: str, which: Any) -> dict[str, str]:
        """Make a new key in the place of one; both keys. Raises ResourceNotFound, InvalidRequest."""
        topic = self.custom(resource_id)
        if which not in KEYS:
            raise InvalidRequest(f"'keyName' must be key1 or key2, not {which!r}.")
        fresh = _new_key()
        changed = replace(topic, key=fresh) if which == "key1" else replace(topic, second_key=fresh)
        self._keep(changed)
        return changed.keys()

    def delete(self, resource_id: str) -> None:
        """Forget a custom topic and its keys."""
        topic = self.custom(resource_id)
        del self._custom[topic.name.lower()]
        self._store.delete(_TOPICS, topic.name.lower())

    def custom(self, resource_id: str) -> CustomTopic:
        """A topic that a client made. Raises ResourceNotFound."""
        topic = self._custom.get(resource_id.rpartition("/")[2].lower())
        if topic is None or topic.resource_id.lower() != resource_id.lower():
            raise ResourceNotFound(f"The Resource '{TYPE}/{resource_id.rpartition('/')[2]}' was not found.")
        return topic

    def _keep(self, topic: CustomTopic) -> dict[str, Any]:
        masker.add(*topic.secrets)
        self._custom[topic.name.lower()] = topic
        self._store.put(_TOPICS, topic.name.lower(), topic.document())
        return topic.resource(self._base)

    @property
    def _base(self) -> str:
        if self._address is None:
            raise NotSupported("This Event Grid was not told its own address, so it has no custom topics.")
        return self._address.rstrip("/")


def _checked(body: Mapping[str, Any]) -> tuple[str, dict[str, str] | None, bool | None]:
    """Location, tags and public network access of a body, None where it says nothing.

    Raises InvalidRequest, NotSupported.
    """
    properties = body.get("properties") or {}
    if not isinstance(properties, Mapping):
        raise InvalidRequest("The property 'properties' of a topic must be an object.")
    for name, missing in _UNSUPPORTED.items():
        if properties.get(name) or body.get(name):
            raise NotSupported(f"The property '{name}' of a topic is not emulated. To add: {missing}.")
    schema = properties.get("inputSchema") or SCHEMA
    if schema != SCHEMA:
        raise NotSupported(
            f"A topic with the input schema '{schema}' is not emulated. To add: its reader in "
            "emulators/eventgrid/events.py."
        )
    tags, public = body.get("tags"), properties.get("publicNetworkAccess")
    if tags is not None and not (isinstance(tags, Mapping) and all(isinstance(value, str) for value in tags.values())):
        raise InvalidRequest("The property 'tags' of a topic maps names to texts.")
    if public not in (None, "Enabled", "Disabled"):
        raise InvalidRequest(f"'publicNetworkAccess' must be Enabled or Disabled, not {public!r}.")
    is_public = None if public is None else public == "Enabled"
    return str(body.get("location") or ""), None if tags is None else dict(tags), is_public


def _custom_topic(document: Mapping[str, Any]) -> CustomTopic:
    first, second = document["keys"]
    return CustomTopic(
        document["id"], first, second, document["public"], location=document["location"], tags=document["tags"]
    )


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
