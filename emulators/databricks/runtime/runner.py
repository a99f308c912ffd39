"""Runs notebooks and Python files: a Python process per run, attached to the warm Spark driver, watched to its end.

This is the door of the runtime. The workspace's REST side builds one `TaskRunner` and calls `run` for every task;
several runs may be under way at once. Whatever the code does, its run ends with a `RunResult`.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from emulators.databricks.runtime.process_family import OutputLog, ProcessFamily
from emulators.databricks.runtime.process_order import ProcessOrder, ProcessReport
from emulators.databricks.runtime.runs import (
    NotebookRunSpec,
    Outcome,
    PythonRunSpec,
    RunContext,
    RunResult,
    RunSpec,
)
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark import Gateway, SparkDriver, SparkDriverError, pipe
from emulators.kernel.processes import Child, start_child

__all__ = ["NotebookRunSpec", "Outcome", "PythonRunSpec", "RunContext", "RunResult", "TaskRunner"]

_GRACE = 2.0  # seconds between asking a run's processes to end and making them
_ENTRY = "from emulators.databricks.runtime.run_process import main; main()"

# What a run may see of the environment Drydock was started in. The rest stays out, as it does not exist on a
# cluster: code that leans on the laptop's variables should fail here and not only there.
_INHERITED = (
    "HOME",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "PATH",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "TMPDIR",
    "USER",
)


class _Run:
    """A run under way: whether somebody asked for its end."""

    def __init__(self) -> None:
        self.cancelled = asyncio.Event()


class TaskRunner:
    """Starts, watches and ends the processes of runs on one Spark driver."""

    def __init__(self, driver: SparkDriver, settings: RuntimeSettings) -> None:
        self._driver = driver
        self._settings = settings
        self._runs: dict[int, _Run] = {}

    async def run(self, spec: RunSpec) -> RunResult:
        """Run a notebook or a Python file to its end and say how it ended; never raises for what the code did.

        Raises InstallationError or SparkDriverError when Spark cannot be started.
        """
        if spec.run_id in self._runs:
            raise ValueError(f"Run {spec.run_id} is under way already.")
        self._runs[spec.run_id] = run = _Run()
        self._settings.work_dir.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"run-{spec.run_id}-", dir=self._settings.work_dir.absolute()))
        try:
            gateway = await self._driver.open_gateway(spec.job_group)
            try:
                result = await self._run_attached(spec, run, gateway, folder)
            finally:
                driver_lives = await self._close(spec.job_group)
            if result.outcome == "FAILED" and not driver_lives:
                return replace(result, error=f"Spark's driver ended while the {spec.noun} used it. {result.error}")
            return result
        finally:
            del self._runs[spec.run_id]
            await asyncio.to_thread(shutil.rmtree, folder, True)

    async def cancel(self, run_id: int) -> None:
        """End a run: its Spark jobs, then its processes; its `run` returns CANCELED.

        An unknown or ended run is no error.
        """
        run = self._runs.get(run_id)
        if run is not None:
            run.cancelled.set()

    async def _close(self, job_group: str) -> bool:
        """Shut the run's way into Spark; False when there is no driver to shut it any more."""
        try:
            await self._driver.close_gateway(job_group)
        except SparkDriverError:
            return False
        return self._driver.running

    async def _run_attached(self, spec: RunSpec, run: _Run, gateway: Gateway, folder: Path) -> RunResult:
        log = OutputLog()
        child = await self._start(spec, gateway, folder, log)
        family = ProcessFamily(child.pid, self._settings.memory_limit_bytes)
        watching = asyncio.create_task(family.watch_memory())
        try:
            ended_by = await _first_end(child, run, spec.timeout_seconds, watching)
            if ended_by is not None:
                with contextlib.suppress(SparkDriverError):
                    await self._driver.cancel_job_group(spec.job_group)
        finally:
            watching.cancel()
            code = await child.terminate(_GRACE)
            family.end_strays()
        return _result(spec.noun, ended_by, code, ProcessReport.read(folder), await log.text(), family)

    async def _start(self, spec: RunSpec, gateway: Gateway, folder: Path, log: OutputLog) -> Child:
        settings = self._settings
        order = ProcessOrder(
            spec=spec,
            gateway_port=gateway.port,
            gateway_token=gateway.token,
            run_folder=str(folder),
            dbfs_root=str(settings.dbfs_root.absolute()),
            proxy=settings.proxy,
            ca_pem=str(settings.ca_pem.absolute()) if settings.ca_pem else None,
        )
        child = await start_child(
            [settings.python, "-P", "-c", _ENTRY],
            name=f"{spec.noun} run {spec.run_id}",
            env=run_environment(os.environ, spec.context),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=log.write_end,
            stderr=asyncio.subprocess.STDOUT,
        )
        log.started()
        stdin = pipe(child.process.stdin)
        stdin.write(order.to_json().encode())
        stdin.close()
        return child


def run_environment(inherited: Mapping[str, str], context: RunContext) -> dict[str, str]:
    """The environment variables of a run's process."""
    return {name: inherited[name] for name in _INHERITED if name in inherited} | {
        "DATABRICKS_RUNTIME_VERSION": "17.3",
        "DATABRICKS_HOST": context.host,
        "DATABRICKS_TOKEN": context.token,
        "PYTHONUTF8": "1",
        "TZ": "Etc/UTC",
    }


async def _first_end(child: Child, run: _Run, timeout: float | None, watching: asyncio.Task[None]) -> Outcome | None:
    """Wait for whatever ends the run first; None when it ended by itself, FAILED when it took too much memory."""
    ended = asyncio.create_task(child.process.wait())
    cancelled = asyncio.create_task(run.cancelled.wait())
    try:
        done, _ = await asyncio.wait(
            {ended, cancelled, watching}, timeout=timeout or None, return_when=asyncio.FIRST_COMPLETED
        )
    finally:
        cancelled.cancel()
    if ended in done:
        return None
    ended.cancel()
    if cancelled in done:
        return "CANCELED"
    return "FAILED" if watching in done else "TIMEDOUT"


def _result(
    noun: str, ended_by: Outcome | None, code: int, report: ProcessReport | None, logs: str, family: ProcessFamily
) -> RunResult:
    peak = max(family.peak, (report.peak_memory_bytes if report else None) or 0) or None
    if ended_by is not None:
        return RunResult(ended_by, None, _reason(noun, ended_by, family), None, logs, peak)
    if report is None:
        return RunResult("FAILED", None, _died(noun, code), None, logs, peak)
    outcome: Outcome = "SUCCESS" if report.succeeded else "FAILED"
    return RunResult(outcome, report.exit_value, report.error, report.error_trace, logs, peak, report.task_values)


def _reason(noun: str, ended_by: Outcome, family: ProcessFamily) -> str:
    if ended_by == "TIMEDOUT":
        return f"The {noun} ran longer than its timeout."
    if ended_by == "CANCELED":
        return "The run was canceled."
    taken, limit = family.peak >> 20, family.limit >> 20
    return f"The {noun}'s processes took {taken} MiB of memory; the limit is {limit} MiB. They were ended."


def _died(noun: str, code: int) -> str:
    """Why a process that left no report is gone."""
    if code >= 0:
        return f"The {noun}'s Python process exited with code {code} before the {noun} ended."
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    hint = " The machine was probably out of memory." if name == "SIGKILL" else ""
    return f"The {noun}'s Python process was ended by {name}.{hint}"
