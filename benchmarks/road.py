"""The whole road against the same work called directly, as a ratio in one run.

The alternative: one notebook that calls the same preparation, the same check and the same training functions one
after the other in its own Spark session, timed inside, without event, factory, runs or processes of their own. Both
use one warm Spark and one Azurite, in turns, each time on a file of its own. Prints seconds and the ratio of the
medians; asserts nothing. Start-up (of the cloud, and the first use of everything) is left out on both sides.
"""

import argparse
import contextlib
import json
import statistics
import tempfile
from pathlib import Path

from databricks.sdk.errors import OperationFailed
from databricks.sdk.service.jobs import NotebookTask, SubmitTask
from databricks.sdk.service.workspace import ImportFormat
from rich.console import Console

from dataprep.sample import write_sample
from drydock.clouds import fresh_local_cloud
from drydock.project import Project
from drydock.road import Road
from release.connection import Connection
from release.environment import Environment
from steps.cloud import Cloud

DIRECT = """# Databricks notebook source
import json, sys, time, types
from pathlib import Path

# the training script as it is; only the service it reports to is left out
core = types.ModuleType("azureml.core")
core.Run = None
sys.modules["azureml"] = types.ModuleType("azureml")
sys.modules["azureml.core"] = core
import train
from dataprep.checking import check
from dataprep.ingestion import ingest
from dataprep.layout import TRAINING, arrived
from dataprep.ledger import Ledger
from dataprep.storage import Storage

file_name, run_id = dbutils.widgets.get("file_name"), dbutils.widgets.get("run_id")
begun = time.monotonic()
storage = Storage.on_azure(spark, dbutils, dbutils.widgets.get("storage_account"))
ledger = Ledger(spark, storage.ledger_address)
outcome = ingest(arrived("benchmark", file_name), run_id, storage, ledger)
check(run_id, file_name, storage, ledger)
prepared = time.monotonic()
account = dbutils.widgets.get("storage_account")
dbutils.fs.cp(f"abfss://{TRAINING}@{account}.dfs.core.windows.net/{outcome.training_file}", "file:/tmp/direct.csv")
_, auc = train.trained(*train.read(Path("/tmp/direct.csv")))
ended = time.monotonic()
dbutils.notebook.exit(json.dumps({"prepare": prepared - begun, "train": ended - prepared, "auc": auc}))
"""

_FOLDER = "/Shared/drydock"
_ASIDE = "benchmark"
"""A container that no trigger watches."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=595_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    project, console = Project.find(), Console(soft_wrap=True, highlight=False)
    with (
        tempfile.TemporaryDirectory(prefix="drydock-bench-") as folder,
        fresh_local_cloud(project, Path(folder) / "state") as cloud,
    ):
        environment = project.environment("local")
        bench = Bench(environment, cloud, project, Path(folder), console)
        cloud.storage.create_container(_ASIDE)
        bench.upload_direct()
        bench.round(seed=1, rows=3_000)
        console.rule("warm; measured from here on")
        rounds = [bench.round(seed=10 * number, rows=options.rows) for number in range(1, options.rounds + 1)]
    road = statistics.median(one for one, _ in rounds)
    direct = statistics.median(one for _, one in rounds)
    console.print(
        f"{options.rows:,} rows, medians of {options.rounds}: the road {road:.1f} s, called directly {direct:.1f} s, "
        f"ratio {road / direct:.2f}"
    )


class Bench:
    """Runs both sides on one cloud."""

    def __init__(
        self, environment: Environment, cloud: Cloud, project: Project, folder: Path, console: Console
    ) -> None:
        self._connection = Connection(environment)
        self._environment = environment
        self._cloud = cloud
        self._project = project
        self._folder = folder
        self._console = console
        self._road = Road(environment, console)
        self._rounds = 0

    def upload_direct(self) -> None:
        """The alternative's notebook and, beside it, the training script as a module."""
        workspace = self._connection.databricks.workspace
        train = self._project.folder / "environments" / "local" / "azureml" / "train.py"
        workspace.upload(f"{_FOLDER}/train.py", train.read_bytes(), format=ImportFormat.AUTO, overwrite=True)
        workspace.upload(f"{_FOLDER}/direct.py", DIRECT.encode(), format=ImportFormat.AUTO, overwrite=True)

    def round(self, seed: int, rows: int) -> tuple[float, float]:
        """Seconds of the road and of the direct call, on files of the same size; who goes first alternates."""
        self._rounds += 1
        if self._rounds % 2:
            direct = self._direct(f"direct-{seed}.csv", seed, rows)
            return self._by_road(f"road-{seed}.csv", seed + 1, rows), direct
        road = self._by_road(f"road-{seed}.csv", seed + 1, rows)
        return road, self._direct(f"direct-{seed}.csv", seed, rows)

    def _by_road(self, name: str, seed: int, rows: int) -> float:
        end = self._road.watch(self._road.drop(self._sample(name, seed, rows), name))
        if not end.succeeded:
            raise RuntimeError(end.outcome.explain())
        return end.seconds

    def _direct(self, name: str, seed: int, rows: int) -> float:
        aside = self._cloud.storage.get_blob_client(_ASIDE, name)
        with self._sample(name, seed, rows).open("rb") as content:
            aside.upload_blob(content, overwrite=True)
        parameters = {
            "file_name": name,
            "run_id": f"direct-{seed}",
            "storage_account": self._environment.text("storage.account"),
        }
        task = SubmitTask(
            task_key="direct",
            existing_cluster_id=self._environment.text("databricks.cluster_id"),
            notebook_task=NotebookTask(notebook_path=f"{_FOLDER}/direct", base_parameters=parameters),
        )
        jobs = self._connection.databricks.jobs
        submitted = jobs.submit(run_name="direct", tasks=[task])
        with contextlib.suppress(OperationFailed):  # the task's output tells more than the run's state
            submitted.result()
        output = jobs.get_run_output(jobs.get_run(submitted.run_id).tasks[0].run_id)
        if output.error:
            raise RuntimeError(f"the direct call failed: {output.error}\n{output.error_trace}")
        seconds = json.loads(output.notebook_output.result)
        self._console.print(f"directly: prepare {seconds['prepare']:.1f} s, train {seconds['train']:.1f} s")
        return float(seconds["prepare"] + seconds["train"])

    def _sample(self, name: str, seed: int, rows: int) -> Path:
        path = self._folder / name
        write_sample(path, rows=rows, seed=seed)
        return path


if __name__ == "__main__":
    main()
