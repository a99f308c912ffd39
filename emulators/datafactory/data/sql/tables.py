"""Tables of a stand-in: their names as datasets give them, and the columns that they really have."""

import re
from dataclasses import dataclass

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, Side
from emulators.datafactory.data.settings import text
from emulators.datafactory.data.sql.column_types import ColumnType, column_type
from emulators.datafactory.data.sql.session import ENDLESS, Session, quoted
from emulators.datafactory.data.sql.stand_in import StandIn

_PARTS = re.compile(r"\[((?:[^\]]|\]\])+)\]|\"((?:[^\"]|\"\")+)\"|`([^`]+)`|([^.\[\]\"`]+)")


@dataclass(frozen=True)
class TableName:
    """A table as a dataset names it; `schema` may be ""."""

    schema: str
    table: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.table}" if self.schema else self.table

    @classmethod
    def read(cls, dataset: Dataset, side: Side = "Source") -> "TableName | None":
        """By `schema` and `table`, else by the legacy `tableName`; None where the dataset names no table."""
        properties = dataset.properties
        if text(properties, "table"):
            return cls(text(properties, "schema"), text(properties, "table"))
        written = text(properties, "tableName").strip()
        if not written:
            return None
        found = [next(filter(None, part)).strip() for part in _PARTS.findall(written)]
        if len(found) > 2:
            raise InvalidSettings(f"The 'tableName' of dataset '{dataset.name}' is schema.table: '{written}'.", side)
        return cls(found[0] if len(found) > 1 else "", found[-1])

    def in_sqlite(self, stand_in: StandIn) -> str:
        """The name as SQL takes it; raises InvalidSettings for a schema that the stand-in does not have."""
        return f"{quoted(stand_in.schema(self.schema))}.{quoted(self.table)}"


@dataclass(frozen=True)
class TableColumn:
    """A column as it is declared. `key` is its place in the primary key from 1, 0 for none."""

    name: str
    type: ColumnType | None
    key: int


def columns_of(session: Session, stand_in: StandIn, name: TableName) -> list[TableColumn]:
    """The columns of a table or view in their order, none where there is no such table; raises SqlFailed."""
    schema = quoted(stand_in.schema(name.schema))
    statement = f"PRAGMA {schema}.table_xinfo({quoted(name.table)})"
    with session.watched(ENDLESS, statement):
        rows = session.execute(statement).fetchall()
    return [TableColumn(row[1], column_type(row[2]), row[5]) for row in rows]


def primary_key(columns: list[TableColumn]) -> list[str]:
    return [column.name for column in sorted(columns, key=lambda column: column.key) if column.key]
