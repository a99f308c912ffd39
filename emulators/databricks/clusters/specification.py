"""What a cluster specification may ask for on a laptop.

Every cluster is the one local Spark. Sizes, node types, zones, tags and policies are kept and change nothing; what
would change what a notebook computes or sees (init scripts, containers, Spark settings, environment variables) is
refused by name.
"""

from collections.abc import Mapping
from typing import Any

from emulators.databricks.errors import InvalidParameterValue, NotSupported

_REFUSED = {
    "init_scripts": "init scripts do not run on the local Spark: install what they install in the Python environment",
    "docker_image": "the local Spark runs in no container",
    "workload_type": "the local cluster does not separate jobs from notebooks",
}
_HARMLESS_CONF = ("spark.databricks.", "spark.master", "spark.speculation")
"""Settings that open-source Spark ignores or the local Spark decides itself. Data Factory's form writes the first."""
_HARMLESS_ENV = ("PYSPARK_PYTHON",)
"""Data Factory's form writes PYSPARK_PYTHON=/databricks/python3/bin/python3, the only interpreter a cluster has."""


def require_supported(specification: Mapping[str, Any]) -> None:
    """Raises NotSupported for a field that the local Spark cannot honour, InvalidParameterValue for a bad shape."""
    for field, reason in _REFUSED.items():
        if specification.get(field):
            raise NotSupported(f"The databricks emulator does not support '{field}' in a cluster: {reason}.")
    for field, harmless in (("spark_conf", _HARMLESS_CONF), ("spark_env_vars", _HARMLESS_ENV)):
        for name in _mapping(specification, field):
            if not name.startswith(harmless):
                raise NotSupported(
                    f"The databricks emulator cannot give one cluster its own {field} ('{name}'): all clusters are one "
                    "local Spark. Set it in the notebook (spark.conf.set), or in the local Spark driver's settings."
                )


def _mapping(specification: Mapping[str, Any], field: str) -> dict[str, Any]:
    value = specification.get(field) or {}
    if not isinstance(value, dict):
        raise InvalidParameterValue(f"The cluster's {field} must be an object.")
    return value
