"""A stand-in in a folder of the test, and copies of rows into and out of it without any socket."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory.data.copy_tables import TableCopy
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.ends import rows_source
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.lookup import look_up
from emulators.datafactory.data.rows import Progress
from emulators.datafactory.data.sql.sink import SqlTable
from emulators.datafactory.data.sql.stand_in import StandIn, stand_in_of
from emulators.datafactory.data.table import Rejected
from emulators.datafactory.data.translator import Translator


def nothing() -> None:
    """Never stops anything."""


class Bank:
    """A database and its linked service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words = "DrydockStandIn=SQLite;File=bank.sqlite"
        self.path = folder / "bank.sqlite"
        self.path.touch()

    def script(self, text: str) -> None:
        with closing(sqlite3.connect(self.path)) as connection:
            connection.executescript(text)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.path)) as connection:
            return connection.execute(query).fetchall()

    def procedures(self, text: str) -> None:
        (self.folder / "procedures.toml").write_text(text, "utf-8")
        self.words += ";Procedures=procedures.toml"

    def schema(self, name: str) -> "Bank":
        """Give the stand-in another schema, with a file of its own; returns that."""
        other = Bank(self.folder)
        other.path = self.folder / f"{name}.sqlite"
        other.path.touch()
        self.words += f";Schema.{name}={name}.sqlite"
        return other

    @property
    def stand_in(self) -> StandIn:
        return stand_in_of("bank", "AzureSqlDatabase", {"connectionString": self.words}, self.folder)

    def dataset(self, table: str | Mapping[str, str]) -> Dataset:
        named = {"table": table} if isinstance(table, str) else table
        return Dataset("accounts", "AzureSqlTable", {}, Location(""), named)

    def source(
        self, table: str = "", *, pieces: int = 4, named: Mapping[str, str] | None = None, **settings: Any
    ) -> Any:
        """A source on a table, or on one that the dataset's properties name."""
        return rows_source(self.stand_in, self.dataset(table, **(named or {})), settings, nothing, pieces=pieces)

    def sink(self, table: str, **settings: Any) -> SqlTable:
        return SqlTable.read(self.stand_in, self.dataset(table), settings)

    def look_up(self, table: str = "", *, first_only: bool = False, **settings: Any) -> list[dict[str, Any]]:
        source = rows_source(self.stand_in, self.dataset(table), settings, nothing, snapshot=False)
        return look_up(source, Progress(), first_only=first_only)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    return Bank(tmp_path)


Copy = Callable[..., Counts]


@pytest.fixture
def skipped() -> list[Rejected]:
    """The rows that copies skip."""
    return []


@pytest.fixture
def copy(skipped: list[Rejected]) -> Copy:
    """Copies from a source into a sink and returns what it counted; with `skip` rows that do not fit are left out."""

    def run(
        source: Any,
        sink: Any,
        *,
        skip: bool = False,
        translator: Mapping[str, Any] | None = None,
        check: Callable[[], None] = nothing,
    ) -> Counts:
        counts = Counts()
        rejection = skipped.append if skip else None
        TableCopy(source, sink, Translator.read(translator), check, counts, rejection).run()
        return counts

    return run


@pytest.fixture
def csv(place: Any) -> Callable[..., Any]:
    """Makes a source of texts: files of DelimitedText with a header."""

    def source(*texts: str) -> Any:
        place.files = {f"in/{number}.csv": text.encode() for number, text in enumerate(texts)}
        dataset = Dataset("csv", "DelimitedText", {}, Location("c", "in"), {"firstRowAsHeader": True})
        return rows_source(place, dataset, {}, nothing)

    return source
