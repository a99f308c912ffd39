"""A stream of content that may be damaged: what its library raises is told as the service would tell it."""

import io
from collections.abc import Callable
from typing import Any, Protocol


class Readable(Protocol):
    """What is read here needs no more than this."""

    def read(self, size: int, /) -> bytes: ...


class Guarded(io.RawIOBase):
    """Readable from beginning to end. `told` makes the error to raise of any of `errors`."""

    def __init__(
        self, plain: Readable, errors: tuple[type[Exception], ...], told: Callable[[Exception], Exception]
    ) -> None:
        super().__init__()
        self._plain = plain
        self._errors = errors
        self._told = told

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        try:
            return self._plain.read(-1 if size is None else size)
        except self._errors as error:
            raise self._told(error) from error

    def readinto(self, buffer: Any) -> int:
        content = self.read(len(buffer))
        buffer[: len(content)] = content
        return len(content)
