"""A Python file as what a run's process executes.

On Databricks the file is no script that Python starts: its bytes are compiled under its path and executed in the
namespace of a notebook's kernel (observed on serverless, and in one published trace of a cluster). So `spark` and
`dbutils` are there, `__name__` is `__main__`, `__file__` is not defined, and every SystemExit fails the run, that of
`sys.exit(0)` too (observed on serverless, assumed for clusters).
"""

import contextlib
import posixpath
import sys
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.captured import CapturedException
from pyspark.sql import SparkSession

from emulators.databricks.runtime.dbutils import DBUtils
from emulators.databricks.runtime.dbutils.notebook import NotebookExit
from emulators.databricks.runtime.python_location import Home, locate
from emulators.databricks.runtime.runs import PythonRunSpec
from emulators.databricks.runtime.tracebacks import register_source
from emulators.databricks.runtime.unsupported import UnsupportedError
from emulators.databricks.runtime.workspace_client import WorkspaceClient, WorkspaceError

LARGEST_FILE = 10 << 20
"""Bytes of source that are read. The workspace takes no larger file (documented); for other places it is ours."""


class PythonFileError(Exception):
    """The file cannot be read; the message says which and why."""


class PythonProgram:
    """One Python file (`program.Program`).

    Only a file of the workspace has neighbours: its folder is the working directory (documented for runtime 14 and
    later). One of DBFS, a volume or a storage account runs alone (assumed).
    """

    def __init__(self, spec: PythonRunSpec, workspace: WorkspaceClient) -> None:
        self.widgets: dict[str, str] = {}
        self.path: str | None = None
        self._location = locate(spec.python_file)
        self._workspace = workspace
        self._arguments = [self._location.name, *spec.parameters]
        in_workspace = self._location.home is Home.WORKSPACE
        self.folder: str | None = posixpath.dirname(self._location.path) if in_workspace else None

    def execute(self, spark: SparkSession, dbutils: DBUtils, namespace: dict[str, Any]) -> None:
        name, source = self._location.name, self._read(spark)
        register_source(name, source.decode("utf-8", "replace"))
        sys.argv = self._arguments
        with contextlib.suppress(NotebookExit):
            exec(compile(source, name, "exec", dont_inherit=True), namespace)  # noqa: S102 - the user's code
        if dbutils.notebook.exit_request.requested:
            raise UnsupportedError(
                "dbutils.notebook.exit in a Python file", "It has no exit value: let the file come to its end."
            )

    def exit_error(self, code: object) -> SystemExit:
        if code in (None, 0):
            return SystemExit(f"{code}. On Databricks every sys.exit fails the run: let the file come to its end.")
        return SystemExit(code)

    def _read(self, spark: SparkSession) -> bytes:
        """The file's bytes. Raises PythonFileError."""
        path = self._location.path
        try:
            match self._location.home:
                case Home.WORKSPACE:
                    source = self._workspace.export_file(path)
                case Home.DBFS:
                    source = self._workspace.read_dbfs(path, LARGEST_FILE + 1)
                case Home.STORAGE:
                    source = _read_storage(spark, path, LARGEST_FILE + 1)
        except (WorkspaceError, CapturedException) as error:
            raise PythonFileError(f"Cannot read the python file {path}: {error}") from None
        except Py4JJavaError as error:
            raise PythonFileError(f"Cannot read the python file {path}: {error.java_exception.toString()}") from None
        if len(source) > LARGEST_FILE:
            raise PythonFileError(f"The python file {path} has more than {LARGEST_FILE >> 20} MB: import data instead.")
        return source


def _read_storage(spark: SparkSession, address: str, limit: int) -> bytes:
    """A blob's first bytes through Hadoop's driver, with the keys that Spark's settings hold."""
    jvm: Any = spark.sparkContext._jvm
    session: Any = spark._jsparkSession
    path = jvm.org.apache.hadoop.fs.Path(address)
    stream = path.getFileSystem(session.sessionState().newHadoopConf()).open(path)
    try:
        return bytes(stream.readNBytes(limit))
    finally:
        stream.close()
