"""The kinds of SQL databases: which dataset goes with which linked service, source and sink, and what each can do.

From the connectors' articles and azure-mgmt-datafactory. PostgreSQL and MySQL outside of Azure are sources only.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One dataset type. The first of `sources` and of `sinks` is the usual one, others are legacy."""

    linked_service: str
    sources: tuple[str, ...]
    sinks: tuple[str, ...] = ()
    query: str = "query"
    """The property of the source that has the query."""
    is_sql_server: bool = False
    """Of SQL Server's family: procedures, partitions, tables made where there are none, GetMetadata."""
    upsert: str = ""
    """The property of the sink that asks for an upsert."""


def _sql_server(linked_service: str, prefix: str, *, legacy: bool = True) -> Kind:
    return Kind(
        linked_service,
        (f"{prefix}Source", "SqlSource") if legacy else (f"{prefix}Source",),
        (f"{prefix}Sink", "SqlSink") if legacy else (f"{prefix}Sink",),
        "sqlReaderQuery",
        is_sql_server=True,
        upsert="writeBehavior",
    )


TABLES: Mapping[str, Kind] = {
    "AzureMySqlTable": Kind("AzureMySql", ("AzureMySqlSource",), ("AzureMySqlSink",)),
    "AzurePostgreSqlTable": Kind(
        "AzurePostgreSql", ("AzurePostgreSqlSource",), ("AzurePostgreSqlSink",), upsert="writeMethod"
    ),
    "AzureSqlDWTable": _sql_server("AzureSqlDW", "SqlDW", legacy=False),
    "AzureSqlMITable": _sql_server("AzureSqlMI", "SqlMI"),
    "AzureSqlTable": _sql_server("AzureSqlDatabase", "AzureSql"),
    "MySqlTable": Kind("MySql", ("MySqlSource",)),
    "OracleTable": Kind("Oracle", ("OracleSource",), ("OracleSink",), "oracleReaderQuery"),
    "PostgreSqlTable": Kind("PostgreSql", ("PostgreSqlSource",)),
    "PostgreSqlV2Table": Kind("PostgreSqlV2", ("PostgreSqlV2Source",)),
    "SnowflakeTable": Kind("Snowflake", ("SnowflakeSource",), ("SnowflakeSink",)),
    "SnowflakeV2Table": Kind("SnowflakeV2", ("SnowflakeV2Source",), ("SnowflakeV2Sink",)),
    "SqlServerTable": _sql_server("SqlServer", "SqlServer"),
}
"""Dataset type → kind."""

SQL_DATABASES = frozenset(kind.linked_service for kind in TABLES.values())
"""Types of linked services that a stand-in may stand for."""
