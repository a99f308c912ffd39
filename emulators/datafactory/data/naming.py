"""What the files of a sink are called: the three copy behaviours, names of one's own, names that are made up."""

import posixpath
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from emulators.datafactory.data.errors import DataError, InvalidFileName, InvalidSettings
from emulators.datafactory.data.location import Location

PRESERVE, FLATTEN, MERGE = "PreserveHierarchy", "FlattenHierarchy", "MergeFiles"
LONGEST_PATH = 1024
_BEHAVIOURS = {name.lower(): name for name in (PRESERVE, FLATTEN, MERGE)}


def behaviour(written: str) -> str:
    """The copy behaviour, PreserveHierarchy where none is given (documented default)."""
    found = _BEHAVIOURS.get((written or PRESERVE).lower())
    if found is None:
        raise InvalidSettings(f"'{written}' is no copy behaviour; there are {', '.join(_BEHAVIOURS.values())}.", "Sink")
    return found


def check_lake_name(path: str) -> None:
    """Raise InvalidFileName for a path that a Data Lake does not take: the rules are those that are documented of blob
    names (length, and no segment ends with a dot); that a lake insists on them, and the code, is assumed.
    """
    wrong = next((part for part in path.split("/") if part.endswith(".")), None)
    if wrong is not None or len(path) > LONGEST_PATH:
        reason = f"it is longer than {LONGEST_PATH} characters" if wrong is None else f"'{wrong}' ends with a dot"
        raise InvalidFileName("AdlsGen2InvalidFileName", f"The path '{path}' is invalid: {reason}.", "Sink")


def fresh_name() -> str:
    """A name that is made up, different each time: `data_<guid>_<guid>` (the form is seen, not documented)."""
    return f"data_{uuid.uuid4()}_{uuid.uuid4()}"


@dataclass(frozen=True)
class Naming:
    """Names the sink's files. `extension` (with its dot) takes the place of the source's where the format changes,
    None keeps it; `fresh` makes names up, as `fresh_name` does.
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
        return self.location.within(self.location.file or self.fresh() + (self.extension or self.append))

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
            kept = posixpath.splitext(relative.removesuffix(self.strip))[1] + self.append
            return self.location.within(self.fresh() + (self.extension or kept))
        return self.location.within(self._renamed(relative))

    def made_up(self, name: str = "") -> str:
        """The path for rows that come from no file, where the sink names none; `name` is what to begin with, if any."""
        return self.location.within((name or self.fresh()) + (self.extension or ""))

    def part(self, path: str, number: int) -> str:
        """The path of the n-th piece of a file that is cut by `maxRowsPerFile`. It begins with the source file's name:
        `fileNamePrefix` does not apply where the source is a store of files (documented), and here all are.
        """
        extension = self.extension if self.extension and path.endswith(self.extension) else posixpath.splitext(path)[1]
        return f"{path.removesuffix(extension)}_{number:05d}{extension}"

    def _renamed(self, relative: str) -> str:
        """A file that changes its format gets the new one's extension (assumed)."""
        if self.extension is None:
            return relative.removesuffix(self.strip) + self.append
        folder, slash, name = relative.rpartition("/")
        return f"{folder}{slash}{posixpath.splitext(name)[0]}{self.extension}"
