"""Which files a binary copy may skip, by `skipErrorFile`: whose absence, refusal, difference or name is forgiven.

Only errors of single files among several, and only of files that are copied as they are (documented).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from emulators.datafactory.data.errors import DataError, ForbiddenFile, InconsistentFile, InvalidFileName, MissingFile
from emulators.datafactory.data.settings import Settings, flag, section

_ERRORS: Mapping[str, type[DataError]] = {
    "fileMissing": MissingFile,
    "fileForbidden": ForbiddenFile,
    "dataInconsistency": InconsistentFile,
    "invalidFileName": InvalidFileName,
}


@dataclass(frozen=True)
class FaultTolerance:
    """The errors that are skipped."""

    skipped: tuple[type[DataError], ...] = ()

    @classmethod
    def read(cls, properties: Settings, *, verifies: bool, into_lake: bool) -> "FaultTolerance":
        """Read a copy's `skipErrorFile`. Missing files are skipped unless it says otherwise, the others if it says so;
        inconsistent ones only where consistency is verified, invalid names only for Data Lake sinks (documented).
        """
        if properties.get("skipErrorFile") is None:
            return cls()
        written = section(properties, "skipErrorFile")
        wished = {name for name in _ERRORS if flag(written, name, default=name == "fileMissing")}
        impossible = {"dataInconsistency": not verifies, "invalidFileName": not into_lake}
        return cls(tuple(error for name, error in _ERRORS.items() if name in wished and not impossible.get(name)))

    def forgives(self, error: DataError) -> bool:
        """What is missing or forbidden in the sink is no single file's fault."""
        in_source = error.side == "Source" or isinstance(error, InconsistentFile | InvalidFileName)
        return in_source and isinstance(error, self.skipped)
