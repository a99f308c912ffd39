"""Upserts: all rows go into an interim table first and from there, in one transaction, into their own.

That the merge comes once, at the end, is assumed; so a copy that fails before leaves the table as it was. Rows are
matched by the keys with `=`, as MERGE does: a null matches nothing.
"""

from collections.abc import Sequence

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.sql.errors import FAILED, operation_failed
from emulators.datafactory.data.sql.session import Session, quoted
from emulators.datafactory.data.sql.tables import TableColumn, TableName, primary_key

INTERIM = "temp.drydock_interim"


def keys_of(name: TableName, keys: Sequence[str], columns: list[TableColumn], given: Sequence[str]) -> list[str]:
    """The columns to match by. Raises DataError for one that the table lacks, or that the rows do not bring."""
    found = list(keys) or primary_key(columns)
    if not found:
        raise InvalidSettings(f"The table '{name}' has no primary key; an upsert needs 'keys'.", "Sink")
    known = {column.name for column in columns}
    for key in found:
        if key not in known or key not in given:
            where = "the table" if key not in known else "the rows for the table"
            raise DataError(
                "SqlInvalidColumnName", f"Column '{key}' does not exist in {where} '{name}' (local stand-in).", "Sink"
            )
    return found


def prepare(session: Session, table: str, given: Sequence[str]) -> None:
    """Make the interim table for these columns of the table; raises sqlite3's errors."""
    session.execute(f"CREATE TEMP TABLE drydock_interim AS SELECT {_list(given)} FROM {table} LIMIT 0")  # noqa: S608


def merge(session: Session, table: str, given: Sequence[str], keys: Sequence[str]) -> None:
    """Bring the interim rows into the table; raises sqlite3's errors, and DataError for a row that two of them match.

    To be called in a transaction.
    """
    matched = " AND ".join(f"target.{quoted(key)} = source.{quoted(key)}" for key in keys)
    # everything that is put together here is a quoted name
    session.execute(f"CREATE INDEX temp.drydock_keys ON drydock_interim ({_list(keys)})")
    twice = session.execute(
        f"SELECT 1 FROM {INTERIM} AS source WHERE EXISTS (SELECT 1 FROM {table} AS target WHERE {matched}) "  # noqa: S608
        f"GROUP BY {_list(keys)} HAVING COUNT(*) > 1 LIMIT 1"
    ).fetchone()
    if twice is not None:
        # SQL Server's words
        told = "The MERGE statement attempted to UPDATE or DELETE the same row more than once."
        raise DataError(FAILED, operation_failed(told), "Sink")
    changed = [name for name in given if name not in keys]
    if changed:
        values = ", ".join(f"{quoted(name)} = source.{quoted(name)}" for name in changed)
        session.execute(f"UPDATE {table} AS target SET {values} FROM {INTERIM} AS source WHERE {matched}")  # noqa: S608
    session.execute(
        f"INSERT INTO {table} ({_list(given)}) SELECT {_list(given)} FROM {INTERIM} AS source "  # noqa: S608
        f"WHERE NOT EXISTS (SELECT 1 FROM {table} AS target WHERE {matched}) ORDER BY source.rowid"
    )


def _list(names: Sequence[str]) -> str:
    return ", ".join(map(quoted, names))
