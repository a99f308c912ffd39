"""A storage account and a Spark driver, started once, and the smallest workspace a notebook can run in."""

import asyncio
import base64
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import pytest_asyncio
from azure.storage.blob import BlobServiceClient, ContainerClient

from emulators.databricks.runtime.runner import NotebookRunSpec, PythonRunSpec, RunContext, RunResult, TaskRunner
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark import SparkDriver
from emulators.kernel.cache import cache_folder
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.server import Listener
from emulators.kernel.store import DocumentStore
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

ACCOUNT = "lakeaccount"
TOKEN = "dapi00000000000000000000000000000001"
HEADER = "# Databricks notebook source\n"
CELL_BREAK = "\n\n# COMMAND ----------\n\n"


def notebook(*cells: str) -> str:
    """A Python notebook in SOURCE format."""
    return HEADER + CELL_BREAK.join(cells)


@dataclass
class FakeWorkspace:
    """The parts of the workspace's REST API that a notebook calls, over a real socket, from dictionaries."""

    notebooks: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    secrets: dict[tuple[str, str], str] = field(default_factory=dict)
    mounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    run: Callable[[str, dict[str, str], float | None], Future[RunResult]] | None = None
    cancelled: list[int] = field(default_factory=list)
    _runs: dict[int, Future[RunResult]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(9000))

    def answer(self, method: str, path: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        known = {
            "/api/2.0/workspace/get-status": self._status,
            "/api/2.0/workspace/list": self._list,
            "/api/2.0/workspace/export": self._export,
            "/api/2.0/secrets/get": self._secret,
            "/api/2.0/secrets/list": self._secrets,
            "/api/2.0/secrets/scopes/list": self._scopes,
            "/api/2.1/jobs/runs/submit": self._submit,
            "/api/2.1/jobs/runs/get": self._run,
            "/api/2.1/jobs/runs/get-output": self._output,
            "/__emulator/mounts": self._mounts,
        }
        return known[path](method, query, body)

    def _status(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        path = query["path"]
        if path in self.notebooks:
            return 200, {"path": path, "object_type": "NOTEBOOK", "language": "PYTHON"}
        if path in self.files:
            return 200, {"path": path, "object_type": "FILE"}
        return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": f"Path ({path}) doesn't exist."}

    def _list(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        folder = query["path"].rstrip("/") + "/"
        found = {}
        for path in [*self.notebooks, *self.files]:
            if path.startswith(folder):
                name, _, below = path.removeprefix(folder).partition("/")
                kind = "DIRECTORY" if below else "NOTEBOOK" if path in self.notebooks else "FILE"
                found[name] = {"path": folder + name, "object_type": kind}
        return 200, {"objects": list(found.values())} if found else {}

    def _export(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        path = query["path"]
        content = self.notebooks[path].encode() if path in self.notebooks else self.files[path]
        return 200, {"content": base64.b64encode(content).decode()}

    def _secret(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        found = self.secrets.get((query["scope"], query["key"]))
        if found is None:
            return 404, {"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Secret does not exist"}
        return 200, {"key": query["key"], "value": base64.b64encode(found.encode()).decode()}

    def _secrets(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return 200, {"secrets": [{"key": key} for scope, key in self.secrets if scope == query["scope"]]}

    def _scopes(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        return 200, {"scopes": [{"name": scope} for scope in sorted({scope for scope, _ in self.secrets})]}

    def _submit(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        task = body["tasks"][0]["notebook_task"]
        run_id = next(self._ids)
        assert self.run is not None
        self._runs[run_id] = self.run(task["notebook_path"], task["base_parameters"], body["timeout_seconds"])
        return 200, {"run_id": run_id}

    def _run(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        run_id = int(query["run_id"])
        if not self._runs[run_id].done():
            return 200, {"state": {"life_cycle_state": "RUNNING"}}
        outcome = self._runs[run_id].result().outcome
        return 200, {
            "state": {"life_cycle_state": "TERMINATED", "result_state": outcome},
            "tasks": [{"run_id": run_id}],
        }

    def _output(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        value = self._runs[int(query["run_id"])].result().exit_value
        return 200, {"notebook_output": {} if value is None else {"result": value}}

    def _mounts(self, method: str, query: dict[str, str], body: Any) -> tuple[int, Any]:
        for entry in body or []:
            if method == "PUT":
                self.mounts[entry["mount_point"]] = entry
            else:
                del self.mounts[entry["mount_point"]]
        return 200, list(self.mounts.values())


def _handler(workspace: FakeWorkspace) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        wbufsize = 1 << 16

        def _serve(self) -> None:
            address = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            if self.headers["Authorization"] != f"Bearer {TOKEN}":
                status, answer = 403, {"error_code": "403", "message": "Invalid access token."}
            else:
                status, answer = workspace.answer(self.command, address.path, query, body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    return Handler


@dataclass
class Bench:
    """Runs notebooks of a workspace on the shared driver."""

    runner: TaskRunner
    driver: SparkDriver
    workspace: FakeWorkspace
    context: RunContext
    ids: Iterator[int]
    folder: Path

    async def run(
        self,
        *cells: str,
        path: str = "/Shared/case/nb",
        timeout: float | None = None,
        run_id: int = 0,
        **parameters: str,
    ) -> RunResult:
        self.workspace.notebooks[path] = notebook(*cells)
        return await self.run_path(path, parameters, timeout, run_id)

    async def run_path(
        self, path: str, parameters: dict[str, str], timeout: float | None = None, run_id: int = 0
    ) -> RunResult:
        run_id = run_id or next(self.ids)
        return await self.runner.run(
            NotebookRunSpec(run_id, path, parameters, timeout, f"run-{run_id}", replace(self.context, job_id=77))
        )

    async def run_file(self, file: str, *parameters: str) -> RunResult:
        run_id = next(self.ids)
        return await self.runner.run(
            PythonRunSpec(run_id, file, list(parameters), None, f"run-{run_id}", replace(self.context, job_id=77))
        )


@dataclass
class Storage:
    """One storage account behind its front door, and the authority that signs for it."""

    service: StorageService
    ca_pem: Path
    key: str

    @property
    def proxy(self) -> str:
        return urlsplit(self.service.proxy_address).netloc

    def blobs(self) -> BlobServiceClient:
        return BlobServiceClient.from_connection_string(self.service.connection_string(ACCOUNT))


@pytest.fixture(scope="package")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Runs in a loop of its own thread, so that tests may use the ordinary, blocking client."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    authority = LocalAuthority(tmp_path_factory.mktemp("authority"))
    key = base64.b64encode(b"k" * 64).decode()

    async def start() -> StorageService:
        settings = StorageSettings(
            accounts={ACCOUNT: key},
            resource_ids={},
            event_grid={},
            data_folder=None,
            listener=Listener.reserve(),
            authority=authority,
            store=DocumentStore(),
        )
        service = StorageService(settings)
        await service.start()
        return service

    service = asyncio.run_coroutine_threadsafe(start(), loop).result(120)
    yield Storage(service, authority.ca_pem, key)
    asyncio.run_coroutine_threadsafe(service.stop(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def driver(
    storage: Storage, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[SparkDriver, RuntimeSettings]]:
    folder = tmp_path_factory.mktemp("spark")
    settings = RuntimeSettings(
        dbfs_root=folder / "dbfs",
        cache=cache_folder(),
        proxy=storage.proxy,
        ca_pem=storage.ca_pem,
        work_dir=folder / "work",
    )
    driver = SparkDriver(settings)
    await driver.start()
    yield driver, settings
    await driver.stop()


@pytest.fixture
def container(storage: Storage) -> Iterator[ContainerClient]:
    """A container of its own for every test."""
    client = storage.blobs().create_container(f"case{next(_CONTAINERS)}")
    yield client
    client.delete_container()


@pytest_asyncio.fixture(loop_scope="package")
async def bench(driver: tuple[SparkDriver, RuntimeSettings], tmp_path: Path) -> AsyncIterator[Bench]:
    spark, settings = driver
    workspace = FakeWorkspace()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(workspace))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    host = f"http://127.0.0.1:{server.server_port}"
    context = RunContext(
        host=host, token=TOKEN, org_id="4711", cluster_id="1123-000000-abcdefgh", user="me@example.com"
    )
    bench = Bench(TaskRunner(spark, settings), spark, workspace, context, _RUN_IDS, settings.dbfs_root)
    loop = asyncio.get_running_loop()
    workspace.run = lambda path, parameters, timeout: asyncio.run_coroutine_threadsafe(
        bench.run_path(path, parameters, timeout), loop
    )
    yield bench
    server.shutdown()
    server.server_close()


_RUN_IDS = count(1)
_CONTAINERS = count(100)
