"""The part of DBFS that is a folder on disk, shared with Spark. No path and no symbolic link leads out of it."""

import os
import shutil
from pathlib import Path

from emulators.databricks.dbfs.area import Entry
from emulators.databricks.errors import IoError, PermissionDenied, ResourceAlreadyExists, ResourceDoesNotExist


class LocalArea:
    """An area (`area.Area`) below `root`, which is made at once."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self._root = root.resolve()

    def status(self, path: str) -> Entry | None:
        place = self.place(path)
        return _entry(path, place) if place.exists() else None

    def children(self, path: str) -> list[Entry]:
        place = self._folder(path)
        prefix = f"{path}/" if path else ""
        return [
            _entry(prefix + child.name, child)
            for child in sorted(place.iterdir())
            if child.exists() and child.resolve().is_relative_to(self._root)
        ]

    def read(self, path: str, offset: int, length: int) -> bytes:
        with self._file(path).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def write(self, path: str, content: Path) -> None:
        place = self.place(path)
        if place.is_dir():
            raise ResourceAlreadyExists(f"A directory exists at dbfs:/{path}")
        self.make_directories(path.rpartition("/")[0])
        try:
            content.replace(place)
        except OSError:  # another file system: copy beside the target first, so that it is never half written
            beside = place.with_name(f".{place.name}.writing")
            shutil.copyfile(content, beside)
            beside.replace(place)

    def make_directories(self, path: str) -> None:
        try:
            self.place(path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ResourceAlreadyExists(
                f"Cannot create directory dbfs:/{path} because a file is in its way."
            ) from error

    def delete(self, path: str) -> None:
        place = self.place(path)
        link = self._root / path
        if link.is_symlink():  # the link goes, not what it points to
            link.unlink()
        elif place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)

    def place(self, path: str) -> Path:
        """The real place of a path. Raises PermissionDenied when it lies outside the root, IoError when impossible."""
        try:
            place = (self._root / path).resolve()
        except (OSError, ValueError) as error:
            raise IoError(f"dbfs:/{path} is not a possible path: {error}") from error
        if not place.is_relative_to(self._root):
            raise PermissionDenied(f"dbfs:/{path} leads out of DBFS.")
        return place

    def _folder(self, path: str) -> Path:
        place = self.place(path)
        if not place.is_dir():
            raise ResourceDoesNotExist(f"No such directory: dbfs:/{path}")
        return place

    def _file(self, path: str) -> Path:
        place = self.place(path)
        if not place.is_file():
            raise ResourceDoesNotExist(f"No file or directory exists on path dbfs:/{path}.")
        return place


def _entry(path: str, place: Path) -> Entry:
    found: os.stat_result = place.stat()
    folder = place.is_dir()
    return Entry(path, folder, 0 if folder else found.st_size, int(found.st_mtime * 1000))
