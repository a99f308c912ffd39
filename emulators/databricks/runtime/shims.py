"""Modules that exist only on Databricks and that notebooks and databricks-sdk import there.

`pyspark.dbutils` and `dbruntime`.
"""

import sys
from types import ModuleType
from typing import Any


def install(namespace: dict[str, Any]) -> None:
    """Make the modules importable; they hand out what is in the notebook's namespace."""
    pyspark_dbutils = ModuleType("pyspark.dbutils")
    vars(pyspark_dbutils)["DBUtils"] = _dbutils_factory(namespace)
    sys.modules["pyspark.dbutils"] = pyspark_dbutils
    dbruntime = ModuleType("dbruntime")
    vars(dbruntime)["UserNamespaceInitializer"] = _namespace_initializer(namespace)
    sys.modules["dbruntime"] = dbruntime


def _dbutils_factory(namespace: dict[str, Any]) -> Any:
    def dbutils(spark: Any = None) -> Any:
        """The notebook's own dbutils, whatever session is given."""
        return namespace["dbutils"]

    return dbutils


def _namespace_initializer(namespace: dict[str, Any]) -> type:
    class UserNamespaceInitializer:
        """What `from databricks.sdk.runtime import …` asks for a notebook's globals."""

        @staticmethod
        def getOrCreate() -> "UserNamespaceInitializer":  # noqa: N802
            return UserNamespaceInitializer()

        @staticmethod
        def get_namespace_globals() -> dict[str, Any]:
            return dict(namespace)

    return UserNamespaceInitializer
