"""One connection to a SQLite stand-in: blocks of statements run in order, their rows read no further than asked for.

SQLite itself says where a statement ends. The text cannot leave its database: attaching others is forbidden, and with
it everything that writes to a file of the text's choosing. All of this is synchronous and belongs into a thread.
"""

import base64
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.activities.sql_stand_in import StandIn

STEPS_BETWEEN_LOOKS = 10_000
"""SQLite's instructions (well under a millisecond) after which it is seen whether to go on."""

BUSY = 30.0
"""Seconds to wait for another activity's transaction on the same file."""


class SqlFailed(Exception):
    """A statement failed; the message names its place in its block and what SQLite says."""


class BlockTimedOut(Exception):
    """A block took longer than it may."""


@dataclass(frozen=True)
class ResultSet:
    """The rows that were kept, and how many there were."""

    row_count: int
    rows: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return {"rowCount": self.row_count, "rows": self.rows}


@dataclass
class Result:
    """What a block did."""

    result_sets: list[ResultSet] = field(default_factory=list)
    records_affected: int = 0


class Session:
    """Runs blocks on one connection, as the statements of one activity share one."""

    def __init__(self, connection: sqlite3.Connection, check: Callable[[], None]) -> None:
        self._connection = connection
        self._check = check
        self._deadline = float("inf")
        self._stopped_by: Exception | None = None
        connection.set_progress_handler(self._look, STEPS_BETWEEN_LOOKS)

    def run(self, text: str, parameters: Mapping[str, Any], *, seconds: float, max_rows: int) -> Result:
        """Run a block; raises SqlFailed, BlockTimedOut, and what `check` raises."""
        self._deadline = time.monotonic() + seconds
        result, done, statement = Result(), 0, ""
        try:
            for statement in statements(text):
                self._check()
                self._run(statement, parameters, result, max_rows)
                done += 1
        except (sqlite3.Error, ValueError) as error:  # a ValueError tells of characters that SQLite does not take
            raise self._stopped_by or SqlFailed(_place(done + 1, statement, error)) from error
        return result

    def _run(self, statement: str, parameters: Mapping[str, Any], result: Result, max_rows: int) -> None:
        with closing(self._connection.execute(statement, parameters)) as cursor:
            if cursor.description is not None:
                names = [column[0] for column in cursor.description]
                rows, count = [], 0
                for row in cursor:
                    count += 1
                    if count <= max_rows:
                        rows.append(dict(zip(names, map(_json, row), strict=True)))
                result.result_sets.append(ResultSet(count, rows))
            result.records_affected += max(0, cursor.rowcount)

    def _look(self) -> int:
        """SQLite asks whether to stop. What is raised here would be lost, so it is kept for the one who asked."""
        if time.monotonic() > self._deadline:
            self._stopped_by = BlockTimedOut()
        else:
            try:
                self._check()
            except Exception as stopped:  # noqa: BLE001  handed on by run()
                self._stopped_by = stopped
        return 0 if self._stopped_by is None else 1


@contextmanager
def session(stand_in: StandIn, check: Callable[[], None]) -> Iterator[Session]:
    """Open the stand-in's database; `check` is called often and raises to stop. An open transaction is rolled back."""
    address = f"{stand_in.file.as_uri()}?mode=rw"
    with closing(sqlite3.connect(address, uri=True, timeout=BUSY, isolation_level=None)) as connection:
        connection.set_authorizer(_authorize)
        yield Session(connection, check)


def statements(text: str) -> Iterator[str]:
    """The statements of a block, each as written. Where one ends is SQLite's own judgement."""
    statement = ""
    for part in text.split(";"):
        statement += part + ";"
        if sqlite3.complete_statement(statement):
            if statement.strip("; \t\r\n"):
                yield statement
            statement = ""
    rest = statement[:-1]  # the last part has no semicolon
    if rest.strip():
        yield rest


def _authorize(action: int, *_details: Any) -> int:
    return sqlite3.SQLITE_DENY if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH) else sqlite3.SQLITE_OK


def _place(number: int, statement: str, error: Exception) -> str:
    first = " ".join(statement.split())
    shown = first if len(first) <= 80 else f"{first[:77]}..."
    return f"Statement {number} ({shown}): {error}. The local stand-in is a SQLite database and takes SQLite's SQL."


def _json(value: Any) -> Any:
    """Bytes as Base64, as .NET writes them into JSON; everything else is JSON already."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
