"""The workspace's mounts, durable. Their settings hold keys, so every value is registered with the masker."""

import posixpath
import re
from dataclasses import asdict, dataclass, field

from emulators.databricks.errors import InvalidParameterValue, ResourceDoesNotExist
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore

_KIND = "databricks.mount"
_SOURCE = re.compile(
    r"(?P<scheme>wasbs?|abfss?)://(?P<container>[^@/]+)@(?P<account>[a-z0-9]+)\.(?P<suffix>[^/]+)(?P<folder>/.*)?"
)
_SECRET_SETTINGS = ("account.key", "sas", "secret")


@dataclass(frozen=True)
class Mount:
    """`/mnt/x`, the storage address behind it, and Hadoop's settings that open it."""

    mount_point: str
    source: str
    extra_configs: dict[str, str] = field(default_factory=dict)

    @property
    def location(self) -> "Location":
        """Where the source lies. Raises InvalidParameterValue for what is no Azure storage address."""
        match = _SOURCE.fullmatch(self.source)
        if match is None:
            raise InvalidParameterValue(
                f"The source '{self.source}' of mount {self.mount_point} is no wasbs://, wasb://, abfss:// or abfs:// "
                "address with container@account."
            )
        return Location(match["account"], match["container"], (match["folder"] or "").strip("/"), match["suffix"])


@dataclass(frozen=True)
class Location:
    """A folder in a container; `suffix` is the rest of the account's host name."""

    account: str
    container: str
    folder: str
    suffix: str


class MountTable:
    """All mounts by mount point."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        for mount in self.all():
            _hide(mount)

    def all(self) -> list[Mount]:
        return [Mount(**document) for _, document in self._store.list(_KIND)]

    def put(self, mount: Mount) -> None:
        """Add or replace a mount. Raises InvalidParameterValue."""
        point = mount.mount_point
        if not point.startswith("/") or point != posixpath.normpath(point) or point in ("/", "//"):
            raise InvalidParameterValue(f"Invalid mount point '{point}': an absolute DBFS path such as /mnt/name.")
        _ = mount.location
        _hide(mount)
        self._store.put(_KIND, point, asdict(mount))

    def delete(self, mount_point: str) -> None:
        """Raises ResourceDoesNotExist."""
        if not self._store.delete(_KIND, mount_point):
            raise ResourceDoesNotExist(f"Directory not mounted: {mount_point}")

    def find(self, path: str) -> tuple[Mount, str] | None:
        """The innermost mount that a DBFS path lies in, and the rest of the path (`""` for the mount point itself)."""
        holding = [each for each in self.all() if path == each.mount_point or path.startswith(each.mount_point + "/")]
        if not holding:
            return None
        mount = max(holding, key=lambda each: len(each.mount_point))
        return mount, path.removeprefix(mount.mount_point).strip("/")


def _hide(mount: Mount) -> None:
    for name, value in mount.extra_configs.items():
        if any(part in name for part in _SECRET_SETTINGS):
            masker.add(value)
