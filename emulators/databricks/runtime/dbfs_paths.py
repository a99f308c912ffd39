"""`/dbfs/…` for plain Python: the paths that a cluster serves as a file system, known here to Python's own functions.

`open`, `os`, `os.path`, `shutil`, `pathlib`, `glob` and what is built on them (pandas, numpy, csv, json, pickle, gzip)
are taught these paths in the notebook's process; pyarrow has its own way in (`dbfs_arrow`). DBFS's root is a folder of
the disk; a mount is a `BlobFolder`. As on a cluster, a file on a mount cannot be written at random.

Not covered, and saying so where it can be noticed: programs that are started with such a path, file descriptors
(`os.open`) on mounts, and native libraries that open files by themselves.
"""

import builtins
import errno
import io
import os
import posixpath
import shutil
import stat
import subprocess
import weakref
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from emulators.databricks.runtime.mounted_entry import MountedEntry
from emulators.databricks.runtime.mounts import Mounts
from emulators.databricks.runtime.unsupported import UnsupportedError

if TYPE_CHECKING:
    from emulators.databricks.runtime.blob_folder import BlobFolder

_DEVICE = 0xDBF5  # `st_dev` of everything on a mount


@dataclass(frozen=True)
class LocalPlace:
    """A path that really lies on the disk, elsewhere."""

    path: Path
    shown: str


@dataclass(frozen=True)
class BlobPlace:
    """A path on a mount."""

    folder: "BlobFolder"
    name: str
    shown: str


Place = LocalPlace | BlobPlace


class DbfsPaths:
    """Finds out what a path means.

    `workspace_folder` is the code's folder in the workspace, `workspace_files` where its files were copied; code that
    lies elsewhere has None.
    """

    def __init__(
        self,
        root: Path,
        mounts: Mounts,
        open_folder: Callable[[Any], "BlobFolder"],
        workspace_folder: str | None,
        workspace_files: Path,
    ) -> None:
        self._root = root
        self._mounts = mounts
        self._open_folder = open_folder
        self._folders: dict[str, BlobFolder] = {}
        self._workspace = None if workspace_folder is None else "/Workspace" + workspace_folder.rstrip("/")
        self._workspace_files = workspace_files

    def locate(self, path: Any) -> Place | None:
        """The place behind a path, None for one that is not ours.

        Raises UnsupportedError for workspace files outside the notebook's folder.
        """
        if not isinstance(path, (str, bytes, os.PathLike)):
            return None
        shown = os.fsdecode(path)
        if not shown.startswith(("/dbfs", "/Workspace")):
            return None
        plain = posixpath.normpath(shown)
        if plain == "/dbfs" or plain.startswith("/dbfs/"):
            return self._on_dbfs(plain.removeprefix("/dbfs") or "/", shown)
        if self._workspace and (plain == self._workspace or plain.startswith(self._workspace + "/")):
            return LocalPlace(self._workspace_files / plain[len(self._workspace) :].lstrip("/"), shown)
        if plain.startswith("/Workspace/"):
            there = f"files below the code's folder {self._workspace}" if self._workspace else "the run's own files"
            raise UnsupportedError(f"The path {plain}", f"Only {there} are there.")
        return None

    def mount_names_below(self, place: LocalPlace) -> list[str]:
        """The first path part of each mount that lies below a folder of DBFS's root."""
        plain = posixpath.normpath(place.shown)
        if plain != "/dbfs" and not plain.startswith("/dbfs/"):
            return []
        start = plain.removeprefix("/dbfs").rstrip("/") + "/"
        points = [mount.mount_point for mount in self._mounts.all() if mount.mount_point.startswith(start)]
        return sorted({point[len(start) :].split("/")[0] for point in points})

    def _on_dbfs(self, path: str, shown: str) -> Place:
        found = self._mounts.find(path)
        if found is None:
            return LocalPlace(self._root / path.lstrip("/"), shown)
        mount, name = found
        if mount.mount_point not in self._folders:
            self._folders[mount.mount_point] = self._open_folder(mount)
        return BlobPlace(self._folders[mount.mount_point], name, shown)


@dataclass(frozen=True)
class Entry:
    """What `os.scandir` yields for our paths; the methods of `os.DirEntry`."""

    name: str
    path: str
    _stat: os.stat_result

    def __fspath__(self) -> str:
        return self.path

    def inode(self) -> int:
        return self._stat.st_ino

    def is_dir(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISDIR(self._stat.st_mode)

    def is_file(self, *, follow_symlinks: bool = True) -> bool:
        return stat.S_ISREG(self._stat.st_mode)

    def is_symlink(self) -> bool:
        return False

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:
        return self._stat


class _Scan:
    """The context manager and iterator that `os.scandir` returns."""

    def __init__(self, entries: list[Entry]) -> None:
        self._entries = iter(entries)

    def __iter__(self) -> Iterator[Entry]:
        return self._entries

    def __next__(self) -> Entry:
        return next(self._entries)

    def __enter__(self) -> "_Scan":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter(())


class _BlobWriter(io.FileIO):
    """A local file that becomes the blob when it is closed; in order only, as on a cluster."""

    def __init__(self, place: BlobPlace, mode: str) -> None:
        self._place = place
        self._new = "x" in mode
        self._abandoned = False
        self._local = place.folder.temporary()
        if "a" in mode:
            self._take_present_content()
        super().__init__(self._local, "a" if "a" in mode else "w")
        self.name = place.shown
        _writers.add(self)

    def abandon(self) -> None:
        """Forget what was written: the blob stays as it is."""
        self._abandoned = True

    def write(self, data: Any) -> int:
        if self.tell() != os.fstat(self.fileno()).st_size:
            self.abandon()
            raise OSError(
                errno.EOPNOTSUPP, "Random writes are not supported: write on local disk, then copy", self.name
            )
        try:
            return super().write(data)
        except OSError:
            self.abandon()
            raise

    def close(self) -> None:
        if self.closed:
            return
        super().close()
        try:
            if not self._abandoned:
                self._place.folder.upload(self._local, self._place.name, new=self._new)
        finally:
            self._local.unlink()

    def _take_present_content(self) -> None:
        try:
            present = self._place.folder.fetch(self._place.name)
        except FileNotFoundError:
            return
        shutil.copyfile(present, self._local)


_writers: weakref.WeakSet[_BlobWriter] = weakref.WeakSet()


def abandon_unfinished() -> None:
    """Forget every file on a mount that is still being written: the notebook has failed."""
    for writer in list(_writers):
        writer.abandon()


class _BinaryWriter(io.BufferedWriter):
    """Gives up the file when the block that writes it fails."""

    raw: Any

    @property
    def name(self) -> Path:
        """Not a string: pandas opens a second writer on a `BufferedWriter` whose name is one."""
        return Path(self.raw.name)

    def __exit__(self, kind: type[BaseException] | None, *rest: Any) -> None:
        if kind is not None:
            self.raw.abandon()
        self.close()


class _TextWriter(io.TextIOWrapper):
    """Gives up the file when the block that writes it fails."""

    buffer: Any

    @property
    def name(self) -> str:
        return str(self.buffer.name)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.buffer.raw.abandon()
        self.close()


class Patches:
    """Puts the layer into Python's own modules."""

    def __init__(self, paths: DbfsPaths) -> None:
        self._paths = paths
        self._open = builtins.open
        self._os = {name: getattr(os, name) for name in (*_ONE_PATH, *_TWO_PATHS, *_LOCAL_ONLY)}
        self._rmtree = shutil.rmtree

    def install(self) -> None:
        builtins.open = io.open = self.open
        for name in _ONE_PATH:
            setattr(os, name, self._one_path(name))
        for name in _TWO_PATHS:
            setattr(os, name, self._two_paths(name))
        for name in _LOCAL_ONLY:
            setattr(os, name, self._local_only(name))
        shutil.rmtree = self._replaced_rmtree()  # type: ignore[assignment]
        _refuse_in_programs()

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Any = None,
    ) -> Any:
        """`open`, for every path."""
        place = self._paths.locate(file)
        if place is None:
            return self._open(file, mode, buffering, encoding, errors, newline, closefd, opener)
        if isinstance(place, BlobPlace) and set(mode) & set("wxa"):
            with _naming(place):
                return _open_for_writing(place, mode, buffering, encoding, errors, newline)
        if isinstance(place, BlobPlace) and "+" in mode:
            raise OSError(errno.EOPNOTSUPP, "Random writes are not supported on a mount", place.shown)
        with _naming(place):
            local = place.path if isinstance(place, LocalPlace) else place.folder.fetch(place.name)
            return self._open(
                place.shown,
                mode,
                buffering,
                encoding,
                errors,
                newline,
                opener=lambda _, flags: self._os["open"](local, flags, 0o666),
            )

    def _one_path(self, name: str) -> Callable[..., Any]:
        original, on_mount = self._os[name], _ONE_PATH[name]

        def call(path: Any = ".", *args: Any, **kwargs: Any) -> Any:
            place = self._paths.locate(path)
            if place is None:
                return original(path, *args, **kwargs)
            with _naming(place):
                if isinstance(place, BlobPlace):
                    return on_mount(place)
                if name in {"listdir", "scandir"}:
                    entries = self._local_entries(place)
                    return _Scan(entries) if name == "scandir" else [entry.name for entry in entries]
                return original(self._real(place), *args, **kwargs)

        return _dressed(call, original)

    def _two_paths(self, name: str) -> Callable[..., Any]:
        original = self._os[name]

        def call(source: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
            places = self._paths.locate(source), self._paths.locate(target)
            if not any(isinstance(place, BlobPlace) for place in places):
                paths = [
                    place.path if isinstance(place, LocalPlace) else given
                    for place, given in zip(places, (source, target), strict=True)
                ]
                return original(*paths, *args, **kwargs)
            return _rename_on_mount(*places, os.fsdecode(source), os.fsdecode(target))

        return _dressed(call, original)

    def _local_only(self, name: str) -> Callable[..., Any]:
        original = self._os[name]

        def call(path: Any, *args: Any, **kwargs: Any) -> Any:
            place = self._paths.locate(path)
            if isinstance(place, BlobPlace):
                raise OSError(errno.EOPNOTSUPP, f"os.{name} is not supported on a mount", place.shown)
            return original(place.path if place else path, *args, **kwargs)

        return _dressed(call, original)

    def _real(self, place: LocalPlace) -> Path:
        """The disk's path; a folder that exists only because mounts lie in it is made."""
        if not place.path.exists() and self._paths.mount_names_below(place):
            self._os["mkdir"](place.path)
        return place.path

    def _local_entries(self, place: LocalPlace) -> list[Entry]:
        real = self._real(place)
        with self._os["scandir"](real) as found:
            entries = {entry.name: entry.stat() for entry in found}
        for name in self._paths.mount_names_below(place):
            entries[name] = _status(place.shown + name, MountedEntry(name, is_folder=True))
        return [Entry(name, posixpath.join(place.shown, name), entries[name]) for name in sorted(entries)]

    def _replaced_rmtree(self) -> Callable[..., None]:
        original = self._rmtree

        def rmtree(path: Any, ignore_errors: bool = False, onerror: Any = None, **kwargs: Any) -> None:
            if self._paths.locate(path) is None:
                original(path, ignore_errors, onerror, **kwargs)
                return
            try:
                for folder, folders, files in os.walk(path, topdown=False, onerror=_raise):
                    for name in files:
                        os.unlink(posixpath.join(folder, name))  # noqa: PTH108 - this is what Path.unlink ends in
                    for name in folders:
                        os.rmdir(posixpath.join(folder, name))  # noqa: PTH106
                os.rmdir(path)  # noqa: PTH106
            except OSError:
                if not ignore_errors:
                    raise

        return _dressed(rmtree, original)


def install(paths: DbfsPaths) -> None:
    """Teach this process the paths."""
    Patches(paths).install()


def mount_opener(cache: Path, proxy: str | None, ca_pem: str | None) -> Callable[[Any], "BlobFolder"]:
    """How `DbfsPaths` opens a mount: through the storage front door, if there is one."""

    def open_folder(mount: Any) -> "BlobFolder":
        # the storage client takes a third of a second to load, and most notebooks never need it
        from emulators.databricks.runtime.blob_folder import open_mount

        return open_mount(mount, cache, proxy, ca_pem)

    return open_folder


def _open_for_writing(
    place: BlobPlace, mode: str, buffering: int, encoding: str | None, errors: str | None, newline: str | None
) -> Any:
    if "+" in mode:
        raise OSError(errno.EOPNOTSUPP, "Reading what is being written is not supported on a mount", place.shown)
    place.folder.require_parent(place.name)
    raw = _BlobWriter(place, mode)
    if "b" in mode and buffering == 0:
        return raw
    binary = _BinaryWriter(raw, io.DEFAULT_BUFFER_SIZE if buffering < 2 else buffering)
    if "b" in mode:
        return binary
    return _TextWriter(binary, encoding, errors, newline, line_buffering=buffering == 1)


def _list(place: BlobPlace) -> list[Entry]:
    entries = []
    for found in place.folder.list(place.name):
        name = posixpath.basename(found.name)
        path = posixpath.join(place.shown, name)
        entries.append(Entry(name, path, _status(path, found)))
    return entries


def _stat(place: BlobPlace) -> os.stat_result:
    return _status(place.shown, place.folder.stat(place.name))


def _status(path: str, entry: MountedEntry) -> os.stat_result:
    kind = stat.S_IFDIR if entry.is_folder else stat.S_IFREG
    # the number tells files apart (shutil asks whether source and target are the same)
    number = zlib.crc32(posixpath.normpath(path).encode("utf-8", "surrogateescape")) + 1
    moment = entry.modified
    times = {f"st_{which}time": moment for which in "amc"}
    times_ns = {f"st_{which}time_ns": int(moment * 1e9) for which in "amc"}
    shown = (kind | 0o777, number, _DEVICE, 1, 0, 0, entry.size, *[int(moment)] * 3)
    return os.stat_result(shown, times | times_ns)


def _access(place: BlobPlace) -> bool:
    try:
        _stat(place)
    except FileNotFoundError:
        return False
    return True


def _accept(place: BlobPlace) -> None:
    """Rights, owners and times of a file on a mount cannot be changed; a cluster accepts the call all the same."""
    _stat(place)


def _no_attributes(place: BlobPlace) -> list[str]:
    raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP), place.shown)


def _rename_on_mount(source: Place | None, target: Place | None, shown: str, to: str) -> None:
    if not isinstance(source, BlobPlace) or not isinstance(target, BlobPlace) or source.folder is not target.folder:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), shown, None, to)  # shutil.move then copies
    with _naming(source):
        source.folder.rename(source.name, target.name)


_ONE_PATH: dict[str, Callable[[BlobPlace], Any]] = {
    "stat": _stat,
    "lstat": _stat,
    "access": _access,
    "listdir": lambda place: [entry.name for entry in _list(place)],
    "scandir": lambda place: _Scan(_list(place)),
    "mkdir": lambda place: place.folder.make_folder(place.name),
    "rmdir": lambda place: place.folder.remove_folder(place.name),
    "remove": lambda place: place.folder.remove_file(place.name),
    "unlink": lambda place: place.folder.remove_file(place.name),
    "chmod": _accept,
    "chown": _accept,
    "utime": _accept,
}
"""Functions of os with one path, and what they do on a mount."""

if hasattr(os, "listxattr"):
    _ONE_PATH["listxattr"] = _no_attributes

_TWO_PATHS = ("rename", "replace")
_LOCAL_ONLY = ("chdir", "open", "truncate")


class _naming:  # noqa: N801 - a context manager that reads as a word
    """Errors name the path that the notebook used, not the one behind it."""

    def __init__(self, place: Place) -> None:
        self._shown = place.shown

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, OSError) and error.filename is not None:
            error.filename = self._shown


def _dressed(replacement: Callable[..., Any], original: Callable[..., Any]) -> Callable[..., Any]:
    replacement.__name__ = getattr(original, "__name__", replacement.__name__)
    replacement.__doc__ = original.__doc__
    # shutil and os ask by identity which functions take a file descriptor
    for supported in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
        if original in supported:
            supported.add(replacement)
    return replacement


def _refuse_in_programs() -> None:
    """A program that is started with such a path would not find it: say so instead of letting it fail obscurely."""
    original = subprocess.Popen.__init__

    def checked(self: Any, args: Any, *rest: Any, **kwargs: Any) -> None:
        words = [args] if isinstance(args, (str, bytes, os.PathLike)) else list(args)
        if any("/dbfs/" in os.fsdecode(word) for word in words):
            raise UnsupportedError(
                "A /dbfs path given to another program", "Copy the file to local disk first (shutil.copy)."
            )
        original(self, args, *rest, **kwargs)

    subprocess.Popen.__init__ = checked  # type: ignore[method-assign]


def _raise(error: OSError) -> None:
    raise error
