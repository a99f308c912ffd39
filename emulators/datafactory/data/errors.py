"""How data movement says no: an error with Data Factory's code, an incompatible row, something that is not built."""

from typing import Literal

Side = Literal["Source", "Sink"]


class DataError(Exception):
    """The operation failed. `code` and `message` are those of the real service where it documents them."""

    def __init__(self, code: str, message: str, side: Side = "Source") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.side = side

    def told(self) -> str:
        """The long form that activities show (pattern documented and seen in public reports)."""
        return f"Failure happened on '{self.side}' side. {self.sentence()}"

    def sentence(self) -> str:
        """Code and message as session logs have them (documented)."""
        return (
            f"ErrorCode={self.code},'Type=Microsoft.DataTransfer.Common.Shared."
            f"HybridDeliveryException,Message={self.message},Source=Microsoft.DataTransfer.ClientLibrary,'"
        )


class MissingFile(DataError):
    """A file that was asked for by its name, or listed a moment ago, is not there."""

    def __init__(self, place: str, path: str, side: Side = "Source") -> None:
        super().__init__(
            "UserErrorSourceBlobNotExist",
            f"The required Blob is missing. ContainerName: {place}, path: {path}.",
            side,
        )


class ForbiddenFile(DataError):
    """The connection may not read or write a file."""


class InvalidFileName(DataError):
    """The place does not take a file of this name."""


class InconsistentFile(DataError):
    """What was read is not what was there, or what was written is not what is there (the first code is documented)."""

    @classmethod
    def changed(cls, path: str, side: Side = "Source") -> "InconsistentFile":
        return cls(
            "DataConsistencySourceDataChanged",
            f"Source file '{path}' is changed by other clients during the copy activity run.",
            side,
        )

    @classmethod
    def differs(cls, path: str, what: str, side: Side) -> "InconsistentFile":
        """`what` differs; the code is assumed."""
        return cls("DataConsistencyVerificationFailed", f"The file '{path}' is not consistent: {what}", side)


class InvalidSettings(DataError):
    """A dataset or an activity says something that cannot be (code documented, sentences assumed)."""

    def __init__(self, message: str, side: Side = "Source") -> None:
        super().__init__("UserErrorInvalidParameter", message, side)


class Unsupported(Exception):
    """The real service can do this, the emulator cannot: by name, with what to add."""

    def __init__(self, what: str, to_add: str) -> None:
        super().__init__(f"{what} is not supported. To add it: {to_add}")
        self.what = what
        self.to_add = to_add
