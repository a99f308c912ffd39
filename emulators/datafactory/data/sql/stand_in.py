"""The local stand-in for a SQL database: a SQLite file, named as what it is in the linked service's connection string.

No emulator can be SQL Server. An environment that wants pipelines with SQL activities to run on a laptop overrides the
linked service's `connectionString` (or, in the newer form of these linked services, `server`) with

    DrydockStandIn=SQLite;File=tests/claims.sqlite;Procedures=tests/procedures.toml;Schema.sales=tests/sales.sqlite

which no real database takes and no real connection string looks like. `File` is an existing database, `Procedures` an
optional table of what stored procedures do; all files lie in the folder that the emulator allows (its working
directory unless told otherwise). An empty file is an empty database.

The stand-in speaks SQLite's SQL: what a pipeline sends has to be written in what both speak. Of what it lacks

- `TRUNCATE TABLE t` is taken as `DELETE FROM t`;
- a schema is a file of its own, attached by `Schema.<name>=<file>`: `sales.orders` is then the table `orders` in it.
  Datasets may name the schemas `dbo` and `public` without that: `File` is these. A query that writes `dbo.orders`
  needs `Schema.dbo`, for SQLite knows no other name for `File` than `main`;
- columns have the types that they are declared with, in the real databases' names, and `column_types.py` reads and
  writes them; what a query computes has the type of its first rows. Dates and times are texts and compared as such,
  so they are kept in one form, that of Data Factory's own texts: `2030-01-31T12:30:00`, `2030-01-31T12:30:00.5`.
  `CURRENT_TIMESTAMP` gives it. The Z at the end of a time that a source's query compares with is left out;
- every copy reads from a snapshot that its query fills, whatever `isolationLevel` asks for, so that nobody waits for a
  reader; there are no physical partitions, so that they are one.

The table of procedures is TOML, a name and the statements that stand for it; parameters are used as `@Name`. Where a
Lookup or a copy reads from a procedure, its last statement gives the rows:

    "dbo.note_run" = "INSERT INTO runs (id, rows) VALUES (@RunId, @Rows);"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulators.datafactory.data.errors import DataError, InvalidSettings, Side, Unsupported
from emulators.datafactory.data.sql.kinds import SQL_DATABASES

KEYWORD = "DrydockStandIn"
FORM = f"{KEYWORD}=SQLite;File=<database file>[;Procedures=<TOML file>][;Schema.<name>=<database file>]…"

MAIN = "main"
"""What SQLite calls the database in `File`."""

SCHEMA = "schema."
DEFAULT_SCHEMAS = frozenset({"", "dbo", "public", MAIN})
"""Schemas that datasets may name without a file of their own."""


class NoDatabase(DataError):
    """The linked service is none of a SQL database."""


@dataclass(frozen=True)
class StandIn:
    """A SQLite database, and the statements behind the stored procedures it seems to have."""

    linked_service: str
    file: Path
    procedures: Mapping[str, str]
    schemas: Mapping[str, Path] = field(default_factory=dict)
    """Name in lower case → its file, besides `file`."""
    side: Side = "Source"
    """Which end of a copy it is, for errors."""

    def procedure(self, name: str) -> str:
        """The statements of a procedure, whichever way its name is quoted; raises DataError when the table has none,
        in SQL Server's words and with where to put it.
        """
        found = self.procedures.get(_plain(name))
        if found is None:
            raise DataError(
                "SqlOperationFailed",
                f"Sql error number: 2812. Error Message: Could not find stored procedure '{name}'. The linked service "
                f"'{self.linked_service}' is a local stand-in without procedures of its own: give its statements in "
                f"the table that the connection string names ({FORM}).",
                self.side,
            )
        return found

    def schema(self, name: str) -> str:
        """SQLite's name for a schema that a dataset names; raises InvalidSettings for one that has no file."""
        if name.lower() in self.schemas:
            return name.lower()
        if name.lower() in DEFAULT_SCHEMAS:
            return MAIN
        raise InvalidSettings(
            f"The local stand-in of linked service '{self.linked_service}' has no schema '{name}'; "
            f"give it a file in the connection string: ';Schema.{name}=<database file>'.",
            self.side,
        )


def stand_in_of(name: str, kind: str, properties: Mapping[str, Any], folder: Path, side: Side = "Source") -> StandIn:
    """The stand-in that the linked service `name` of type `kind` names; `folder` is where its files must lie.

    Raises NoDatabase for another type, InvalidSettings for a stand-in that is not there, Unsupported for a real
    database.
    """
    if kind not in SQL_DATABASES:
        raise NoDatabase("UserErrorInvalidParameter", f"The linked service '{name}' of type '{kind}' is no database.")
    words = _words(str(properties.get("connectionString") or properties.get("server") or ""))
    engine = words.get(KEYWORD.lower())
    if engine is None:
        raise Unsupported(
            f"A connection to a real database (linked service '{name}' of type '{kind}')",
            f"override its connection string in this environment with '{FORM}'.",
        )
    if engine.lower() != "sqlite":
        raise Unsupported(
            f"The stand-in '{engine}' (linked service '{name}')", "a session for it beside data/sql/session.py."
        )
    files = _Files(name, folder.resolve(), words, side)
    main = files.path("File")
    schemas = {word.removeprefix(SCHEMA): files.path(word) for word in words if word.startswith(SCHEMA)}
    twice = next((schema for schema, path in schemas.items() if [main, *schemas.values()].count(path) > 1), None)
    if twice is not None:
        # SQLite would wait for itself
        raise InvalidSettings(f"The schema '{twice}' of the stand-in of linked service '{name}' shares its file.", side)
    return StandIn(name, main, files.procedures(), schemas, side)


def _words(connection_string: str) -> dict[str, str]:
    """Keyword in lower case → value, of a connection string."""
    parts = (part.partition("=") for part in connection_string.split(";"))
    return {keyword.strip().lower(): value.strip() for keyword, equals, value in parts if equals}


@dataclass(frozen=True)
class _Files:
    """The files that a connection string names."""

    linked_service: str
    root: Path
    words: Mapping[str, str]
    side: Side

    def path(self, keyword: str) -> Path:
        """The existing file; raises InvalidSettings."""
        written = self.words.get(keyword.lower())
        owner = f"of the stand-in of linked service '{self.linked_service}'"
        if not written:
            raise InvalidSettings(f"The {keyword} {owner} is missing: {FORM} is expected.", self.side)
        path = (self.root / written).resolve()
        if not path.is_relative_to(self.root):
            raise InvalidSettings(f"The {keyword} '{written}' {owner} lies outside of '{self.root}'.", self.side)
        if not path.is_file():
            raise InvalidSettings(
                f"The {keyword} '{path}' {owner} does not exist; an empty file is an empty database.", self.side
            )
        return path

    def procedures(self) -> dict[str, str]:
        if not self.words.get("procedures"):
            return {}
        path = self.path("Procedures")
        try:
            table = tomllib.loads(path.read_text("utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise InvalidSettings(f"The table of procedures '{path}' cannot be read: {error}", self.side) from error
        wrong = next((name for name, statements in table.items() if not isinstance(statements, str)), None)
        if wrong is not None:
            raise InvalidSettings(
                f"In the table of procedures '{path}', '{wrong}' is no text; write names in quotes: \"dbo.name\" = "
                '"…"',
                self.side,
            )
        return {_plain(name): statements for name, statements in table.items()}


def _plain(name: str) -> str:
    """A procedure's name without brackets and quotes and in lower case, as SQL Server compares names by default."""
    return name.translate({ord(mark): None for mark in '[]"'}).strip().lower()
