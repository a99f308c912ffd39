"""The whole of Databricks: databricks-sdk, this workspace, and notebooks on a real Spark."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from databricks.sdk.service import jobs
from databricks.sdk.service.workspace import ImportFormat

from emulators.databricks.runtime.runner import TaskRunner
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark import SparkDriver
from emulators.kernel.cache import cache_folder

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark"), pytest.mark.asyncio(loop_scope="module")]

_HEADER = "# Databricks notebook source\n"
_BREAK = "\n\n# COMMAND ----------\n\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def spark(tmp_path_factory: pytest.TempPathFactory, serve_workspace: Any) -> AsyncIterator[Any]:
    """A served workspace whose notebooks run on one real Spark driver."""
    folder = tmp_path_factory.mktemp("workspace")
    settings = RuntimeSettings(
        dbfs_root=folder / "dbfs", cache=cache_folder(), proxy=None, ca_pem=None, work_dir=folder / "work"
    )
    driver = SparkDriver(settings)
    await driver.start()
    async with serve_workspace(folder, TaskRunner(driver, settings)) as workspace:
        yield workspace
    await driver.stop()


async def write(workspace: Any, path: str, *cells: str) -> str:
    source = (_HEADER + _BREAK.join(cells)).encode()
    await workspace.call(
        workspace.client.workspace.upload, path + ".py", source, format=ImportFormat.AUTO, overwrite=True
    )
    return path


async def output(workspace: Any, run: jobs.Run) -> jobs.RunOutput:
    found: jobs.RunOutput = await workspace.call(workspace.client.jobs.get_run_output, run.tasks[0].run_id)
    return found


async def test_a_notebook_uses_spark_parameters_secrets_modules_and_a_child(spark: Any, make_task: Any) -> None:
    await spark.call(spark.client.secrets.create_scope, "road")
    await spark.call(spark.client.secrets.put_secret, "road", "key", string_value="not-to-be-shown")
    await spark.call(
        spark.client.workspace.upload,
        "/Shared/helper.py",
        b"def double(n):\n    return 2 * n\n",
        format=ImportFormat.AUTO,
    )
    await write(spark, "/Shared/child", "dbutils.notebook.exit('child of ' + dbutils.widgets.get('name'))")
    path = await write(
        spark,
        "/Shared/parent",
        "import json\nfrom helper import double",
        "secret = dbutils.secrets.get('road', 'key')\nprint(secret)",
        "child = dbutils.notebook.run('./child', 60, {'name': 'parent'})",
        "rows = spark.range(int(dbutils.widgets.get('n'))).count()\n"
        "found = {'rows': rows, 'double': double(rows), 'child': child, 'length': len(secret)}\n"
        "dbutils.notebook.exit(json.dumps(found))",
    )
    run = await spark.ended(await spark.submit(make_task(path=path, parameters={"n": "21"})), within=120)
    found = await output(spark, run)
    assert found.error is None
    assert json.loads(found.notebook_output.result) == {
        "rows": 21,
        "double": 42,
        "child": "child of parent",
        "length": len("not-to-be-shown"),
    }
    kinds = {each.run_type for each in await spark.listed(spark.client.jobs.list_runs)}
    assert kinds == {jobs.RunType.SUBMIT_RUN, jobs.RunType.WORKFLOW_RUN}


async def test_a_notebook_that_raises_tells_error_and_trace(spark: Any, make_task: Any) -> None:
    path = await write(spark, "/Shared/raises", "x = 1", "raise ValueError('this row is wrong')")
    run = await spark.ended(await spark.submit(make_task(path=path)), within=60)
    assert run.tasks[0].state.result_state is jobs.RunResultState.FAILED
    found = await output(spark, run)
    assert found.error == "ValueError: this row is wrong"
    assert "ValueError" in found.error_trace


async def test_a_notebook_that_never_ends_is_cancelled_or_timed_out(spark: Any, make_task: Any) -> None:
    path = await write(spark, "/Shared/endless", "import time\nwhile True: time.sleep(0.1)")
    cancelled = await spark.submit(make_task(path=path))
    limited = await spark.submit(make_task(path=path, timeout_seconds=1))
    await spark.reached(cancelled, "RUNNING", within=60)
    await spark.call(spark.client.jobs.cancel_run, cancelled)
    assert (await spark.ended(cancelled, within=60)).state.result_state is jobs.RunResultState.CANCELED
    assert (await spark.ended(limited, within=60)).state.result_state is jobs.RunResultState.TIMEDOUT


async def test_dbfs_is_one_for_spark_and_the_api(spark: Any, make_task: Any) -> None:
    path = await write(spark, "/Shared/writes", "spark.range(3).coalesce(1).write.csv('/out/numbers')")
    run = await spark.ended(await spark.submit(make_task(path=path)), within=60)
    assert run.state.result_state is jobs.RunResultState.SUCCESS, (await output(spark, run)).error_trace
    names = [Path(each.path).name for each in await spark.listed(spark.client.dbfs.list, "/out/numbers")]
    assert "_SUCCESS" in names
