"""Processes: a driver that dies is replaced, and whatever happens nobody is orphaned."""

import asyncio
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from emulators.kernel.cache import cache_folder

pytestmark = [
    pytest.mark.spark,
    pytest.mark.xdist_group("spark"),
    pytest.mark.asyncio(loop_scope="package"),
]

# A cloud in small: starts Spark, says which processes it has, then runs a notebook-like wait until it is killed.
CLOUD = """
import asyncio, json, sys
from pathlib import Path
import psutil
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark import SparkDriver

async def main():
    folder = Path(sys.argv[1])
    driver = SparkDriver(RuntimeSettings(folder / "dbfs", Path(sys.argv[2]), None, None, folder / "work"))
    await driver.start()
    print(json.dumps([child.pid for child in psutil.Process().children(recursive=True)]), flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that nobody has asked for its exit code yet does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_spark_ends_when_the_cloud_is_killed(tmp_path: Path) -> None:
    await asyncio.to_thread(_kill_a_cloud, tmp_path)


def _kill_a_cloud(tmp_path: Path) -> None:
    command = [sys.executable, "-c", CLOUD, str(tmp_path), str(cache_folder())]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as cloud:
        assert cloud.stdout is not None
        processes = json.loads(cloud.stdout.readline())
        names = {psutil.Process(pid).name() for pid in processes}
        cloud.send_signal(signal.SIGKILL)
    assert "java" in names
    deadline = time.monotonic() + 15
    while any(is_alive(pid) for pid in processes):
        assert time.monotonic() < deadline, [pid for pid in processes if is_alive(pid)]
        time.sleep(0.1)


async def test_a_driver_that_dies_fails_the_run_and_is_replaced(bench):
    kill = "import os, signal\npid = sc._jvm.java.lang.ProcessHandle.current().pid()\nos.kill(pid, signal.SIGKILL)"
    result = await bench.run(kill, "spark.range(1).count()")
    assert result.outcome == "FAILED"
    assert result.error.startswith("Spark's driver ended while the notebook used it.")
    after = await bench.run("dbutils.notebook.exit(spark.range(7).count())")
    assert after.exit_value == "7", after


async def test_processes_that_slip_away_are_ended_and_do_not_hold_the_run(bench):
    code = (
        "import subprocess, time\n"
        "p = subprocess.Popen(['sleep', '600'], start_new_session=True)\n"
        "time.sleep(1)\ndbutils.notebook.exit(p.pid)"
    )
    result = await asyncio.wait_for(bench.run(code), 60)
    assert result.outcome == "SUCCESS"
    await asyncio.sleep(0.5)
    assert not is_alive(int(result.exit_value))


async def test_a_notebook_that_eats_memory_ends_alone(bench):
    small = type(bench.runner._settings)(**{**vars(bench.runner._settings), "memory_limit_bytes": 400 << 20})
    bench.runner._settings = small
    result = await bench.run("held = []\nwhile True:\n    held.append(b'x' * 10_000_000)")
    assert result.outcome == "FAILED"
    assert "of memory; the limit is 400 MiB" in result.error
    assert result.peak_memory_bytes > 400 << 20


async def test_the_runs_folder_and_python_workers_are_gone_afterwards(bench):
    await bench.run("sc.parallelize([1, 2], 2).map(lambda x: x + 1).sum()")
    work = bench.folder.parent / "work"
    assert [each.name for each in work.iterdir() if each.name.startswith("run-")] == []
    await asyncio.sleep(1)
    family = [process for process in psutil.Process().children(recursive=True) if is_alive(process.pid)]
    assert [process for process in family if "pyspark.daemon" in " ".join(process.cmdline())] == []
