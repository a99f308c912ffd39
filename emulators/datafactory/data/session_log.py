"""The log that a copy or a deletion leaves in storage: a CSV file of what was skipped or done, as it is documented."""

import csv
import io
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

from emulators.datafactory.data.store import Store, WriteOptions, Writer
from emulators.datafactory.data.table import Rejected

COPY_COLUMNS = ("Timestamp", "Level", "OperationName", "OperationItem", "Message")
DELETE_COLUMNS = ("Name", "Category", "Status", "Error")


class SessionLog:
    """One log file. Nothing is written to storage before the first `line` and without `close`."""

    def __init__(self, store: Store, folder: str, columns: Sequence[str]) -> None:
        """`folder` is `container/folders`."""
        self._store = store
        self._container, _, inner = folder.strip("/").partition("/")
        self._path = "/".join(filter(None, (inner.strip("/"), f"{uuid.uuid4()}.csv")))
        self._columns = columns
        self._writer: Writer | None = None

    @property
    def path(self) -> str:
        return f"{self._container}/{self._path}"

    def line(self, *values: str) -> None:
        if self._writer is None:
            self._writer = self._store.writer(self._container, self._path, WriteOptions())
            self._put(self._columns)
        self._put(values)

    def rejected(self, row: Rejected) -> None:
        """A skipped row; the item is the row itself, each value in quotes."""
        item = ", ".join(f'"{"" if value is None else value}"' for value in row.values)
        self.line(self.stamp(), "Warning", "TabularRowSkip", item, row.message)

    def skipped(self, path: str, message: str) -> None:
        """A skipped file."""
        self.line(self.stamp(), "Warning", "FileSkip", path, message)

    @staticmethod
    def stamp() -> str:
        """The machine's time, as the service writes it in its logs."""
        return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f0")

    def close(self) -> bool:
        """Finish; whether there is a file."""
        if self._writer is None:
            return False
        self._writer.commit()
        return True

    def _put(self, values: Sequence[str]) -> None:
        line = io.StringIO()
        csv.writer(line).writerow(values)
        assert self._writer is not None  # noqa: S101 - opened by `line`
        self._writer.write(line.getvalue().encode())
