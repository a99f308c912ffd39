"""What a notebook may rely on when it runs on the real Spark (no storage account needed)."""

import asyncio
import json
import time

import pytest

pytestmark = [
    pytest.mark.spark,
    pytest.mark.xdist_group("spark"),
    pytest.mark.asyncio(loop_scope="package"),
]


async def test_cells_share_a_namespace_and_exit_gives_the_value(bench):
    result = await bench.run("rows = spark.range(10)", "n = rows.count()\nprint('rows', n)", "dbutils.notebook.exit(n)")
    assert (result.outcome, result.exit_value, result.error) == ("SUCCESS", "10", None)
    assert "rows 10" in result.logs
    assert result.peak_memory_bytes > 10_000_000


async def test_a_notebook_without_exit_succeeds_without_a_value(bench):
    result = await bench.run("1 + 1", "None")
    assert (result.outcome, result.exit_value) == ("SUCCESS", None)
    assert result.logs.strip() == "2"


async def test_an_error_names_the_cell_and_line_in_the_notebook(bench):
    result = await bench.run("def f():\n    return 1 / 0", "x = 1\nf()", path="/Shared/case/broken")
    assert result.outcome == "FAILED"
    assert result.error == "ZeroDivisionError: division by zero"
    assert 'File "/Shared/case/broken, cell 2", line 2, in <module>\n    f()' in result.error_trace
    assert 'File "/Shared/case/broken, cell 1", line 2, in f\n    return 1 / 0' in result.error_trace
    assert "emulators" not in result.error_trace


async def test_widgets_globals_sql_and_delta(bench):
    result = await bench.run(
        "dbutils.widgets.text('n', '1')\nspark.range(int(getArgument('n'))).write.saveAsTable('numbers_of_case')",
        "# MAGIC %sql\n# MAGIC SELECT count(*) AS c FROM numbers_of_case WHERE id >= :low; -- ';'",
        "dbutils.notebook.exit(_sqldf.first().c + sql('select 1').count() + table('numbers_of_case').count())",
        n="5",
        low="2",
    )
    assert result.exit_value == "9", result


async def test_python_functions_in_spark_find_modules_beside_the_notebook(bench):
    bench.workspace.files["/Shared/case/mymod/__init__.py"] = b""
    bench.workspace.files["/Shared/case/mymod/sums.py"] = b"def add(x):\n    return x + 1\n"
    bench.workspace.files["/Shared/case/data.txt"] = b"beside"
    result = await bench.run(
        "from mymod.sums import add",
        "f = udf(lambda x: add(x), 'long')",
        "total = spark.range(3).select(f('id').alias('y')).groupBy().sum('y').first()[0]",
        "rdd = sc.parallelize([1, 2]).map(add).sum()",
        "dbutils.notebook.exit(f\"{total} {rdd} {open('data.txt').read()}\")",
    )
    assert result.exit_value == "6 5 beside", result


async def test_included_notebooks_share_the_namespace_and_get_values(bench):
    bench.workspace.notebooks["/Shared/lib/helper"] = (
        "# Databricks notebook source\nshared = dbutils.widgets.get('who') + '!'"
    )
    result = await bench.run(
        '# MAGIC %run ../lib/helper $who="world"', "dbutils.notebook.exit(shared + str(len(dbutils.widgets.getAll())))"
    )
    assert result.exit_value == "world!0", result


async def test_a_child_notebook_is_a_run_of_its_own(bench):
    bench.workspace.notebooks["/Shared/case/child"] = (
        "# Databricks notebook source\n"
        "assert 'mine' not in globals()\ndbutils.notebook.exit('got ' + dbutils.widgets.get('a'))"
    )
    bench.workspace.notebooks["/Shared/case/bad"] = "# Databricks notebook source\nraise ValueError('no')"
    result = await bench.run(
        "mine = dbutils.notebook.run('./child', 60, {'a': 'b'})",
        "try:\n    dbutils.notebook.run('bad', 60)\n"
        "except Exception as error:\n    dbutils.notebook.exit(f'{mine}; {error}')",
    )
    assert result.exit_value == (
        "got b; com.databricks.WorkflowException: com.databricks.NotebookExecutionException: "
        "FAILED: Workload failed, see run output for details"
    ), result


async def test_a_bare_except_cannot_lose_the_exit(bench):
    result = await bench.run("try:\n    dbutils.notebook.exit('done')\nexcept:\n    pass", "raise ValueError('ran on')")
    assert (result.outcome, result.exit_value) == ("SUCCESS", "done")


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (
            "import sys; sys.exit(3)",
            "SystemExit: 3. A notebook ends early with dbutils.notebook.exit, not with sys.exit.",
        ),
        ("import os; os._exit(7)", "The notebook's Python process exited with code 7 before the notebook ended."),
        ("import os; os.kill(os.getpid(), 11)", "The notebook's Python process was ended by SIGSEGV."),
        ("spark.stop()", "RuntimeError: A run must not stop Spark"),
        ("dbutils.widgets.get('nope')", "InputWidgetNotDefined: No input widget named nope is defined"),
        ("dbutils.credentials.showRoles()", "dbutils.credentials.showRoles is not supported"),
    ],
)
async def test_a_notebook_that_ends_badly_ends_only_its_own_run(bench, code, error):
    bad, good = await asyncio.gather(
        bench.run(code, path="/Shared/case/bad"), bench.run("dbutils.notebook.exit(spark.range(3).count())")
    )
    assert bad.outcome == "FAILED"
    assert error in bad.error
    assert good.exit_value == "3"


async def test_a_notebook_that_never_ends_is_ended_by_its_timeout(bench):
    started = time.monotonic()
    result = await bench.run("print('waiting', flush=True)\nimport time; time.sleep(600)", timeout=4)
    assert result.outcome == "TIMEDOUT"
    assert "waiting" in result.logs
    assert time.monotonic() - started < 15


async def test_cancelling_ends_the_spark_job_of_a_thread_too(bench):
    slow = "spark.range(2).repartition(2).foreach(lambda row: __import__('time').sleep(600))"
    code = f"import threading\nt = threading.Thread(target=lambda: {slow})\nt.start()\nt.join()"
    running = asyncio.create_task(bench.run(code, run_id=5001))
    await asyncio.sleep(6)
    await bench.runner.cancel(5001)
    result = await asyncio.wait_for(running, 20)
    assert result.outcome == "CANCELED"
    probe = await bench.run(
        "store = spark.sparkContext._jsc.sc().statusStore()",
        "dbutils.notebook.exit(store.activeStages().size())",
    )
    assert probe.exit_value == "0", probe


async def test_secrets_are_blanked_wherever_they_are_shown(bench):
    bench.workspace.secrets["kept", "key"] = "s3cr3t-value"
    result = await bench.run(
        "key = dbutils.secrets.get('kept', 'key')\nassert len(key) == 12",
        "import sys\nprint('out', key)\nprint('err', key, file=sys.stderr)\nsys.stdout.buffer.write(key.encode())",
        "print([m.key for m in dbutils.secrets.list('kept')], dbutils.secrets.listScopes()[0].name)",
        "raise ValueError(f'told: {key}')",
    )
    assert result.error == "ValueError: told: [REDACTED]"
    assert "out [REDACTED]" in result.logs
    assert "err [REDACTED]" in result.logs
    assert "['key'] kept" in result.logs
    assert "s3cr3t" not in json.dumps([result.logs, result.error, result.error_trace])


async def test_dbfs_files_through_dbutils_and_spark(bench):
    result = await bench.run(
        "dbutils.fs.put('/case/a/one.txt', 'x,y\\n1,2\\n', True)",
        "assert dbutils.fs.head('dbfs:/case/a/one.txt', 3) == 'x,y'",
        "dbutils.fs.cp('/case/a', '/case/b', True)\ndbutils.fs.mv('/case/b/one.txt', '/case/b/two.txt')",
        "files = dbutils.fs.ls('/case/b')\nfolders = dbutils.fs.ls('/case/')\nprint(files, folders)",
        "n = spark.read.option('header', True).csv('/case/b/*.txt').count()",
        "gone = (dbutils.fs.rm('/case/a', True), dbutils.fs.rm('/case/a', True))",
        "try:\n    dbutils.fs.ls('/case/a')\nexcept Exception as error:\n    text = str(error)",
        "dbutils.notebook.exit([files[0].path, files[0].size, [f.name for f in folders], n, gone, text])",
    )
    assert result.exit_value.startswith("['dbfs:/case/b/two.txt', 8, ['a/', 'b/'], 1, (True, False), "), result
    assert "java.io.FileNotFoundException" in result.exit_value
    assert (bench.folder / "case/b/two.txt").read_text() == "x,y\n1,2\n"


async def test_the_sessions_of_two_runs_are_apart(bench):
    left, right = await asyncio.gather(
        bench.run(
            "spark.conf.set('my.key', 'left')\nspark.range(2).createOrReplaceTempView('v')",
            "import time; time.sleep(1)\ndbutils.notebook.exit(spark.table('v').count())",
            path="/Shared/case/left",
        ),
        bench.run(
            "import time; time.sleep(1)",
            "dbutils.notebook.exit([spark.conf.get('my.key', 'none'), spark.catalog.tableExists('v')])",
            path="/Shared/case/right",
        ),
    )
    assert (left.exit_value, right.exit_value) == ("2", "['none', False]")


async def test_the_modules_and_context_that_only_databricks_has(bench):
    result = await bench.run(
        "from pyspark.dbutils import DBUtils\nassert DBUtils(spark) is dbutils",
        "from databricks.sdk.runtime import dbutils as same\nassert same is dbutils",
        "context = dbutils.notebook.entry_point.getDbutils().notebook().getContext()",
        "import json\nprint(json.loads(context.toJson())['tags'])",
        "job, cluster = context.tags().get('jobId').get(), context.clusterId().get()",
        "dbutils.notebook.exit([context.notebookPath().get(), job, cluster])",
    )
    assert result.exit_value == "['/Shared/case/nb', '77', '1123-000000-abcdefgh']", result


async def test_files_of_the_drivers_disk(bench, tmp_path):
    result = await bench.run(
        f"disk = 'file:{tmp_path}'",
        "dbutils.fs.put(f'{disk}/a.txt', 'on disk')",
        "dbutils.fs.cp(f'{disk}/a.txt', 'dbfs:/from-disk.txt')",
        "dbutils.fs.cp('dbfs:/from-disk.txt', f'{disk}/b.txt')",
        "dbutils.notebook.exit([dbutils.fs.head(f'{disk}/b.txt')] + [entry.name for entry in dbutils.fs.ls(disk)])",
    )
    assert result.exit_value == "['on disk', 'a.txt', 'b.txt']", result
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.txt", "b.txt"]


async def test_an_address_of_no_container_is_refused_at_once(bench):
    result = await bench.run(
        "refused = []",
        "for address in ('wasbs://no-account/', 'abfss://container@/', 'wasb://@account.blob.core.windows.net/'):\n"
        "    try:\n        dbutils.fs.ls(address)\n"
        "    except Exception as error:\n        refused.append('names no container' in str(error))",
        "dbutils.notebook.exit(refused)",
    )
    assert result.exit_value == "[True, True, True]", result


async def test_shell_cells_and_unsupported_cells(bench):
    result = await bench.run(
        "# MAGIC %sh echo from the shell\n# MAGIC false",
        "# MAGIC %md\n# MAGIC # Title",
        "# MAGIC %scala\n# MAGIC val x = 1",
    )
    assert "from the shell" in result.logs
    assert "%scala (/Shared/case/nb, cell 3) is not supported" in result.error
