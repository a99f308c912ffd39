"""What a source asks of its database: a query, a procedure's statements, or a whole table."""

from dataclasses import dataclass

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.data.sql.parameters import Bound, of_procedure
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.data.sql.tables import TableName

TABLE, QUERY, PROCEDURE = "table", "query", "procedure"


@dataclass(frozen=True)
class Query:
    """What is asked of the database; `code` and `told` are the error when it returns no rows at all."""

    text: str
    parameters: Bound
    origin: str
    """What errors call it."""
    form: str = QUERY
    code: str = "SqlInvalidDbQueryString"
    told: str = "The specified SQL Query is not valid. It could be caused by that the query doesn't return any data."


def query_of(stand_in: StandIn, dataset: Dataset, table: TableName | None, source: Settings) -> Query:
    """The query of a source: its own, its procedure's, or the whole table. Raises InvalidSettings, and DataError for a
    procedure that there is not.
    """
    kind = TABLES[dataset.type]
    written = text(source, kind.query) or text(source, "query")
    procedure = text(source, "sqlReaderStoredProcedureName") if kind.is_sql_server else ""
    if written and procedure:
        raise InvalidSettings(f"The source has both a query and the procedure '{procedure}'; it reads from one.")
    if written:
        return Query(written, {}, "the query")
    if procedure:
        return Query(
            stand_in.procedure(procedure),
            of_procedure(source.get("storedProcedureParameters"), procedure),
            f"procedure '{procedure}'",
            PROCEDURE,
            "SqlInvalidDbStoredProcedure",
            "The specified Stored Procedure is not valid. It could be caused by that the stored procedure doesn't "
            f"return any data. Invalid Stored Procedure script: '{procedure}'.",
        )
    if table is None:
        raise InvalidSettings(f"The dataset '{dataset.name}' names no table, and the source has no query.")
    return Query(f"SELECT * FROM {table.in_sqlite(stand_in)}", {}, f"table '{table}'", TABLE)  # noqa: S608  quoted
