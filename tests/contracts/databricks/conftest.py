"""A workspace on a real socket with a hand-written runtime, and the unmodified databricks-sdk as its client."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.core import Config
from databricks.sdk.service import jobs as sdk_jobs
from databricks.sdk.service import workspace as sdk_workspace

from emulators.databricks.routes import app
from emulators.databricks.runtime.runs import PythonRunSpec, RunResult, RunSpec
from emulators.databricks.service import DatabricksService
from emulators.databricks.settings import DatabricksSettings
from emulators.kernel.clock import RealClock
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer

TOKEN = "dapi0123456789abcdef0123456789abcdef-2"
_KEY = TokenIssuer.generate()
Behaviour = Callable[[RunSpec], Awaitable[RunResult]]


def succeeded(value: str | None = None) -> RunResult:
    return RunResult("SUCCESS", value, None, None, "", None)


@dataclass
class FakeRunner:
    """A runtime whose notebooks and files are Python functions, by path; one without succeeds with no value."""

    behaviours: dict[str, Behaviour] = field(default_factory=dict)
    specs: list[RunSpec] = field(default_factory=list)
    canceled: dict[int, asyncio.Event] = field(default_factory=dict)
    active: int = 0
    most_active: int = 0

    async def run(self, spec: RunSpec) -> RunResult:
        self.specs.append(spec)
        self.canceled[spec.run_id] = asyncio.Event()
        self.active += 1
        self.most_active = max(self.most_active, self.active)
        try:
            path = spec.python_file if isinstance(spec, PythonRunSpec) else spec.notebook_path
            return await self.behaviours.get(path, self._succeed)(spec)
        finally:
            self.active -= 1

    async def cancel(self, run_id: int) -> None:
        if run_id in self.canceled:
            self.canceled[run_id].set()

    async def _succeed(self, _: RunSpec) -> RunResult:
        return succeeded()

    async def never_ends(self, spec: RunSpec) -> RunResult:
        """A notebook that only a cancel ends."""
        await self.canceled[spec.run_id].wait()
        return replace(succeeded(), outcome="CANCELED")


@dataclass
class Workspace:
    """A served workspace: its client and what a test may look behind."""

    client: WorkspaceClient
    service: DatabricksService
    runner: FakeRunner
    settings: DatabricksSettings
    issuer: TokenIssuer

    async def call(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call the blocking SDK without blocking the workspace, which lives in the same loop."""
        return await asyncio.to_thread(method, *args, **kwargs)

    async def listed(self, method: Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        return await asyncio.to_thread(lambda: list(method(*args, **kwargs)))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that no answer of the API tells."""
        async with asyncio.timeout(10):
            while not condition():  # noqa: ASYNC110 - the condition has no event
                await asyncio.sleep(0.005)

    async def notebook(self, path: str = "/Shared/n") -> str:
        await self.call(
            self.client.workspace.upload,
            path,
            b"# Databricks notebook source\nprint(1)\n",
            format=sdk_workspace.ImportFormat.SOURCE,
            language=sdk_workspace.Language.PYTHON,
            overwrite=True,
        )
        return path

    async def submit(self, *tasks: sdk_jobs.SubmitTask, **kwargs: Any) -> int:
        waiter = await self.call(self.client.jobs.submit, tasks=list(tasks), **kwargs)
        return int(waiter.run_id)

    async def ended(self, run_id: int, within: float = 10) -> sdk_jobs.Run:
        return await self.reached(run_id, "TERMINATED", "SKIPPED", "INTERNAL_ERROR", within=within)

    async def reached(self, run_id: int, *states: str, within: float = 10) -> sdk_jobs.Run:
        """The run as soon as its life cycle state is one of `states`; `within` real seconds."""
        async with asyncio.timeout(within):
            while True:
                run: sdk_jobs.Run = await self.call(self.client.jobs.get_run, run_id)
                if run.state.life_cycle_state.value in states:
                    return run
                await asyncio.sleep(0.005)


def task(key: str = "main", path: str = "/Shared/n", after: tuple[str, ...] = (), **kwargs: Any) -> sdk_jobs.SubmitTask:
    parameters = kwargs.pop("parameters", None)
    return sdk_jobs.SubmitTask(
        task_key=key,
        notebook_task=sdk_jobs.NotebookTask(notebook_path=path, base_parameters=parameters),
        existing_cluster_id="1122-000000-drydock",
        depends_on=[sdk_jobs.TaskDependency(task_key=each) for each in after],
        **kwargs,
    )


def connect(host: str, token: str) -> WorkspaceClient:
    """The unmodified client; a short retry time so that a broken emulator fails a test soon."""
    return WorkspaceClient(config=Config(host=host, token=token, auth_type="pat", retry_timeout_seconds=5))


@asynccontextmanager
async def served(folder: Path, runner: FakeRunner, **changes: Any) -> AsyncIterator[Workspace]:
    """A workspace over the state in `folder`."""
    listener = Listener.reserve()
    issuer = TokenIssuer(_KEY, "11111111-2222-3333-4444-555555555555")
    store = DocumentStore(folder / "state.sqlite")
    settings = DatabricksSettings(
        address=listener.address(),
        workspace_id="1234567890123456",
        token=TOKEN,
        dbfs_root=folder / "dbfs",
        cluster_id="1122-000000-drydock",
        cluster_name="drydock",
        spark_version="17.3.x-scala2.13",
        store=store,
        clock=RealClock(),
        verifier=issuer.verifier(),
        user_name="someone@example.com",
        **changes,
    )
    service = DatabricksService(settings, runner)
    await service.start()
    async with serve(app(service), listener):
        client = await asyncio.to_thread(connect, settings.address, TOKEN)
        yield Workspace(client, service, runner, settings, issuer)
        await service.stop()
    store.close()


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner()


@pytest.fixture
async def workspace(tmp_path: Path, runner: FakeRunner) -> AsyncIterator[Workspace]:
    async with served(tmp_path, runner) as started:
        yield started


@pytest.fixture(scope="session")
def serve_workspace() -> Callable[..., Any]:
    """For tests that start a workspace twice over the same state, or with other settings."""
    return served


@pytest.fixture
def make_task() -> Callable[..., sdk_jobs.SubmitTask]:
    return task
