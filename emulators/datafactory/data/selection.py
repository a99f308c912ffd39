"""Which files a source means, as pure functions on a listing: one file, a folder, a prefix, wildcards, a list of paths.

A selection says below which prefix to list and decides for each file whether it is meant and which path it has
relative to where the copied tree begins. Rules: documentation of the Blob connector; what it leaves open is marked.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.settings import Settings, flag, moment, text
from emulators.datafactory.data.store import File


@dataclass(frozen=True)
class Selected:
    """A file that is meant, and its path relative to the root of the selection (what PreserveHierarchy keeps)."""

    file: File
    relative: str


@dataclass(frozen=True)
class Selection:
    """Below `prefix`, the files whose whole paths match `pattern` and whose time of change is in the window.

    `root` is cut off to get the relative path; it ends with a slash or is "".
    """

    container: str
    prefix: str
    root: str
    pattern: re.Pattern[str]
    modified_from: datetime | None = None
    modified_before: datetime | None = None
    wildcards: bool = False

    def choose(self, listing: Iterable[File]) -> Iterator[Selected]:
        """The files that are meant, in the listing's order."""
        return (Selected(file, file.path[len(self.root) :]) for file in listing if self.means(file))

    def means(self, file: File) -> bool:
        return self.pattern.fullmatch(file.path) is not None and self.in_time(file)

    def in_time(self, file: File) -> bool:
        """The start belongs to the window, the end does not (documented)."""
        if file.modified is None:
            return True
        late_enough = self.modified_from is None or file.modified >= self.modified_from
        return late_enough and (self.modified_before is None or file.modified < self.modified_before)


def select(location: Location, settings: Settings) -> Selection:
    """The selection that a dataset's location and `storeSettings` describe, except a list of files.

    Raises InvalidSettings where two ways of choosing are mixed.
    """
    folder_pattern, file_pattern = text(settings, "wildcardFolderPath").strip("/"), text(settings, "wildcardFileName")
    prefix = text(settings, "prefix")
    if prefix and (folder_pattern or file_pattern):
        raise InvalidSettings("'prefix' and wildcards exclude each other.")
    recursive = flag(settings, "recursive", default=True)
    start, end = moment(settings, "modifiedDatetimeStart"), moment(settings, "modifiedDatetimeEnd")
    if prefix:
        root = _folder_of(prefix)
        rest = ".*" if recursive else "[^/]*"
        return Selection(location.container, prefix, root, _compiled(re.escape(prefix) + rest), start, end)
    if folder_pattern or file_pattern:
        static = f"{escaped(location.folder)}/" if location.folder else ""
        folders = f"{folder_pattern}/" if folder_pattern else static
        begin = _static_part(folders)
        names = file_pattern or escaped(location.file) or "*"
        pattern = _pattern(folders) + _below(recursive) + _pattern(names)
        return Selection(location.container, begin, _folder_of(begin), _compiled(pattern), start, end, wildcards=True)
    root = f"{location.folder}/" if location.folder else ""
    if location.file:
        return Selection(location.container, location.path, root, _compiled(re.escape(location.path)), start, end)
    pattern = re.escape(root) + _below(recursive) + "[^/]+"
    return Selection(location.container, root, root, _compiled(pattern), start, end)


def listed_paths(content: str) -> list[str]:
    """The relative paths of a list of files: one a line, empty lines do not count."""
    return [line.strip().strip("/") for line in content.lstrip("\ufeff").splitlines() if line.strip()]


def partition_root(location: Location, settings: Settings) -> str:
    """Below which folder `key=value` segments are columns: as given, else where the selection's tree begins."""
    given = text(settings, "partitionRootPath").strip("/")
    if given:
        return given.removeprefix(f"{location.container}/") + "/"
    return select(location, settings).root


def partitions(path: str, root: str) -> dict[str, str]:
    """The columns that the folders of a file's path stand for, e.g. `year=2030/month=01/a.csv`."""
    folders = path.removeprefix(root).split("/")[:-1]
    return {key: value for key, equals, value in (folder.partition("=") for folder in folders) if equals and key}


def escaped(literal: str) -> str:
    """A literal as a wildcard pattern."""
    return re.sub(r"([*?^])", r"^\1", literal)


def _below(recursive: bool) -> str:
    return "(?:.*/)?" if recursive else ""


def _pattern(wildcards: str) -> str:
    """A regular expression for `*` (any characters), `?` (one or none) and `^` (takes the next as it is)."""
    pieces, position = [], 0
    while position < len(wildcards):
        character = wildcards[position]
        if character == "^" and position + 1 < len(wildcards):
            position += 1
            pieces.append(re.escape(wildcards[position]))
        else:
            pieces.append({"*": "[^/]*", "?": "[^/]?"}.get(character) or re.escape(character))
        position += 1
    return "".join(pieces)


def _static_part(wildcards: str) -> str:
    """What stands before the first wildcard, escapes undone: all matches begin with it."""
    pieces, position = [], 0
    while position < len(wildcards) and wildcards[position] not in "*?":
        if wildcards[position] == "^" and position + 1 < len(wildcards):
            position += 1
        pieces.append(wildcards[position])
        position += 1
    return "".join(pieces)


def _folder_of(path: str) -> str:
    return path[: path.rfind("/") + 1]


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
