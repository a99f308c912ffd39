"""A run's own process; `main` reads its order from standard input.

It attaches to the warm driver, lays out the workspace files beside the code, executes it and leaves a report.
Whatever the code does to its process, it does only to this one.
"""

import contextlib
import gc
import os
import resource
import sys
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

from pyspark.sql import SparkSession, SQLContext
from pyspark.sql import functions as spark_functions

from emulators.databricks.runtime import dbfs_arrow, dbfs_paths, shims
from emulators.databricks.runtime.attach import attach
from emulators.databricks.runtime.dbutils import DBUtils
from emulators.databricks.runtime.dbutils.entry_point import EntryPoint, NotebookContext
from emulators.databricks.runtime.dbutils.fs import FileSystem
from emulators.databricks.runtime.dbutils.jobs import Jobs, TaskValues
from emulators.databricks.runtime.dbutils.notebook import Notebooks
from emulators.databricks.runtime.dbutils.secrets import Secrets
from emulators.databricks.runtime.dbutils.widgets import Widgets
from emulators.databricks.runtime.display import display, display_html
from emulators.databricks.runtime.mounts import Mounts
from emulators.databricks.runtime.output import REDACTED, redirect
from emulators.databricks.runtime.process_order import ProcessOrder, ProcessReport
from emulators.databricks.runtime.program import Program, program_of
from emulators.databricks.runtime.tracebacks import describe
from emulators.databricks.runtime.workspace_client import WorkspaceClient
from emulators.databricks.runtime.workspace_files import materialise
from emulators.kernel.masking import Masker


class RunProcess:
    """Everything one run is made of."""

    def __init__(self, order: ProcessOrder, masker: Masker) -> None:
        self._order = order
        self._masker = masker
        self._files = Path(order.run_folder) / "workspace"
        ca_pem = Path(order.ca_pem) if order.ca_pem else None
        context = order.spec.context
        self._workspace = WorkspaceClient(context.host, context.token, ca_pem)
        self._task_values = TaskValues(context.task_key, context.task_values)

    def run(self) -> ProcessReport:
        """Run the code to its end."""
        try:
            exit_value = self._run_program(program_of(self._order.spec, self._workspace))
        except (Exception, KeyboardInterrupt, SystemExit) as error:  # noqa: BLE001 - the user's code: all of it is reported
            return self._failure(error)
        value = None if exit_value is None else self._masker.mask(exit_value)
        return ProcessReport(True, value, peak_memory_bytes=_peak_memory(), task_values=self._task_values.own)

    def _run_program(self, program: Program) -> str | None:
        self._files.mkdir(parents=True)
        if program.folder is not None:
            materialise(self._workspace, program.folder, self._files)
        os.chdir(self._files)
        sys.path.insert(0, str(self._files))
        order = self._order
        spark = attach(order.gateway_port, order.gateway_token, order.spec.job_group, self._files)
        self._tag(spark)
        mounts = Mounts(self._workspace, spark)
        mounts.refresh()
        self._teach_paths(mounts, program.folder)
        dbutils = self._dbutils(program, spark, mounts)
        namespace = _namespace(spark, dbutils)
        try:
            exit_value = program.execute(spark, dbutils, namespace)
            namespace.clear()  # files left open are written now, while a failure can still be told
            gc.collect()
        except SystemExit as error:
            raise program.exit_error(error.code).with_traceback(error.__traceback__) from None
        finally:
            _stop_streams(spark)
        return exit_value

    def _dbutils(self, program: Program, spark: SparkSession, mounts: Mounts) -> DBUtils:
        spec = self._order.spec
        entry_point = EntryPoint(NotebookContext(spec.context, program.path, spec.run_id))
        return DBUtils(
            fs=FileSystem(spark, mounts),
            jobs=Jobs(self._task_values),
            notebook=Notebooks(self._workspace, program.path or "/", spec.context.cluster_id, entry_point),
            secrets=Secrets(self._workspace, self._masker),
            widgets=Widgets(program.widgets),
        )

    def _teach_paths(self, mounts: Mounts, folder: str | None) -> None:
        order = self._order
        opener = dbfs_paths.mount_opener(Path(order.run_folder) / "blobs", order.proxy, order.ca_pem)
        dbfs_paths.install(dbfs_paths.DbfsPaths(Path(order.dbfs_root), mounts, opener, folder, self._files))
        dbfs_arrow.install()

    def _tag(self, spark: SparkSession) -> None:
        """The cluster's settings that notebooks are seen to ask for."""
        context = self._order.spec.context
        tags = {"clusterId": context.cluster_id, "clusterName": context.cluster_id, "clusterOwnerOrgId": context.org_id}
        for name, value in tags.items():
            spark.conf.set(f"spark.databricks.clusterUsageTags.{name}", value)

    def _failure(self, error: BaseException) -> ProcessReport:
        dbfs_paths.abandon_unfinished()
        summary, trace = describe(error)
        print(trace, file=sys.stderr)
        mask = self._masker.mask
        return ProcessReport(
            False, None, mask(summary), mask(trace), peak_memory_bytes=_peak_memory(), task_values=self._task_values.own
        )


def _namespace(spark: SparkSession, dbutils: DBUtils) -> dict[str, Any]:
    """The code's globals: a fresh `__main__`, so that what it defines is pickled to Spark's workers by value."""
    module = ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = vars(module)
    namespace |= {
        "spark": spark,
        "sc": spark.sparkContext,
        "sqlContext": _sql_context(spark),
        "dbutils": dbutils,
        "display": display,
        "displayHTML": display_html,
        "table": spark.table,
        "sql": spark.sql,
        "udf": spark_functions.udf,
        "getArgument": dbutils.widgets.getArgument,
    }
    shims.install(namespace)
    return namespace


def _sql_context(spark: SparkSession) -> SQLContext:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is deprecated is the notebook's business once it uses it
        return SQLContext(spark.sparkContext, spark)


def _stop_streams(spark: SparkSession) -> None:
    for query in spark.streams.active:
        query.stop()


def _peak_memory() -> int:
    """The most this process and its ended children held at once, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return unit * max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def _offer_to_the_kernel() -> None:
    """If the machine runs out of memory, Linux should end the run before anything else."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def main() -> None:
    order = ProcessOrder.from_json(sys.stdin.read())
    masker = Masker(REDACTED)
    masker.add(order.spec.context.token, order.gateway_token)
    redirect(masker)
    _offer_to_the_kernel()
    report = RunProcess(order, masker).run()
    report.write(Path(order.run_folder))
    sys.stdout.flush()
    sys.stderr.flush()
    # threads the code left behind, or exit handlers of what it imported, must not keep a finished run alive
    os._exit(0 if report.succeeded else 1)
