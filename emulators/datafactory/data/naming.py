"""What the files of a sink are called: the three copy behaviours, names of one's own, names that are made up."""

import posixpath
from collections.abc import Callable
from dataclasses import dataclass

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.location import Location

PRESERVE, FLATTEN, MERGE = "PreserveHierarchy", "FlattenHierarchy", "MergeFiles"
_BEHAVIOURS = {name.lower(): name for name in (PRESERVE, FLATTEN, MERGE)}


def behaviour(written: str) -> str:
    """The copy behaviour, PreserveHierarchy where none is given (documented default)."""
    found = _BEHAVIOURS.get((written or PRESERVE).lower())
    if found is None:
        raise InvalidSettings(f"'{written}' is no copy behaviour; there are {', '.join(_BEHAVIOURS.values())}.", "Sink")
    return found


@dataclass(frozen=True)
class Naming:
    """Names the sink's files. `extension` (with its dot) takes the place of the source's where the format changes,
    None keeps it; `fresh` makes names up: `data_<guid>_<guid>` (the form is seen, not documented).
    """

    location: Location
    behaviour: str
    extension: str | None
    fresh: Callable[[], str]
    strip: str = ""
    """The end of a name that goes when a codec is taken off, and with `append` the one that comes (assumed)."""
    append: str = ""

    def merged(self) -> str:
        """The path of the one file that everything goes into."""
        return self.location.within(self.location.file or self.fresh() + (self.extension or ""))

    def path(self, relative: str, *, only: bool) -> str:
        """The path for a source file; `only` when there is no other. Several files into one name are refused
        (documented: AzureBlobNotSupportMultipleFilesIntoSingleBlob).
        """
        if self.location.file:
            if not only:
                raise DataError(
                    "AzureBlobNotSupportMultipleFilesIntoSingleBlob",
                    "Transferring multiple files into a single Blob is not supported. Currently only single file "
                    "source is supported.",
                    "Sink",
                )
            return self.location.path
        if self.behaviour == FLATTEN:
            return self.location.within(self.fresh() + (self.extension or posixpath.splitext(relative)[1]))
        return self.location.within(self._renamed(relative))

    def made_up(self, name: str = "") -> str:
        """The path for rows that come from no file, where the sink names none; `name` is what to begin with, if any."""
        return self.location.within((name or self.fresh()) + (self.extension or ""))

    def part(self, path: str, number: int) -> str:
        """The path of the n-th piece of a file that is cut by `maxRowsPerFile`."""
        stem, extension = posixpath.splitext(path)
        return f"{stem}_{number:05d}{extension}"

    def _renamed(self, relative: str) -> str:
        """A file that changes its format gets the new one's extension (assumed)."""
        if self.extension is None:
            return relative.removesuffix(self.strip) + self.append
        folder, slash, name = relative.rpartition("/")
        return f"{folder}{slash}{posixpath.splitext(name)[0]}{self.extension}"
