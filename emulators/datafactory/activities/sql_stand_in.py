"""The local stand-in for a SQL database: a SQLite file, named as what it is in the linked service's connection string.

No emulator can be SQL Server. An environment that wants pipelines with SQL activities to run on a laptop overrides the
linked service's `connectionString` (or, in the newer form of these linked services, `server`) with

    DrydockStandIn=SQLite;File=tests/claims.sqlite;Procedures=tests/procedures.toml

which no real database takes and no real connection string looks like. `File` is an existing database, `Procedures` an
optional table of what stored procedures do; both lie in the folder that the emulator allows (its working directory
unless told otherwise). The stand-in speaks SQLite's SQL: what a pipeline sends has to be written in what both speak.

The table of procedures is TOML, a name and the statements that stand for it; parameters are used as `@Name`:

    "dbo.note_run" = "INSERT INTO runs (id, rows) VALUES (@RunId, @Rows);"
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.linked_services import LinkedService

KEYWORD = "DrydockStandIn"
FORM = f"{KEYWORD}=SQLite;File=<database file>[;Procedures=<TOML file>]"

SQL_DATABASES = frozenset(
    {
        "AzureMySql", "AzurePostgreSql", "AzureSqlDatabase", "AzureSqlDW", "AzureSqlMI", "MySql", "Oracle",
        "PostgreSql", "PostgreSqlV2", "Snowflake", "SnowflakeV2", "SqlServer",
    }
)  # fmt: skip
"""Types of linked services that a stand-in may stand for."""

UNSUPPORTED_TYPE = "2110"
WRONG_PROPERTY = "2104"


@dataclass(frozen=True)
class StandIn:
    """A SQLite database, and the statements behind the stored procedures it seems to have."""

    linked_service: str
    file: Path
    procedures: Mapping[str, str]

    def procedure(self, name: str) -> str | None:
        """The statements of a procedure, whichever way its name is quoted; None when the table has none."""
        return self.procedures.get(_plain(name))


def stand_in_of(linked: LinkedService, folder: Path) -> StandIn:
    """The stand-in that a linked service names; raises ActivityFailed where it names none, or one that is not there.

    `folder` is the one that files of stand-ins must lie in.
    """
    if linked.type not in SQL_DATABASES:
        raise ActivityFailed(
            UNSUPPORTED_TYPE, f"The linked service '{linked.name}' of type '{linked.type}' is no SQL database."
        )
    words = _words(str(linked.properties.get("connectionString") or linked.properties.get("server") or ""))
    engine = words.get(KEYWORD.lower())
    if engine is None:
        raise NotBuiltYet(
            f"A connection to a real database (linked service '{linked.name}' of type '{linked.type}')",
            f"override its connection string in this environment with '{FORM}'.",
        )
    if engine.lower() != "sqlite":
        raise NotBuiltYet(
            f"The stand-in '{engine}' (linked service '{linked.name}')", "a session for it beside sql_session.py."
        )
    return StandIn(linked.name, _file(words, "File", linked, folder), _procedures(words, linked, folder))


def _words(connection_string: str) -> dict[str, str]:
    """Keyword in lower case → value, of a connection string."""
    parts = (part.partition("=") for part in connection_string.split(";"))
    return {keyword.strip().lower(): value.strip() for keyword, equals, value in parts if equals}


def _file(words: Mapping[str, str], keyword: str, linked: LinkedService, folder: Path) -> Path:
    written = words.get(keyword.lower())
    if not written:
        raise ActivityFailed(
            WRONG_PROPERTY, f"The stand-in of linked service '{linked.name}' has no {keyword}: {FORM} is expected."
        )
    root = folder.resolve()
    path = (root / written).resolve()
    if not path.is_relative_to(root):
        raise ActivityFailed(
            WRONG_PROPERTY,
            f"The {keyword} '{written}' of the stand-in of linked service '{linked.name}' lies outside of '{root}'.",
        )
    if not path.is_file():
        raise ActivityFailed(
            WRONG_PROPERTY,
            f"The {keyword} '{path}' of the stand-in of linked service '{linked.name}' does not exist; "
            "an empty file is an empty database.",
        )
    return path


def _procedures(words: Mapping[str, str], linked: LinkedService, folder: Path) -> dict[str, str]:
    if not words.get("procedures"):
        return {}
    path = _file(words, "Procedures", linked, folder)
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ActivityFailed(WRONG_PROPERTY, f"The table of procedures '{path}' cannot be read: {error}") from error
    wrong = next((name for name, statements in table.items() if not isinstance(statements, str)), None)
    if wrong is not None:
        raise ActivityFailed(
            WRONG_PROPERTY,
            f"In the table of procedures '{path}', '{wrong}' is no text; write names in quotes: \"dbo.name\" = \"…\"",
        )
    return {_plain(name): statements for name, statements in table.items()}


def _plain(name: str) -> str:
    """A procedure's name without brackets and quotes and in lower case, as SQL Server compares names by default."""
    return name.translate({ord(mark): None for mark in '[]"'}).strip().lower()
