"""Resource groups: named folders in a subscription that survive a restart."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore
from emulators.resourcemanager.errors import (
    InvalidResourceGroupLocation,
    InvalidResourceGroupName,
    InvalidTags,
    LocationRequired,
    ResourceGroupNotFound,
)

_KIND = "resourcemanager.group"
_NAME = re.compile(r"[-\w.()]{0,89}[-\w()]")


@dataclass(frozen=True)
class ResourceGroup:
    """A group; `name` is written as at its creation and compared without case. Times are ISO 8601 in UTC."""

    name: str
    location: str
    created: str
    changed: str
    tags: Mapping[str, str] = field(default_factory=dict)
    managed_by: str | None = None


class ResourceGroups:
    """The groups of one subscription, in a DocumentStore."""

    def __init__(self, store: DocumentStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def find(self, name: str) -> ResourceGroup | None:
        document = self._store.get(_KIND, name.lower())
        return None if document is None else ResourceGroup(**document)

    def get(self, name: str) -> ResourceGroup:
        """Raises ResourceGroupNotFound."""
        group = self.find(name)
        if group is None:
            raise ResourceGroupNotFound(name)
        return group

    def all(self) -> list[ResourceGroup]:
        """Every group, oldest first."""
        return [ResourceGroup(**document) for _, document in self._store.list(_KIND)]

    def put(self, name: str, body: Mapping[str, Any]) -> tuple[ResourceGroup, bool]:
        """Create or replace a group from a request's body; True when it is new. Its location never changes."""
        if not _NAME.fullmatch(name):
            raise InvalidResourceGroupName(name)
        location = body.get("location")
        if not isinstance(location, str) or not location.strip():
            raise LocationRequired
        present = self.find(name)
        if present is not None and _folded(present.location) != _folded(location):
            raise InvalidResourceGroupLocation(present.name, location, present.location)
        now = self._clock.now().isoformat()
        group = ResourceGroup(
            name=present.name if present else name,
            location=_folded(location),
            created=present.created if present else now,
            changed=now,
            tags=_tags(body),
            managed_by=body.get("managedBy"),
        )
        self._write(group)
        return group, present is None

    def patch(self, name: str, body: Mapping[str, Any]) -> ResourceGroup:
        """Replace a group's tags when the body has any. Raises ResourceGroupNotFound."""
        present = self.get(name)
        tags = _tags(body) if "tags" in body else present.tags
        group = replace(present, tags=tags, changed=self._clock.now().isoformat())
        self._write(group)
        return group

    def delete(self, name: str) -> None:
        self._store.delete(_KIND, name.lower())

    def _write(self, group: ResourceGroup) -> None:
        self._store.put(_KIND, group.name.lower(), asdict(group))


def _folded(location: str) -> str:
    """'West Europe' and 'westeurope' are one place (documented)."""
    return location.replace(" ", "").lower()


def _tags(body: Mapping[str, Any]) -> dict[str, str]:
    tags = body.get("tags") or {}
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise InvalidTags
    return tags
