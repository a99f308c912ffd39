"""What a run's process executes: one shape for notebooks and Python files."""

from typing import Any, Protocol

from pyspark.sql import SparkSession

from emulators.databricks.runtime.dbutils import DBUtils
from emulators.databricks.runtime.notebook_program import NotebookProgram
from emulators.databricks.runtime.python_program import PythonProgram
from emulators.databricks.runtime.runs import NotebookRunSpec, RunSpec
from emulators.databricks.runtime.workspace_client import WorkspaceClient


class Program(Protocol):
    """Code and its surroundings in the workspace.

    `path` is the notebook's, None when there is none; `folder` the workspace folder whose files lie beside the code,
    None when it has no neighbours.
    """

    widgets: dict[str, str]
    path: str | None
    folder: str | None

    def execute(self, spark: SparkSession, dbutils: DBUtils, namespace: dict[str, Any]) -> str | None:
        """Run to the end and give the exit value. Raises whatever the code raises."""
        ...

    def exit_error(self, code: object) -> SystemExit:
        """The error of a run that ended by `sys.exit(code)`: it tells what to do instead."""
        ...


def program_of(spec: RunSpec, workspace: WorkspaceClient) -> Program:
    """Raises FileNotFoundError for a notebook that is not there."""
    if isinstance(spec, NotebookRunSpec):
        return NotebookProgram(spec, workspace)
    return PythonProgram(spec, workspace)
