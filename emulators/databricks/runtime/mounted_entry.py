"""One file or folder below a mount, as data."""

from dataclasses import dataclass


@dataclass(frozen=True)
class MountedEntry:
    """`name` is relative to the mount; `modified` in seconds since 1970, 0 for a folder without a marker blob."""

    name: str
    is_folder: bool
    size: int = 0
    modified: float = 0.0
    etag: str | None = None
