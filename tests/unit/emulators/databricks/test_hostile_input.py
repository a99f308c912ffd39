"""No input, however malformed, makes the workspace answer 500: whatever is wrong is told in Databricks's dialect."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.databricks.routes import app
from emulators.databricks.runtime.runs import NotebookRunSpec, RunResult
from emulators.databricks.service import DatabricksService
from emulators.databricks.settings import DatabricksSettings
from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer

VERIFIER = TokenIssuer(TokenIssuer.generate(), "tenant").verifier()
TOKEN = "dapi-token"
_TASK = {
    "task_key": "a",
    "run_if": "ALL_SUCCESS",
    "depends_on": [],
    "existing_cluster_id": "local",
    "notebook_task": {"notebook_path": "/Shared/n", "base_parameters": {"p": "v"}, "source": "WORKSPACE"},
    "libraries": [{"pypi": {"package": "pytest"}}],
    "timeout_seconds": 5,
    "max_retries": 0,
    "min_retry_interval_millis": 0,
    "retry_on_timeout": False,
}
_SETTINGS = {
    "name": "job",
    "tasks": [_TASK, {**_TASK, "task_key": "b", "depends_on": [{"task_key": "a"}]}],
    "parameters": [{"name": "p", "default": "d"}],
    "job_clusters": [{"job_cluster_key": "k", "new_cluster": {"spark_version": "x"}}],
    "timeout_seconds": 0,
    "max_concurrent_runs": 1,
    "queue": {"enabled": True},
    "schedule": {"pause_status": "PAUSED"},
    "email_notifications": {},
}
_CLUSTER = {
    "cluster_id": "local",
    "spark_version": "x",
    "cluster_name": "c",
    "num_workers": 1,
    "node_type_id": "n",
    "spark_conf": {"spark.databricks.x": "1"},
    "spark_env_vars": {},
    "init_scripts": [],
}
_PYTHON = {"python_file": "dbfs:/x/file", "parameters": ["a", "{{job.parameters.p}}"], "source": "WORKSPACE"}
_PYTHON_TASK = {
    **{name: value for name, value in _TASK.items() if name != "notebook_task"},
    "spark_python_task": _PYTHON,
}
_FLAT = {name: _TASK[name] for name in ("existing_cluster_id", "notebook_task", "libraries", "max_retries")}
_SECRET = {"scope": "s", "key": "k", "string_value": "v"}
_MOUNT = {"mount_point": "/mnt/x", "source": "wasbs://c@a.blob.core.windows.net/", "extra_configs": {"k": "v"}}
_FILE = {"path": "/x/file", "contents": "QQ==", "overwrite": True}
VALID: list[tuple[str, str, Any]] = [
    ("GET", "/api/2.0/workspace/list", {"path": "/Shared", "notebooks_modified_after": 0}),
    (
        "POST",
        "/api/2.0/workspace/import",
        {"path": "/Shared/i", "content": "QQ==", "format": "AUTO", "language": "PYTHON"},
    ),
    (
        "POST",
        "/api/2.0/workspace/import",
        {"path": "/Shared/j", "content": "e30=", "format": "JUPYTER", "overwrite": True},
    ),
    ("GET", "/api/2.0/workspace/export", {"path": "/Shared/n", "format": "JUPYTER", "direct_download": True}),
    ("POST", "/api/2.0/workspace/mkdirs", {"path": "/Shared/d"}),
    ("POST", "/api/2.0/workspace/delete", {"path": "/Shared/n", "recursive": True}),
    ("POST", "/api/2.2/jobs/create", _SETTINGS),
    ("GET", "/api/2.2/jobs/list", {"limit": 5, "name": "job", "page_token": "5", "expand_tasks": True}),
    ("POST", "/api/2.2/jobs/update", {"job_id": 1, "new_settings": _SETTINGS, "fields_to_remove": ["tasks/a"]}),
    ("POST", "/api/2.2/jobs/reset", {"job_id": 1, "new_settings": _SETTINGS}),
    (
        "POST",
        "/api/2.2/jobs/run-now",
        {"job_id": 1, "job_parameters": {"p": "v"}, "queue": {"enabled": True}, "only": []},
    ),
    ("POST", "/api/2.2/jobs/runs/submit", {**_SETTINGS, "run_name": "r", "idempotency_token": "t"}),
    ("POST", "/api/2.0/jobs/runs/submit", {**_FLAT, "run_name": "r", "run_type": "SUBMIT_RUN"}),
    ("POST", "/api/2.2/jobs/runs/submit", {**_SETTINGS, "tasks": [_PYTHON_TASK]}),
    ("POST", "/api/2.2/jobs/run-now", {"job_id": 1, "notebook_params": {"p": "v"}, "python_params": ["v"]}),
    ("GET", "/api/2.2/jobs/runs/get", {"run_id": 1, "page_token": "0"}),
    (
        "GET",
        "/api/2.2/jobs/runs/list",
        {"limit": 5, "job_id": 1, "active_only": True, "start_time_from": 0, "run_type": "x"},
    ),
    ("GET", "/api/2.2/jobs/runs/get-output", {"run_id": 1}),
    ("POST", "/api/2.2/jobs/runs/cancel", {"run_id": 1}),
    ("POST", "/api/2.2/jobs/runs/cancel-all", {"job_id": 1, "all_queued_runs": True}),
    ("POST", "/api/2.1/clusters/create", _CLUSTER),
    ("POST", "/api/2.1/clusters/edit", _CLUSTER),
    ("GET", "/api/2.1/clusters/list", {"filter_by": {"cluster_states": ["RUNNING"]}}),
    ("POST", "/api/2.1/clusters/events", {"cluster_id": "local", "limit": 1, "offset": 0}),
    ("POST", "/api/2.0/libraries/install", {"cluster_id": "local", "libraries": [{"pypi": {"package": "x==1"}}]}),
    ("POST", "/api/2.0/libraries/uninstall", {"cluster_id": "local", "libraries": [{"jar": "x"}]}),
    ("POST", "/api/2.0/secrets/scopes/create", {"scope": "s2", "scope_backend_type": "DATABRICKS"}),
    ("POST", "/api/2.0/secrets/put", _SECRET),
    ("POST", "/api/2.0/secrets/acls/put", {"scope": "s", "principal": "p", "permission": "READ"}),
    ("POST", "/api/2.0/dbfs/create", {"path": "/x/y", "overwrite": True}),
    ("POST", "/api/2.0/dbfs/add-block", {"handle": 1, "data": "QQ=="}),
    ("POST", "/api/2.0/dbfs/put", _FILE),
    ("GET", "/api/2.0/dbfs/read", {"path": "/x/file", "offset": 0, "length": 5}),
    ("GET", "/api/2.0/dbfs/list", {"path": "/"}),
    ("POST", "/api/2.0/dbfs/move", {"source_path": "/x", "destination_path": "/y"}),
    ("POST", "/api/2.0/dbfs/delete", {"path": "/x", "recursive": True}),
    ("POST", "/api/2.0/token/create", {"comment": "c", "lifetime_seconds": 60}),
    ("PUT", "/__emulator/mounts", [_MOUNT]),
    ("DELETE", "/__emulator/mounts", [_MOUNT]),
    ("GET", "/", {"run": 1, "signature": "x"}),
]
_WORDS = ["", "/", "/Shared", "/a\x00b", "-1", "9" * 40, "../..", "dbfs:/x", "\ud800", "é" * 300]
_leaf = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(_WORDS)
_junk = _leaf | st.lists(_leaf, max_size=2) | st.dictionaries(st.sampled_from(["task_key", "a", ""]), _leaf, max_size=2)


@st.composite
def _spoilt(draw: st.DrawFn, document: Any) -> Any:
    """A document with one value, at any depth, replaced by junk."""
    if not document or not isinstance(document, dict | list) or draw(st.integers(0, 5)) == 0:
        return draw(_junk)
    if isinstance(document, list):
        place = draw(st.integers(0, len(document) - 1))
        return [*document[:place], draw(_spoilt(document[place])), *document[place + 1 :]]
    name = draw(st.sampled_from(sorted(document)))
    return {**document, name: draw(_spoilt(document[name]))}


class _Runner:
    async def run(self, _: NotebookRunSpec) -> RunResult:
        return RunResult("SUCCESS", None, None, None, "", None)

    async def cancel(self, run_id: int) -> None:
        """Nothing runs long enough."""


def _workspace(folder: Path) -> Any:
    names = DatabricksSettings(
        address="http://workspace",
        workspace_id="12",
        token=TOKEN,
        dbfs_root=folder / "dbfs",
        cluster_id="local",
        cluster_name="local",
        spark_version="17.3.x-scala2.13",
        store=DocumentStore(),
        clock=VirtualClock(),
        verifier=VERIFIER,
        user_name="me@example.com",
    )
    return app(DatabricksService(names, _Runner()))


_READ_AFTERWARDS = (
    "/api/2.2/jobs/list?expand_tasks=true",
    "/api/2.2/jobs/runs/list?expand_tasks=true",
    "/api/2.1/clusters/list",
    "/api/2.0/libraries/all-cluster-statuses",
    "/__emulator/mounts",
)


async def _prepared(http: httpx.AsyncClient) -> int:
    """Put something there for the calls to meet; returns the id of a job."""
    notebook = {"path": "/Shared/n", "content": "QQ==", "language": "PYTHON"}
    for path, body in (
        ("workspace/import", notebook),
        ("secrets/scopes/create", {"scope": "s"}),
        ("secrets/put", _SECRET),
        ("dbfs/put", _FILE),
    ):
        assert (await http.post(f"/api/2.0/{path}", json=body)).status_code == 200
    return int((await http.post("/api/2.2/jobs/create", json=_SETTINGS)).json()["job_id"])


async def _answers(folder: Path, method: str, path: str, body: Any) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app=_workspace(folder))
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://workspace", headers=headers) as http:
        job_id = await _prepared(http)
        if isinstance(body, dict) and body.get("job_id") == 1:
            body = {**body, "job_id": job_id}
        if method == "GET":
            given = body.items() if isinstance(body, dict) else ()
            query = {name: str(value).encode("utf-8", "replace").decode() for name, value in given}
            return [await http.get(path, params=query)]
        answer = await http.request(method, path, content=json.dumps(body))
        # what was accepted must also be readable afterwards
        return [answer, *[await http.get(later) for later in _READ_AFTERWARDS]]


def _considered(answer: httpx.Response) -> bool:
    known = answer.status_code in (200, 400, 401, 403, 404, 409, 501)
    return known and (answer.status_code == 200 or {"error_code", "message"} <= answer.json().keys())


@pytest.mark.parametrize(("method", "path", "body"), VALID)
@given(data=st.data())
@settings(max_examples=12, suppress_health_check=list(HealthCheck))
def test_every_answer_is_a_considered_one(
    tmp_path: Path, method: str, path: str, body: Any, data: st.DataObject
) -> None:
    spoilt = data.draw(_spoilt(body))
    for answer in asyncio.run(_answers(tmp_path, method, path, spoilt)):
        assert _considered(answer), answer.text
