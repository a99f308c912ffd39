"""`dbutils`, one module per utility, put together for one run."""

from collections.abc import Mapping
from typing import Any

from emulators.databricks.runtime.dbutils.fs import FileSystem
from emulators.databricks.runtime.dbutils.jobs import Jobs
from emulators.databricks.runtime.dbutils.library import Library
from emulators.databricks.runtime.dbutils.notebook import Notebooks
from emulators.databricks.runtime.dbutils.secrets import Secrets
from emulators.databricks.runtime.dbutils.unavailable import NAMES, Unavailable
from emulators.databricks.runtime.dbutils.widgets import Widgets


class DBUtils:
    """The object that notebooks know as `dbutils`."""

    def __init__(self, *, fs: FileSystem, jobs: Jobs, notebook: Notebooks, secrets: Secrets, widgets: Widgets) -> None:
        self.fs = fs
        self.jobs = jobs
        self.library = Library()
        self.notebook = notebook
        self.secrets = secrets
        self.widgets = widgets
        self._unavailable: Mapping[str, Unavailable] = {name: Unavailable(name) for name in NAMES}

    def help(self) -> None:
        """Print the utilities there are."""
        print("fs, jobs, library, notebook, secrets, widgets. Not supported: " + ", ".join(NAMES) + ".")

    def __getattr__(self, name: str) -> Any:
        unavailable = self.__dict__.get("_unavailable", {})
        if name in unavailable:
            return unavailable[name]
        raise AttributeError(f"dbutils has no utility {name!r}")
