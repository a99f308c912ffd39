"""The captured output of a run's processes: secrets blanked before anything reaches the disk, size bounded."""

from pathlib import Path

from emulators.kernel.masking import masker

_LIMIT = 64 * 1024 * 1024
_LONGEST_LINE = 1024 * 1024
_TAIL = 4000


class LogFile:
    """Takes bytes as they come and writes whole lines, so that a secret is never cut in two."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._pending = b""
        self._written = 0

    def feed(self, data: bytes) -> None:
        """Add output of a process."""
        self._pending += data
        cut = max(self._pending.rfind(b"\n"), self._pending.rfind(b"\r")) + 1
        if not cut and len(self._pending) > _LONGEST_LINE:
            cut = len(self._pending)
        if cut:
            self._write(self._pending[:cut])
            self._pending = self._pending[cut:]

    def close(self) -> None:
        """Write what is left."""
        self._write(self._pending)
        self._pending = b""
        self._file.close()

    def _write(self, data: bytes) -> None:
        if self._written > _LIMIT:
            return
        text = masker.mask(data.decode("utf-8", "replace"))
        self._written += self._file.write(text.encode())
        if self._written > _LIMIT:
            self._file.write(f"\n[the log ends here: it reached {_LIMIT} bytes]\n".encode())
        self._file.flush()


def tail(path: Path) -> str:
    """The last lines of a log, at most 4,000 bytes."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL))
        return file.read().decode("utf-8", "replace").strip()
