"""Running pipelines: data first, then one real process per step, one after another.

A run ends in exactly one way: Finished, Failed with the reason and the end of its log, or Canceled with its whole
process group gone. While a run is active the cloud's clock does not jump: its work is real.
"""

import asyncio
import logging
import os
import signal
import threading
import time
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from emulators.azureml.artifacts import RunFolder, SnapshotTooLarge
from emulators.azureml.datafiles import DataSource, DataUnavailable
from emulators.azureml.definitions import Endpoint, Pipeline, Step
from emulators.azureml.environment import Workspace, step_environment
from emulators.azureml.logfile import LogFile, tail
from emulators.azureml.runs import CANCELED, FAILED, FINISHED, RUNNING, DataFile, PipelineRun, RunTable, StepRun
from emulators.azureml.tokens import RunTokens
from emulators.kernel.clock import Clock
from emulators.kernel.processes import start_child

STOPPED = "The emulator was stopped while the run was active; nothing of it runs any more. Submit it again."
"""Why a run failed that was active when the cloud ended, by request or by a kill."""

_GRACE = 3.0
_DRAIN = 5.0
_CHUNK = 65536
_CAUSE = 1000  # characters of an unexpected cause that a run tells; the log has all of it

_logger = logging.getLogger("drydock.azureml")


class Runner:
    """Executes runs, at most `limit` at a time; the others wait in the order of their submission."""

    def __init__(
        self,
        *,
        runs: RunTable,
        workspace: Workspace,
        data: DataSource,
        tokens: RunTokens,
        clock: Clock,
        work_folder: Path,
        python: str,
        limit: int,
    ) -> None:
        self._runs = runs
        self._workspace = workspace
        self._data = data
        self._tokens = tokens
        self._clock = clock
        self._work_folder = work_folder
        self._python = python
        self._turns = asyncio.Semaphore(limit)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._cancelled: set[str] = set()

    def folder(self, run: PipelineRun) -> RunFolder:
        """The working folder of a run."""
        return RunFolder(self._work_folder / run.id)

    def start(self, run: PipelineRun, endpoint: Endpoint, pipeline: Pipeline) -> None:
        """Begin a run; returns at once."""
        task = asyncio.create_task(self._execute(run, endpoint, pipeline), name=f"azureml run {run.id}")
        self._tasks[run.id] = task
        task.add_done_callback(lambda _: self._ended(run))

    def cancel(self, run: PipelineRun) -> None:
        """Ask a run to end; it is Canceled once its processes are gone. Nothing happens to a run that is over."""
        task = self._tasks.get(run.id)
        if task is not None and run.id not in self._cancelled:
            self._cancelled.add(run.id)
            task.cancel()

    async def stop(self) -> None:
        """End every run; they are Failed, saying why."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, run: PipelineRun) -> None:
        del self._tasks[run.id]
        if not run.progress.over:  # a task that is cancelled before its first turn runs nothing at all
            self._finish(run, *self._interrupted(run))

    def _interrupted(self, run: PipelineRun) -> tuple[str, str | None]:
        return (CANCELED, None) if run.id in self._cancelled else (FAILED, STOPPED)

    async def _execute(self, run: PipelineRun, endpoint: Endpoint, pipeline: Pipeline) -> None:
        with self._clock.work():
            began = time.monotonic()
            try:
                async with self._turns:
                    run.progress.enter(RUNNING, self._clock.now())
                    self._runs.save(run)
                    status, detail = await self._outcome(run, endpoint, pipeline)
            except asyncio.CancelledError:
                status, detail = self._interrupted(run)
            except (DataUnavailable, SnapshotTooLarge) as error:
                status, detail = FAILED, str(error)
            except Exception as error:
                _logger.exception("run %s failed in the emulator", run.id)
                status, detail = FAILED, f"The emulator could not run the pipeline: {str(error)[:_CAUSE]}"
            run.seconds = round(time.monotonic() - began, 3)
            self._finish(run, status, detail)

    def _finish(self, run: PipelineRun, status: str, detail: str | None) -> None:
        now = self._clock.now()
        close_steps(run, status, now)
        run.progress.enter(status, now, detail)
        self._runs.save(run)
        self._cancelled.discard(run.id)
        _logger.info("run %s of experiment %s is %s", run.id, run.request.experiment, status)

    async def _outcome(self, run: PipelineRun, endpoint: Endpoint, pipeline: Pipeline) -> tuple[str, str | None]:
        """Do everything a run does; the state it ends in and the detail."""
        folder = self.folder(run)
        await asyncio.to_thread(folder.prepare, endpoint.folder)
        files = await self._fetch(run, pipeline, folder)
        failures: list[str] = []
        for step, step_run in zip(pipeline.steps, run.steps, strict=True):
            await self._step(run, step, step_run, folder, files)
            if step_run.progress.status == FAILED:
                failures.append(step_run.progress.detail or "")
                if not run.request.continue_on_failure:
                    break
        if run.failure is not None:
            failures.append(f"A script declared the run failed: {run.failure}")
        return (FAILED, "\n".join(failures)) if failures else (FINISHED, None)

    async def _fetch(self, run: PipelineRun, pipeline: Pipeline, folder: RunFolder) -> dict[str, Path]:
        """Download what the parameters name; the local file of each. Raises DataUnavailable."""
        stop = threading.Event()
        files: dict[str, Path] = {}
        try:
            for parameter in sorted(pipeline.data_parameters()):
                if pipeline.datastore is None:
                    raise DataUnavailable(f"The pipeline has no datastore for the parameter '{parameter}'.")
                path = str(run.request.parameters[parameter])
                files[parameter], file = await asyncio.to_thread(
                    self._data.fetch, parameter, path, pipeline.datastore, folder.inputs / parameter, stop
                )
                self._record(run, file)
        finally:
            stop.set()
        return files

    def _record(self, run: PipelineRun, file: DataFile) -> None:
        run.files.append(file)
        run.properties.update(lineage(file))
        self._runs.save(run)

    async def _step(
        self, run: PipelineRun, step: Step, step_run: StepRun, folder: RunFolder, files: dict[str, Path]
    ) -> None:
        """Run one step to its end and write down how it ended."""
        step_run.progress.enter(RUNNING, self._clock.now())
        self._runs.save(run)
        began = time.monotonic()
        arguments = [self._python, str(folder.root / step.script), *step.filled(run.request.parameters, files)]
        with self._tokens.issued(run.id) as token:
            environment = step_environment(self._workspace, run, step_run, token)
            try:
                step_run.exit_code = await _process(arguments, environment, folder, f"step {step.name}")
            finally:
                step_run.seconds = round(time.monotonic() - began, 3)
        failure = _failure(step_run, folder)
        step_run.progress.enter(FAILED if failure else FINISHED, self._clock.now(), failure)
        self._runs.save(run)


def close_steps(run: PipelineRun, status: str, now: datetime) -> None:
    """A run that is over has no open steps: those that ran end as the run does, the others never will."""
    for step in run.steps:
        if not step.progress.over:
            ran = step.progress.status == RUNNING
            step.progress.enter(FAILED if ran and status == FAILED else CANCELED, now)


def lineage(file: DataFile) -> dict[str, str]:
    """The run's properties that say which data it read: `data_file`, `data_file_sha256`, … for `data_file_path`."""
    name = file.parameter.removesuffix("_path")
    return {
        name: f"{file.container}/{file.path}",
        f"{name}_sha256": file.sha256,
        f"{name}_etag": file.etag,
        f"{name}_size": str(file.size),
    }


def _failure(step: StepRun, folder: RunFolder) -> str | None:
    """Why a step failed, with the end of the log, or None."""
    if step.exit_code == 0 and step.failure is None:
        return None
    if step.failure is not None:
        reason = f"declared itself failed: {step.failure}"
    elif step.exit_code is not None and step.exit_code < 0:
        reason = f"was ended by signal {_signal_name(-step.exit_code)}"
    else:
        reason = f"ended with exit code {step.exit_code}"
    end = tail(folder.log)
    return f"Step '{step.name}' {reason}." + (f" The end of its log:\n{end}" if end else " Its log is empty.")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


async def _process(arguments: list[str], environment: dict[str, str], folder: RunFolder, name: str) -> int:
    """Run a program to its end with its output in the run's log; the exit code. Cancelled: the group is ended."""
    # a pipe of our own: asyncio's would keep the exit code back while a grandchild holds the other end
    read_end, write_end = os.pipe()
    source = os.fdopen(read_end, "rb", 0)
    log = LogFile(folder.log)
    try:
        try:
            child = await start_child(
                arguments,
                name=name,
                env=environment,
                cwd=folder.root,
                stdout=write_end,
                stderr=asyncio.subprocess.STDOUT,
            )
        finally:
            os.close(write_end)
        pump = asyncio.create_task(_pump(source, log), name=f"log of {name}")
        try:
            await child.process.wait()
        finally:
            code = await child.terminate(_GRACE)
            await asyncio.wait([pump], timeout=_DRAIN)
            pump.cancel()
    finally:
        log.close()
        source.close()
    return code


async def _pump(source: BinaryIO, log: LogFile) -> None:
    reader = asyncio.StreamReader(limit=_CHUNK)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), source)
    try:
        while data := await reader.read(_CHUNK):
            log.feed(data)
    finally:
        transport.close()
