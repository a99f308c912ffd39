"""The whole of Databricks: databricks-sdk, this workspace, and notebooks on a real Spark."""

import io
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


def python_task(file: str, *parameters: str, **more: Any) -> jobs.SubmitTask:
    definition = jobs.SparkPythonTask(python_file=file, parameters=list(parameters))
    return jobs.SubmitTask(
        task_key="main", spark_python_task=definition, existing_cluster_id="1122-000000-drydock", **more
    )


async def python_file(workspace: Any, path: str, source: str) -> None:
    """Put a file into the workspace, a volume or DBFS, each through its own API."""
    client, content = workspace.client, source.encode()
    if path.startswith("dbfs:"):
        await workspace.call(client.dbfs.upload, path.removeprefix("dbfs:"), io.BytesIO(content), overwrite=True)
    elif path.startswith("/Volumes/"):
        await workspace.call(client.files.upload, path, io.BytesIO(content), overwrite=True)
    else:
        await workspace.call(client.workspace.mkdirs, path.rpartition("/")[0])
        await workspace.call(client.workspace.upload, path, content, format=ImportFormat.AUTO, overwrite=True)


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


_SCRIPT = """\
import sys
from pyspark.sql import SparkSession

def main(arguments):
    spark = SparkSession.builder.appName("ours").getOrCreate()
    print(arguments, spark.range(int(arguments[0])).count())
    print("to the other stream", file=sys.stderr)

if __name__ == "__main__":
    print(sys.argv[0], sys._getframe().f_code.co_filename, "__file__" in globals())
    main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/Shared/jobs/run.py", "/Workspace/Shared/jobs/run.py"),
        ("dbfs:/jobs/run.py", "/dbfs/jobs/run.py"),
        ("/Volumes/main/raw/code/run.py", "/Volumes/main/raw/code/run.py"),
    ],
)
async def test_a_python_file_runs_with_its_arguments_on_the_shared_session(spark: Any, path: str, name: str) -> None:
    await python_file(spark, path, _SCRIPT)
    run = await spark.ended(await spark.submit(python_task(path, "21", "", "{{job.run_id}}")), within=120)
    found = await output(spark, run)
    assert run.state.result_state is jobs.RunResultState.SUCCESS, found
    assert found.logs == f"{name} {name} False\n['21', '', '{run.run_id}'] 21\nto the other stream\n"
    assert (found.logs_truncated, found.notebook_output, found.error) == (False, None, None)


async def test_a_python_file_has_its_neighbours_dbutils_and_the_run_secrets_blanked(spark: Any) -> None:
    await spark.call(spark.client.secrets.create_scope, "python")
    await spark.call(spark.client.secrets.put_secret, "python", "key", string_value="never-shown")
    await python_file(spark, "/Shared/lib/near.py", "def twice(n):\n    return 2 * n\n")
    await python_file(
        spark,
        "/Shared/lib/main.py",
        "from pyspark.dbutils import DBUtils\n"
        "from databricks.sdk.runtime import dbutils as same, spark as session\n"
        "from pyspark.sql import SparkSession\n"
        "from near import twice\n"
        "assert DBUtils(session) is same is dbutils and SparkSession.builder.getOrCreate() is session\n"
        "udf = session.udf.register('twice', twice, 'long')\n"
        "print(session.sql('SELECT twice(21)').first()[0], dbutils.secrets.get('python', 'key'))\n"
        "context = dbutils.notebook.entry_point.getDbutils().notebook().getContext()\n"
        "print(context.notebookPath().isDefined(), context.currentRunId().isDefined(), dbutils.widgets.getAll())\n",
    )
    run = await spark.ended(await spark.submit(python_task("/Workspace/Shared/lib/main.py")), within=60)
    found = await output(spark, run)
    assert found.error is None, found.error_trace
    assert found.logs == "42 [REDACTED]\nFalse True {}\n"


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ("raise ValueError('this row is wrong')", "ValueError: this row is wrong"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
        ("import sys\nsys.exit()", "SystemExit: None. On Databricks every sys.exit fails the run"),
        ("raise SystemExit(0)", "SystemExit: 0. On Databricks every sys.exit fails the run"),
        ("import os\nos._exit(0)", "The Python file's Python process exited with code 0 before the Python file ended"),
        ("print(__file__)", "NameError: name '__file__' is not defined"),
        ("x = (", "SyntaxError"),
        ("try:\n    dbutils.notebook.exit('x')\nexcept:\n    pass", "dbutils.notebook.exit in a Python file"),
        ("import near", "ModuleNotFoundError: No module named 'near'"),
        ("open('/Workspace/Shared/lib/near.py')", "Only the run's own files are there"),
    ],
)
async def test_a_python_file_that_ends_badly_fails_its_run(spark: Any, source: str, error: str) -> None:
    await python_file(spark, "dbfs:/jobs/near.py", "")
    await python_file(spark, "dbfs:/jobs/bad.py", source)
    run = await spark.ended(await spark.submit(python_task("dbfs:/jobs/bad.py")), within=60)
    found = await output(spark, run)
    assert run.tasks[0].state.result_state is jobs.RunResultState.FAILED
    assert error in found.error
    if error.startswith("ValueError"):
        assert 'File "/dbfs/jobs/bad.py", line 1, in <module>\n    raise ValueError' in found.error_trace
        assert "emulators" not in found.error_trace


async def test_of_much_output_a_python_file_keeps_the_end(spark: Any) -> None:
    await python_file(spark, "dbfs:/jobs/chatty.py", "print('first', 'x' * (6 << 20), 'last')")
    run = await spark.ended(await spark.submit(python_task("dbfs:/jobs/chatty.py")), within=60)
    found = await output(spark, run)
    assert found.logs_truncated is True
    assert len(found.logs) == 5 * 1024 * 1024
    assert found.logs.endswith("xx last\n")


async def test_a_python_file_that_never_ends_is_cancelled_or_timed_out(spark: Any) -> None:
    await python_file(
        spark, "dbfs:/jobs/endless.py", "import time\nprint('on', flush=True)\nwhile True: time.sleep(0.1)"
    )
    cancelled = await spark.submit(python_task("dbfs:/jobs/endless.py"))
    limited = await spark.submit(python_task("dbfs:/jobs/endless.py", timeout_seconds=4))
    await spark.reached(cancelled, "RUNNING", within=60)
    await spark.call(spark.client.jobs.cancel_run, cancelled)
    assert (await spark.ended(cancelled, within=60)).state.result_state is jobs.RunResultState.CANCELED
    run = await spark.ended(limited, within=60)
    assert run.state.result_state is jobs.RunResultState.TIMEDOUT
    assert (await output(spark, run)).logs == "on\n"


async def test_a_python_file_in_storage_without_a_key_tells_why_it_cannot_be_read(spark: Any) -> None:
    address = "abfss://code@nokey.dfs.core.windows.net/run.py"
    run = await spark.ended(await spark.submit(python_task(address)), within=60)
    found = await output(spark, run)
    assert run.tasks[0].state.result_state is jobs.RunResultState.FAILED
    assert f"Cannot read the python file {address}" in found.error
    assert "nokey.dfs.core.windows.net" in found.error
