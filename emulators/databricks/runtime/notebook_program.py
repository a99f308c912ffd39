"""A notebook as what a run's process executes."""

import contextlib
import posixpath
from typing import Any

from pyspark.sql import SparkSession

from emulators.databricks.runtime.dbutils import DBUtils
from emulators.databricks.runtime.dbutils.notebook import NotebookExit
from emulators.databricks.runtime.interpreter import Interpreter
from emulators.databricks.runtime.notebook_source import Notebook, parse_notebook, workspace_path
from emulators.databricks.runtime.runs import NotebookRunSpec
from emulators.databricks.runtime.workspace_client import WorkspaceClient, WorkspaceError


class NotebookProgram:
    """The cells of one notebook (`program.Program`)."""

    def __init__(self, spec: NotebookRunSpec, workspace: WorkspaceClient) -> None:
        self._workspace = workspace
        self.widgets = spec.parameters
        self.path: str | None = workspace_path(spec.notebook_path)
        self.folder: str | None = posixpath.dirname(self.path)
        self._notebook = self._load(self.path)

    def execute(self, spark: SparkSession, dbutils: DBUtils, namespace: dict[str, Any]) -> str | None:
        with contextlib.suppress(NotebookExit):
            Interpreter(spark, dbutils, namespace, self._load).run(self._notebook)
        return dbutils.notebook.exit_request.value

    def exit_error(self, code: object) -> SystemExit:
        return SystemExit(f"{code}. A notebook ends early with dbutils.notebook.exit, not with sys.exit.")

    def _load(self, path: str) -> Notebook:
        """A notebook of the workspace. Raises FileNotFoundError."""
        try:
            status = self._workspace.get_status(path)
            if status.kind != "NOTEBOOK":
                raise FileNotFoundError(f"{path} is not a notebook but a {status.kind}.")
            return parse_notebook(path, self._workspace.export_notebook(path), status.language)
        except WorkspaceError as error:
            if error.status == 404:
                raise FileNotFoundError(f"Notebook not found: {path}") from None
            raise
