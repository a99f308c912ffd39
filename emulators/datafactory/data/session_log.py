"""The logs that a copy or a deletion leaves in storage: CSV files of what was skipped or done, as it is documented."""

import base64
import csv
import io
import json
import threading
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.store import File, WriteOptions
from emulators.datafactory.data.table import Rejected

COPY_COLUMNS = ("Timestamp", "Level", "OperationName", "OperationItem", "Message")
DELETE_COLUMNS = ("Name", "Category", "Status", "Error")


class LogFile:
    """One file of lines, written from any thread. Nothing is in storage before the first line, and before `close` or
    `flush`.
    """

    def __init__(
        self, store: Any, folder: str, header: Sequence[str] = (), *, quoting: Any = csv.QUOTE_MINIMAL
    ) -> None:
        """`folder` is `container/folders`."""
        self._store = store
        self._container, _, inner = folder.strip("/").partition("/")
        self._path = "/".join(filter(None, (inner.strip("/"), f"{uuid.uuid4()}.csv")))
        self._header = header
        self._quoting = quoting
        self._writer: Any = None
        self._lock = threading.Lock()

    @property
    def path(self) -> str:
        return f"{self._container}/{self._path}"

    @property
    def folder(self) -> str:
        """Where the file is, with a slash at the end: what outputs name (documented form)."""
        return self.path.rpartition("/")[0] + "/"

    @property
    def is_begun(self) -> bool:
        return self._writer is not None

    def line(self, *values: str) -> None:
        with self._lock:
            if self._writer is None:
                self._writer = self._store.writer(self._container, self._path, WriteOptions())
                if self._header:
                    self._put(self._header, csv.QUOTE_MINIMAL)
            self._put(values, self._quoting)

    def flush(self) -> None:
        """Make the lines so far visible."""
        with self._lock:
            if self._writer is not None:
                self._writer.flush()

    def close(self) -> None:
        if self._writer is not None:
            self._writer.commit()

    def _put(self, values: Sequence[str], quoting: Any) -> None:
        line = io.StringIO()
        csv.writer(line, quoting=quoting).writerow(values)
        self._writer.write(line.getvalue().encode())


class CopyLog:
    """What a copy tells of its course. This one forgets it."""

    def reading(self, file: File) -> None:
        """A source file is begun."""

    def writing(self, file: File) -> None:
        """What becomes of a source file is begun."""

    def read(self, file: File) -> None:
        """A source file was read to its end."""

    def written(self, file: File) -> None:
        """What becomes of a source file is there."""

    def skipped(self, file: File, size: int, error: DataError) -> None:
        """A source file was skipped after `size` bytes."""

    def rejected(self, row: Rejected) -> None:
        """A row was skipped."""

    def close(self) -> None:
        """Everything is told."""

    def output(self) -> dict[str, str]:
        """What the activity's output says of the log."""
        return {}


class SessionLog(CopyLog):
    """Skipped files and rows; at the level Info also the files that are copied. `reliable` makes the lines of a file
    visible as soon as it is copied (documented).
    """

    def __init__(self, file: LogFile, *, informs: bool = False, reliable: bool = False) -> None:
        self._file = file
        self._informs = informs
        self._reliable = reliable

    def reading(self, file: File) -> None:
        if self._informs:
            self._line("Info", "FileRead", file.path, f"Start to read file: {_described(file)}")

    def writing(self, file: File) -> None:
        if self._informs:
            self._line("Info", "FileWrite", file.path, f"Start to write file from source file: {file.path}.")

    def read(self, file: File) -> None:
        if self._informs:
            self._line("Info", "FileRead", file.path, "Complete reading file successfully. ")

    def written(self, file: File) -> None:
        if self._informs:
            message = f"Complete writing file from source file: {file.path}. File is successfully copied."
            self._line("Info", "FileWrite", file.path, message)
            self._flush()

    def skipped(self, file: File, size: int, error: DataError) -> None:
        self._line("Warning", "FileSkip", file.path, f"File is skipped after read {size} bytes: {error.sentence()}.")
        self._flush()

    def rejected(self, row: Rejected) -> None:
        """The item is the row itself, each value in quotes."""
        item = ", ".join(f'"{"" if value is None else value}"' for value in row.values)
        self._line("Warning", "TabularRowSkip", item, row.message)

    def close(self) -> None:
        self._file.close()

    def output(self) -> dict[str, str]:
        return {"logFilePath": self._file.folder} if self._file.is_begun else {}

    def _line(self, level: str, operation: str, item: str, message: str) -> None:
        self._file.line(datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f0"), level, operation, item, message)

    def _flush(self) -> None:
        if self._reliable:
            self._file.flush()


class RedirectedRows(CopyLog):
    """Skipped rows alone, with code and message behind their own values: the form that session logs took the place of
    (documented; that all values are in quotes is assumed).
    """

    def __init__(self, file: LogFile, place: str) -> None:
        """`place` is the address of the account, without a slash at the end."""
        self._file = file
        self._place = place

    def rejected(self, row: Rejected) -> None:
        self._file.line(*("" if value is None else str(value) for value in row.values), row.code, row.message)

    def close(self) -> None:
        self._file.close()

    def output(self) -> dict[str, str]:
        # two slashes behind the account, as documented
        return {"redirectRowPath": f"{self._place}//{self._file.folder}"} if self._file.is_begun else {}


def _described(file: File) -> str:
    """What the service says of a file it begins to read (documented example)."""
    return json.dumps(
        {
            "Path": file.path,
            "ItemType": "File",
            "Size": file.size,
            "LastModified": file.modified.strftime("%Y-%m-%dT%H:%M:%SZ") if file.modified else None,
            "ETag": file.etag,
            "ContentMD5": base64.b64encode(file.md5).decode() if file.md5 else None,
            "ObjectName": None,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )
