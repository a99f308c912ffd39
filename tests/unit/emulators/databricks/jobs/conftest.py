"""An executor without sockets: a virtual clock, a store in memory and notebooks that are Python functions."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from emulators.databricks.identity.tokens import Principal
from emulators.databricks.jobs.records import Run
from emulators.databricks.runtime.runs import PythonRunSpec, RunResult, RunSpec
from emulators.databricks.service import DatabricksService
from emulators.databricks.settings import DatabricksSettings
from emulators.databricks.workspace.imports import imported
from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer

VERIFIER = TokenIssuer(TokenIssuer.generate(), "tenant").verifier()
SUCCESS = RunResult("SUCCESS", None, None, None, "", None)


@dataclass
class ScriptedRunner:
    """Gives each run of a notebook or Python file the next outcome of its script; the last one repeats."""

    scripts: dict[str, list[str]] = field(default_factory=dict)
    behaviours: dict[str, Callable[[RunSpec], Awaitable[RunResult]]] = field(default_factory=dict)
    specs: list[RunSpec] = field(default_factory=list)
    cancelled: dict[int, asyncio.Event] = field(default_factory=dict)

    async def run(self, spec: RunSpec) -> RunResult:
        self.specs.append(spec)
        self.cancelled[spec.run_id] = asyncio.Event()
        path = spec.python_file if isinstance(spec, PythonRunSpec) else spec.notebook_path
        if path in self.behaviours:
            return await self.behaviours[path](spec)
        script = self.scripts.get(path, ["SUCCESS"])
        outcome: Any = script.pop(0) if len(script) > 1 else script[0]
        return replace(SUCCESS, outcome=outcome)

    async def cancel(self, run_id: int) -> None:
        self.cancelled[run_id].set()

    async def until_cancelled(self, spec: RunSpec) -> RunResult:
        await self.cancelled[spec.run_id].wait()
        return replace(SUCCESS, outcome="CANCELED")


@dataclass
class Bench:
    """A workspace in memory and what a test needs of it."""

    service: DatabricksService
    runner: ScriptedRunner
    clock: VirtualClock

    def notebook(self, path: str) -> str:
        item = imported(path, b"# Databricks notebook source\n", "SOURCE", "PYTHON")
        self.service.tree.write(item, overwrite=True)
        return path

    def file(self, path: str, content: bytes = b"print(1)\n") -> str:
        """A file of the workspace or, with `dbfs:`, of DBFS."""
        if path.startswith("dbfs:"):
            place = self.service.settings.dbfs_root / path.removeprefix("dbfs:/")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        else:
            self.service.tree.write(imported(path, content, "AUTO", ""), overwrite=True)
        return path

    def submit(self, *tasks: dict[str, Any], **settings: Any) -> Run:
        return self.service.jobs.submit({"tasks": list(tasks), **settings}, Principal("me"))

    async def end(self, run: Run) -> Run:
        await self.until(lambda: run.ended)
        return run

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not condition():  # noqa: ASYNC110 - the condition has no event
                await asyncio.sleep(0)


@pytest.fixture
def bench(make_bench: Callable[[], Bench]) -> Bench:
    return make_bench()


@pytest.fixture
def make_bench(tmp_path: Path) -> Callable[[], Bench]:
    return lambda: _bench(tmp_path)


def _bench(folder: Path) -> Bench:
    clock, runner = VirtualClock(), ScriptedRunner()
    settings = DatabricksSettings(
        address="http://127.0.0.1:1",
        workspace_id="12",
        token="dapi-secret-token",
        dbfs_root=folder / "dbfs",
        cluster_id="local",
        cluster_name="local",
        spark_version="17.3.x-scala2.13",
        store=DocumentStore(),
        clock=clock,
        verifier=VERIFIER,
        user_name="me@example.com",
    )
    bench = Bench(DatabricksService(settings, runner), runner, clock)
    bench.notebook("/Shared/n")
    return bench
