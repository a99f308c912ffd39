"""`dbutils.library`: installing packages while a notebook runs, which this runtime does not do."""

from typing import Any, Never

from emulators.databricks.runtime.unsupported import UnsupportedError


class Library:
    """Every call says what to do instead."""

    def restartPython(self) -> Never:  # noqa: N802
        raise UnsupportedError(
            "dbutils.library.restartPython",
            "Packages are those of the environment Drydock runs in: nothing changes by a restart.",
        )

    def __getattr__(self, name: str) -> Any:
        raise UnsupportedError(f"dbutils.library.{name}", "Install packages into the environment Drydock runs in.")
