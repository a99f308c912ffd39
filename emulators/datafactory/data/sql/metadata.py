"""GetMetadata of a table: its structure, how many columns it has, whether there is one (documented: these three)."""

from collections.abc import Callable
from typing import Any

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.sql.errors import FAILED, failures_at, operation_failed
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.data.sql.session import session
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.data.sql.tables import TableName, columns_of

FIELDS = ("columnCount", "exists", "structure")
ANY = "Object"
"""The interim type of a column that is declared without one, as of a sql_variant."""


def table_metadata(stand_in: StandIn, dataset: Dataset, fields: list[str], check: Callable[[], None]) -> dict[str, Any]:
    """The fields that were asked for. With `exists` among them a missing table is `{"exists": False}`, without it
    raises DataError. Raises InvalidSettings for a field that tables do not have, and for databases without metadata.
    """
    if not TABLES[dataset.type].is_sql_server:
        raise InvalidSettings(f"GetMetadata is not available for datasets of type {dataset.type} (documented).")
    unknown = next((name for name in fields if name not in FIELDS), None)
    if unknown is not None:
        raise InvalidSettings(f"The field '{unknown}' is none of tables; these have {', '.join(FIELDS)} (documented).")
    table = TableName.read(dataset)
    if table is None:
        raise InvalidSettings(f"The dataset '{dataset.name}' names no table.")
    with failures_at("Source"), session(stand_in, check) as opened:
        columns = columns_of(opened, stand_in, table)
    if not columns:
        if "exists" in fields:
            return {"exists": False}
        raise DataError(
            FAILED, operation_failed(f"Invalid object name '{table}'. The local stand-in has no such table.")
        )
    found = {
        "columnCount": len(columns),
        "exists": True,
        "structure": [{"name": column.name, "type": column.type.interim if column.type else ANY} for column in columns],
    }
    return {name: found[name] for name in dict.fromkeys(fields)}
