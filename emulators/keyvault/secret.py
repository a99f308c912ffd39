"""A secret: its versions, oldest first, and whether it is deleted. Values are carried sealed."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Properties:
    """What a client may say of a version beside its value; None where it says nothing.

    `not_before` and `expires` are seconds since 1970 and only tell a reader something: a secret can be read before
    the one and after the other (documented).
    """

    enabled: bool | None = None
    not_before: int | None = None
    expires: int | None = None
    content_type: str | None = None
    tags: Mapping[str, str] | None = None

    def updated_by(self, change: "Properties") -> "Properties":
        """These properties with what `change` says; tags are replaced as a whole."""
        return replace(self, **{name: value for name, value in vars(change).items() if value is not None})


@dataclass(frozen=True)
class Version:
    """One value of a secret; `created` and `updated` in seconds since 1970."""

    identifier: str
    sealed: str
    created: int
    updated: int
    properties: Properties

    @property
    def enabled(self) -> bool:
        return self.properties.enabled is not False


@dataclass(frozen=True)
class Deletion:
    """When a secret was deleted and when nothing will bring it back, in seconds since 1970."""

    deleted: int
    purged: int


@dataclass(frozen=True)
class Secret:
    """All of a secret. `versions` has at least one."""

    name: str
    versions: tuple[Version, ...]
    deletion: Deletion | None = None

    @property
    def latest(self) -> Version:
        return self.versions[-1]

    def version(self, identifier: str) -> Version | None:
        """The version of that identifier, the latest for none; None when there is no such one."""
        if not identifier:
            return self.latest
        return next((version for version in self.versions if version.identifier == identifier.lower()), None)

    def with_version(self, changed: Version) -> "Secret":
        """This secret with one of its versions replaced."""
        versions = (changed if version.identifier == changed.identifier else version for version in self.versions)
        return replace(self, versions=tuple(versions))

    def document(self) -> dict[str, Any]:
        """As it is stored."""
        return asdict(self)

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "Secret":
        """The secret that was stored. Raises KeyError or TypeError for another document."""
        versions = (
            Version(**{**version, "properties": Properties(**version["properties"])})
            for version in document["versions"]
        )
        deletion = document["deletion"]
        return cls(document["name"], tuple(versions), None if deletion is None else Deletion(**deletion))
