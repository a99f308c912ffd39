"""What a copy says of its sink in a database, read once; what a stand-in cannot do is refused by name."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.settings import Settings, flag, number, seconds, section, text
from emulators.datafactory.data.sql.kinds import Kind
from emulators.datafactory.data.sql.stand_in import StandIn

DEFAULT_BATCH = 10_000
"""Rows of a batch (assumed; the service decides by the size of rows)."""

DEFAULT_TIMEOUT = "00:30:00"
"""Of a batch (the documentation's example)."""

_REFUSED: Mapping[str, str] = {
    "copyCommandSettings": "its defaults and options, in data/sql/sink.py.",
    "importSettings": "its options of Snowflake's COPY, in data/sql/sink.py.",
    "polyBaseSettings": "its limits for rejected rows, in data/sql/sink.py; 'enableSkipIncompatibleRow' has some.",
    "sqlWriterStoredProcedureName": "SQLite has no parameters that are tables; copy into a staging table and call the "
    "procedure in a SqlServerStoredProcedure activity.",
    "sqlWriterTableType": "SQLite has no types of tables.",
    "storedProcedureTableTypeParameterName": "SQLite has no types of tables.",
}
"""Properties that ask for what only the real database does."""

_INSERTS = frozenset({"", "insert", "bulkinsert", "copycommand"})
"""Ways to write that all mean that rows are added."""


@dataclass(frozen=True)
class SinkSettings:
    """`batch` in rows, `limit` in seconds for each batch. `keys` None: rows are added; else they are merged by these
    columns, by the primary key where there are none.
    """

    script: str
    batch: int
    limit: float
    creates: bool
    keys: tuple[str, ...] | None

    @classmethod
    def read(cls, kind: Kind, stand_in: StandIn, settings: Settings) -> "SinkSettings":
        """Raises InvalidSettings, Unsupported."""
        for name, instead in _REFUSED.items():
            if settings.get(name) and not _is_bare(settings[name]):
                raise Unsupported(f"A sink with '{name}'", instead)
        option = text(settings, "tableOption", "none").lower()
        if option not in {"none", "autocreate"}:
            raise InvalidSettings(f"'tableOption' is none or autoCreate, not '{settings['tableOption']}'.", "Sink")
        if option == "autocreate" and not kind.is_sql_server:
            raise InvalidSettings(f"A {kind.sinks[0]} does not create tables (documented).", "Sink")
        return cls(
            text(settings, "preCopyScript").strip(),
            number(settings, "writeBatchSize") or DEFAULT_BATCH,
            seconds(settings, "writeBatchTimeout", DEFAULT_TIMEOUT),
            option == "autocreate",
            _keys(kind, stand_in, settings),
        )


def _is_bare(value: object) -> bool:
    """Whether it is an object that says nothing but what kind it is, as Studio writes `importSettings`."""
    return isinstance(value, Mapping) and set(value) <= {"type"}


def _keys(kind: Kind, stand_in: StandIn, settings: Settings) -> tuple[str, ...] | None:
    written = text(settings, kind.upsert).lower() if kind.upsert else ""
    if written in _INSERTS:
        return None
    if written != "upsert":
        raise InvalidSettings(f"'{kind.upsert}' is no '{settings[kind.upsert]}'; it may be Upsert.", "Sink")
    upsert = section(settings, "upsertSettings")
    keys = upsert.get("keys") or []
    if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys):
        raise InvalidSettings("The 'keys' of 'upsertSettings' are an array of column names.", "Sink")
    if not flag(upsert, "useTempDB", default=True):
        stand_in.schema(text(upsert, "interimSchemaName"))  # raises for one that there is not
    return tuple(keys)
