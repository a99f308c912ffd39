"""Standard output and error of a notebook, with secrets blanked on their last step out of Python.

Blanking happens where bytes leave, below text and line buffering, so `print`, `sys.stdout.buffer` and a line
written in pieces are covered alike. What a program started by the notebook writes to the file descriptors itself is
not.
"""

import io
import os
import sys
from typing import Any

from emulators.kernel.masking import Masker

REDACTED = "[REDACTED]"


class _RedactingRaw(io.RawIOBase):
    def __init__(self, descriptor: int, masker: Masker) -> None:
        self._descriptor = descriptor
        self._masker = masker

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        text = bytes(data).decode("utf-8", "surrogateescape")
        rest = memoryview(self._masker.mask(text).encode("utf-8", "surrogateescape"))
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]
        return len(data)


def redacting_stream(descriptor: int, masker: Masker) -> "io.TextIOWrapper[Any]":
    """A line-buffered text stream onto a file descriptor that blanks the masker's secrets."""
    raw: Any = _RedactingRaw(descriptor, masker)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors="surrogateescape", line_buffering=True)


def redirect(masker: Masker) -> None:
    """Put redacting streams in the place of `sys.stdout` and `sys.stderr`."""
    sys.stdout = sys.__stdout__ = redacting_stream(1, masker)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = redacting_stream(2, masker)  # type: ignore[misc]
