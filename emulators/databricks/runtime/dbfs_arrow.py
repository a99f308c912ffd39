"""`/dbfs/…` for pyarrow, which opens files in C++ and so never asks Python.

pyarrow lets a file system be written in Python: for these paths it is given one that calls Python's own (taught)
functions. It is put in place when pyarrow is first imported, which most notebooks never do.
"""

import importlib.abc
import importlib.machinery
import os
import shutil
import stat
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

_PREFIX = "/dbfs/"

# functions that take a path and give it to C++ without asking for a file system: module, function, mode
_OPENED_BY_PATH = {
    "pyarrow.csv": {"read_csv": "rb", "open_csv": "rb"},
    "pyarrow.json": {"read_json": "rb"},
    "pyarrow.feather": {"read_table": "rb", "read_feather": "rb"},
}


def install() -> None:
    """Prepare pyarrow, now if it is loaded, else when it will be."""
    for name in (_FILE_SYSTEMS, *_OPENED_BY_PATH):
        if name in sys.modules:
            _prepare(sys.modules[name])
    sys.meta_path.insert(0, _Watcher())


class _Watcher(importlib.abc.MetaPathFinder):
    """Lets pyarrow's modules load as usual and prepares them right after."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != _FILE_SYSTEMS and name not in _OPENED_BY_PATH:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader.exec_module = _then_prepare(spec.loader.exec_module)  # type: ignore[assignment, method-assign]
        return spec


def _then_prepare(load: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    def loaded(module: ModuleType) -> None:
        load(module)
        _prepare(module)

    return loaded


def _prepare(module: ModuleType) -> None:
    if module.__name__ == _FILE_SYSTEMS:
        _teach_file_systems(module)
        return
    for name, mode in _OPENED_BY_PATH[module.__name__].items():
        setattr(module, name, _opening(getattr(module, name), mode))


def _opening(original: Callable[..., Any], mode: str) -> Callable[..., Any]:
    def call(source: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_ours(source):
            return original(source, *args, **kwargs)
        with open(source, mode) as file:  # noqa: PTH123 - the taught `open`
            return original(file, *args, **kwargs)

    return call


def _is_ours(path: Any) -> bool:
    return isinstance(path, (str, os.PathLike)) and os.fspath(path).startswith(_PREFIX)


def _teach_file_systems(fs: Any) -> None:
    handler = _handler_class(fs)
    resolve = fs._resolve_filesystem_and_path

    def resolved(path: Any, filesystem: Any = None, **kwargs: Any) -> Any:
        if filesystem is None and _is_ours(path):
            return fs.PyFileSystem(handler()), os.fspath(path)
        return resolve(path, filesystem, **kwargs)

    fs._resolve_filesystem_and_path = resolved


def _handler_class(fs: Any) -> Any:  # noqa: C901 - one short method per call of pyarrow's interface
    import pyarrow  # only once somebody else has loaded it

    class DbfsHandler(fs.FileSystemHandler):  # type: ignore[misc]
        """pyarrow's file system interface on Python's functions."""

        def get_type_name(self) -> str:
            return "dbfs"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, DbfsHandler)

        def __hash__(self) -> int:
            return hash(DbfsHandler)

        def normalize_path(self, path: str) -> str:
            return path

        def get_file_info(self, paths: list[str]) -> list[Any]:
            return [self._info(path) for path in paths]

        def get_file_info_selector(self, selector: Any) -> list[Any]:
            try:
                entries = list(os.scandir(selector.base_dir))
            except FileNotFoundError:
                if selector.allow_not_found:
                    return []
                raise
            found = []
            for entry in entries:
                found.append(self._info(entry.path))
                if selector.recursive and entry.is_dir():
                    below = fs.FileSelector(entry.path, recursive=True)
                    found += self.get_file_info_selector(below)
            return found

        def create_dir(self, path: str, recursive: bool) -> None:
            Path(path).mkdir(parents=recursive, exist_ok=True)

        def delete_dir(self, path: str) -> None:
            shutil.rmtree(path)

        def delete_dir_contents(self, path: str, missing_dir_ok: bool = False) -> None:
            for entry in os.scandir(path):
                shutil.rmtree(entry.path) if entry.is_dir() else Path(entry.path).unlink()

        def delete_root_dir_contents(self) -> None:
            raise NotImplementedError("deleting all of DBFS")

        def delete_file(self, path: str) -> None:
            Path(path).unlink()

        def move(self, source: str, target: str) -> None:
            shutil.move(source, target)

        def copy_file(self, source: str, target: str) -> None:
            shutil.copyfile(source, target)

        def open_input_stream(self, path: str) -> Any:
            return pyarrow.PythonFile(Path(path).open("rb"), mode="r")

        def open_input_file(self, path: str) -> Any:
            return pyarrow.PythonFile(Path(path).open("rb"), mode="r")

        def open_output_stream(self, path: str, metadata: Any) -> Any:
            return pyarrow.PythonFile(Path(path).open("wb"), mode="w")

        def open_append_stream(self, path: str, metadata: Any) -> Any:
            return pyarrow.PythonFile(Path(path).open("ab"), mode="w")

        def _info(self, path: str) -> Any:
            try:
                status = os.stat(path)  # noqa: PTH116 - the taught function
            except FileNotFoundError:
                return fs.FileInfo(path, fs.FileType.NotFound)
            if stat.S_ISDIR(status.st_mode):
                return fs.FileInfo(path, fs.FileType.Directory)
            return fs.FileInfo(path, fs.FileType.File, size=status.st_size, mtime=status.st_mtime)

    return DbfsHandler


_FILE_SYSTEMS = "pyarrow.fs"
