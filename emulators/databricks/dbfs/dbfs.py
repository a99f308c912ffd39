"""DBFS as one tree: which part a path lies in, and the operations that may touch two of them.

A path below a mount point belongs to the mounted container, every other one to the folder on disk. Each operation
blocks on disk or network and is therefore run in a thread.
"""

import asyncio
import contextlib
import posixpath
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from emulators.databricks.dbfs.area import Area, Entry
from emulators.databricks.dbfs.local import LocalArea
from emulators.databricks.dbfs.mounted import MountedArea
from emulators.databricks.errors import (
    InvalidParameterValue,
    IoError,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from emulators.databricks.mounts.mounts import MountTable
from emulators.databricks.secrets.scopes import SecretScopes
from emulators.databricks.settings import DatabricksSettings

_CHUNK = 4 * 1024 * 1024
_REFERENCE = re.compile(r"\{\{\s*secrets/([^/{}]+)/([^/{}]+)\s*\}\}")
_T = TypeVar("_T")


class Dbfs:
    """The whole of `dbfs:/`. Paths are absolute (`/mnt/x/a.csv`), with or without `dbfs:`."""

    def __init__(self, settings: DatabricksSettings, mounts: MountTable, scopes: SecretScopes) -> None:
        self._settings = settings
        self._mounts = mounts
        self._scopes = scopes
        self.local = LocalArea(settings.dbfs_root)
        # beside the root and not in it: what is not finished must not be seen by Spark
        self._staging = settings.dbfs_root.with_name(settings.dbfs_root.name + ".uploads")

    async def status(self, path: str) -> Entry:
        """Raises ResourceDoesNotExist."""
        return await self._in_thread(lambda: self._present(normal(path)))

    async def children(self, path: str) -> list[Entry]:
        """A folder's entries with absolute paths; a file lists itself. Raises ResourceDoesNotExist."""
        return await self._in_thread(lambda: self._children(normal(path)))

    async def read(self, path: str, offset: int, length: int) -> bytes:
        """Raises ResourceDoesNotExist, InvalidParameterValue for a folder."""

        def read() -> bytes:
            place = normal(path)
            if self._present(place).is_dir:
                raise InvalidParameterValue(f"Cannot read a directory: dbfs:{place}")
            area, rest = self._area(place)
            return area.read(rest, offset, length)

        return await self._in_thread(read)

    async def require_writable(self, path: str, *, overwrite: bool) -> None:
        """Raises ResourceAlreadyExists when a file may not be written here."""

        def check() -> None:
            place = normal(path)
            found = self._find(place)
            if found is not None and (found.is_dir or not overwrite):
                raise ResourceAlreadyExists(f"A file or directory already exists at the input path dbfs:{place}.")

        await self._in_thread(check)

    async def write(self, path: str, content: Path, *, overwrite: bool) -> None:
        """Put a finished local file in place, whole. Raises ResourceAlreadyExists."""
        await self.require_writable(path, overwrite=overwrite)
        area, rest = self._area(normal(path))
        await self._in_thread(lambda: area.write(rest, content))

    async def make_directories(self, path: str) -> None:
        """Raises ResourceAlreadyExists when a file is in the way."""

        def make() -> None:
            place = normal(path)
            for each in _with_parents(place):
                found = self._find(each)
                if found is not None and not found.is_dir:
                    raise ResourceAlreadyExists(f"Cannot create directory dbfs:{place} because dbfs:{each} is a file.")
            area, rest = self._area(place)
            area.make_directories(rest)

        await self._in_thread(make)

    async def delete(self, path: str, *, recursive: bool) -> None:
        """Nothing there is no error (documented). Raises IoError for a folder with contents without `recursive`."""

        def delete() -> None:
            place = normal(path)
            found = self._find(place)
            if found is None:
                return
            self._require_no_mount(place, "deleted")
            if found.is_dir and not recursive and self._children(place):
                raise IoError(f"dbfs:{place} is a non-empty directory: pass recursive as true to delete it.")
            area, rest = self._area(place)
            area.delete(rest)

        await self._in_thread(delete)

    async def move(self, source: str, destination: str) -> None:
        """Move a file or a folder, also between parts. Raises ResourceDoesNotExist, ResourceAlreadyExists."""

        def move() -> None:
            here, there = normal(source), normal(destination)
            self._require_no_mount(here, "moved")
            entry = self._present(here)
            if self._find(there) is not None:
                raise ResourceAlreadyExists(f"A file or directory already exists at the destination dbfs:{there}.")
            if there.startswith(here + "/"):
                raise InvalidParameterValue(f"dbfs:{here} cannot be moved into itself.")
            self._copy(entry, there)
            area, rest = self._area(here)
            area.delete(rest)

        await self._in_thread(move)

    def clear_staging(self) -> None:
        """Remove what a killed process left of its uploads."""
        shutil.rmtree(self._staging, ignore_errors=True)

    @contextlib.contextmanager
    def staged(self) -> Iterator[Path]:
        """A local file for bytes that arrive; what is left of it afterwards is removed."""
        self._staging.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._staging)
        path = Path(name)
        open(descriptor, "wb").close()  # noqa: PTH123 - closes the descriptor
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        with self._settings.clock.work():
            try:
                return await asyncio.to_thread(work)
            except OSError as error:  # the disk is full, a name is too long, …
                raise IoError(f"The local disk did not do it: {error.strerror or type(error).__name__}.") from error

    def _area(self, path: str) -> tuple[Area, str]:
        found = self._mounts.find(path)
        if found is None:
            return self.local, path.lstrip("/")
        mount, rest = found
        return MountedArea(mount, self._settings.storage_endpoints, self._resolved), rest

    def _resolved(self, value: str) -> str:
        """A setting's value, or the secret that `{{secrets/scope/key}}` names."""
        match = _REFERENCE.fullmatch(value.strip())
        return self._scopes.get(match[1], match[2]).decode() if match else value

    def _find(self, path: str) -> Entry | None:
        area, rest = self._area(path)
        found = area.status(rest)
        if found is None and self._mount_points_below(path):
            return Entry(path, True, 0, 0)  # `/mnt` is there as soon as something is mounted in it
        return None if found is None else replace(found, path=path)

    def _present(self, path: str) -> Entry:
        if (found := self._find(path)) is None:
            raise ResourceDoesNotExist(f"No file or directory exists on path dbfs:{path}.")
        return found

    def _children(self, path: str) -> list[Entry]:
        found = self._present(path)
        if not found.is_dir:
            return [found]
        area, rest = self._area(path)
        prefix = path.rstrip("/")
        entries: dict[str, Entry] = {}
        if area.status(rest) is not None:
            for child in area.children(rest):
                full = f"{prefix}/{posixpath.basename(child.path)}"
                entries[full] = replace(child, path=full)
        for point in self._mount_points_below(path):
            full = f"{prefix}/{point.removeprefix(prefix + '/').partition('/')[0]}"
            entries[full] = Entry(full, True, 0, 0)
        return [entries[full] for full in sorted(entries)]

    def _mount_points_below(self, path: str) -> list[str]:
        prefix = path.rstrip("/") + "/"
        return [mount.mount_point for mount in self._mounts.all() if mount.mount_point.startswith(prefix)]

    def _require_no_mount(self, path: str, what: str) -> None:
        is_mount = any(each.mount_point == path for each in self._mounts.all())
        if path == "/" or is_mount or self._mount_points_below(path):
            raise IoError(f"dbfs:{path} is or holds a mount and cannot be {what}: unmount it first.")

    def _copy(self, entry: Entry, destination: str) -> None:
        area, rest = self._area(destination)
        if entry.is_dir:
            area.make_directories(rest)
            for child in self._children(entry.path):
                self._copy(child, f"{destination}/{posixpath.basename(child.path)}")
            return
        source, source_rest = self._area(entry.path)
        with self.staged() as content:
            with content.open("wb") as file:
                offset = 0
                while piece := source.read(source_rest, offset, _CHUNK):
                    file.write(piece)
                    offset += len(piece)
            area.write(rest, content)


def normal(path: str) -> str:
    """The absolute path without `dbfs:`; `..` cannot leave the root. Raises InvalidParameterValue if it is relative."""
    short = path.removeprefix("dbfs:")
    if not short.startswith("/"):
        raise InvalidParameterValue(f"Path must be absolute: {path}")
    if "\x00" in short:
        raise InvalidParameterValue("Path contains a NUL character.")
    return "/" + posixpath.normpath(short).lstrip("/")


def _with_parents(path: str) -> list[str]:
    parts = path.strip("/").split("/")
    return ["/" + "/".join(parts[: count + 1]) for count in range(len(parts))]
