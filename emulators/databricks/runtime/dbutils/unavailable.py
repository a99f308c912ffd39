"""Utilities that exist on Databricks and not here: whoever touches them is told by name."""

from collections.abc import Callable
from typing import Any

from emulators.databricks.runtime.unsupported import UnsupportedError

_ADVICE = {
    "data": "Use df.summary() or df.describe().",
    "credentials": "It serves clouds other than Azure; use a secret scope.",
    "preview": "It is a preview on Databricks.",
    "meta": "It is a preview on Databricks.",
    "api": "Use databricks-sdk.",
}

NAMES = tuple(_ADVICE)


class Unavailable:
    """Stands in the place of a utility."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, call: str) -> Callable[..., Any]:
        raise UnsupportedError(f"dbutils.{self._name}.{call}", _ADVICE[self._name])
