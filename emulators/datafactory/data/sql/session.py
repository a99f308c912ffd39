"""One connection to a SQLite stand-in: blocks of statements run in order, their rows read no further than asked for.

SQLite itself says where a statement ends. The text cannot leave its databases: attaching others is forbidden, and with
it everything that writes to a file of the text's choosing. All of this is synchronous and belongs into a thread.
"""

import base64
import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from emulators.datafactory.data.sql.stand_in import StandIn

STEPS_BETWEEN_LOOKS = 10_000
"""SQLite's instructions (well under a millisecond) after which it is seen whether to go on."""

BUSY = 30.0
"""Seconds to wait for another activity's transaction on the same file."""

ENDLESS = float("inf")

_TRUNCATE = re.compile(r"\s*TRUNCATE\s+TABLE\s+(.*)", re.IGNORECASE | re.DOTALL)
_COMPARED = re.compile(
    r"(?P<before>(?:[<>=]|\bBETWEEN\b|\bAND\b)\s*')(?P<second>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<fraction>\.\d*)?Z'",
    re.IGNORECASE,
)
_TOKEN = re.compile(
    r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[[^\]]*\]|`[^`]*`|--[^\n]*|/\*.*?\*/|(?P<parameter>[@:$]\w+|\?\d*)", re.DOTALL
)


class SqlFailed(Exception):
    """A statement failed; the message names its place in its block and what SQLite says."""


class ConstraintViolated(SqlFailed):
    """A row breaks a rule of its table."""


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
        self._deadline = ENDLESS
        self._stopped_by: Exception | None = None
        connection.set_progress_handler(self._look, STEPS_BETWEEN_LOOKS)

    def run(self, text: str, parameters: Mapping[str, Any], *, seconds: float, max_rows: int) -> Result:
        """Run a block; raises SqlFailed, BlockTimedOut, and what `check` raises."""
        result, deadline = Result(), time.monotonic() + seconds
        with self.watched(seconds):  # a text that cannot even be cut into statements
            written = list(statements(text))
        for number, statement in enumerate(written, start=1):
            self._check()
            with self.watched(deadline - time.monotonic(), statement, number):
                self._run(statement, parameters, result, max_rows)
        return result

    def execute(self, statement: str, parameters: Mapping[str, Any] | Sequence[Any] = ()) -> sqlite3.Cursor:
        """Run one statement of our own, or one that is `watched`; raises sqlite3's errors."""
        return self._connection.execute(_in_sqlite(statement), parameters)

    def execute_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run one statement for each row; raises sqlite3's errors."""
        self._connection.executemany(statement, rows)

    def result_types(self, statement: str) -> dict[str, str] | None:
        """Column → declared type ("" for what is computed) of a statement that only selects; None for any other.

        Found out by a view of it, for sqlite3 does not tell. A column's second name has `:1` at its end.
        """
        plain = _TOKEN.sub(lambda token: "NULL" if token["parameter"] else token[0], statement)
        try:
            self.execute(f"CREATE TEMP VIEW drydock_types AS {plain}")
            try:
                found = self.execute("PRAGMA temp.table_info(drydock_types)").fetchall()
            finally:
                self.execute("DROP VIEW temp.drydock_types")
        except (sqlite3.Error, ValueError):
            return None  # whatever is wrong with the statement shows when it runs
        return {row[1]: row[2] for row in found}

    @contextmanager
    def watched(self, seconds: float, statement: str = "", number: int = 1) -> Iterator[None]:
        """What SQLite refuses in here is told as SqlFailed; what takes longer, or is to stop, is stopped."""
        self._deadline, self._stopped_by = time.monotonic() + seconds, None
        try:
            yield
        except (sqlite3.Error, ValueError, OverflowError) as error:  # a ValueError: characters SQLite does not take
            kind = ConstraintViolated if isinstance(error, sqlite3.IntegrityError) else SqlFailed
            raise self._stopped_by or kind(_place(number, statement, error)) from error
        finally:
            self._deadline = ENDLESS

    def _run(self, statement: str, parameters: Mapping[str, Any], result: Result, max_rows: int) -> None:
        with closing(self.execute(statement, parameters)) as cursor:
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
            except Exception as stopped:  # noqa: BLE001  handed on by watched()
                self._stopped_by = stopped
        return 0 if self._stopped_by is None else 1


@contextmanager
def session(stand_in: StandIn, check: Callable[[], None]) -> Iterator[Session]:
    """Open the stand-in's databases; `check` is called often and raises to stop. An open transaction is rolled back.

    Raises SqlFailed for a file that is no database.
    """
    with closing(sqlite3.connect(_address(stand_in.file), uri=True, timeout=BUSY, isolation_level=None)) as connection:
        connection.create_function("current_timestamp", 0, _now)
        opened = Session(connection, check)
        for name, file in stand_in.schemas.items():
            with opened.watched(ENDLESS, f"ATTACH '{file}'"):
                opened.execute(f"ATTACH ? AS {quoted(name)}", (_address(file),))
        connection.set_authorizer(_authorize)
        yield opened


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


def comparable(query: str) -> str:
    """The query with the times that it compares with in the form that columns have: without the Z that Data Factory's
    texts end with, which would come behind the fraction of every later time in the same second.
    """

    def written(found: re.Match[str]) -> str:
        fraction = (found["fraction"] or "").rstrip("0").rstrip(".")
        return f"{found['before']}{found['second']}{fraction}'"

    return _COMPARED.sub(written, query)


def quoted(name: str) -> str:
    """A name as SQLite takes it, whatever its characters: what stands in double quotes it would take for a text where
    there is no such column.
    """
    return "`" + name.replace("`", "``") + "`"


def _address(file: Any) -> str:
    return f"{file.as_uri()}?mode=rw"


def _in_sqlite(statement: str) -> str:
    """The one statement of SQL Server that is put into SQLite's words."""
    truncated = _TRUNCATE.fullmatch(statement)
    return f"DELETE FROM {truncated[1]}" if truncated else statement  # noqa: S608  all of it is the author's SQL


def _now() -> str:
    """The machine's time in the form that texts of Data Factory have, so that both compare rightly."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _authorize(action: int, *_details: Any) -> int:
    return sqlite3.SQLITE_DENY if action in (sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH) else sqlite3.SQLITE_OK


def _place(number: int, statement: str, error: Exception) -> str:
    first = " ".join(statement.split())
    shown = first if len(first) <= 80 else f"{first[:77]}..."
    return f"Statement {number} ({shown}): {error}. The local stand-in is a SQLite database and takes SQLite's SQL."


def _json(value: Any) -> Any:
    """Bytes as Base64, as .NET writes them into JSON; everything else is JSON already."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
