"""The notebook's way to its own workspace: the workspace's public REST API, as on Databricks, and nothing else.

One call lies outside that API, because no public one exists: the list of mounts, which are workspace-wide
(`/__emulator/mounts`).
"""

import base64
import http.client
import json
import ssl
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

_ANSWER_LIMIT = 60.0  # seconds for one answer
_BLOCK = 1 << 20  # bytes of DBFS in one answer, documented
_POLL = (0.1, 0.2, 0.3, 0.5)  # seconds between two looks at a child run; the last one repeats


class WorkspaceError(Exception):
    """The workspace refused or could not be reached."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class WorkspaceObject:
    """What the workspace says of a path: `kind` is NOTEBOOK, FILE, DIRECTORY ….

    `language` only of notebooks (PYTHON, SQL …).
    """

    path: str
    kind: str
    language: str | None


@dataclass(frozen=True)
class Mount:
    """A mount of the workspace: `/mnt/x`, the storage address behind it and Hadoop's settings that open it."""

    mount_point: str
    source: str
    extra_configs: dict[str, str] = field(default_factory=dict)


class WorkspaceClient:
    """Calls one workspace with one token. Every method raises WorkspaceError."""

    def __init__(self, host: str, token: str, ca_pem: Path | None = None) -> None:
        self._host = host.rstrip("/")
        self._token = token
        self._opener = _opener(self._host, ca_pem)

    def get_status(self, path: str) -> WorkspaceObject:
        return _workspace_object(self._call("GET", "/api/2.0/workspace/get-status", {"path": path}))

    def list_folder(self, path: str) -> list[WorkspaceObject]:
        answer = self._call("GET", "/api/2.0/workspace/list", {"path": path})
        return [_workspace_object(entry) for entry in answer.get("objects", [])]

    def export_notebook(self, path: str) -> str:
        """A notebook's source text."""
        return self._export(path, "SOURCE").decode()

    def export_file(self, path: str) -> bytes:
        """A workspace file's bytes."""
        return self._export(path, "AUTO")

    def read_dbfs(self, path: str, limit: int) -> bytes:
        """The first `limit` bytes of a file of DBFS, its mounts and volumes included."""
        content = b""
        while len(content) < limit:
            query = {"path": path, "offset": str(len(content)), "length": str(min(_BLOCK, limit - len(content)))}
            block = base64.b64decode(self._call("GET", "/api/2.0/dbfs/read", query)["data"])
            if not block:
                break
            content += block
        return content

    def get_secret(self, scope: str, key: str) -> bytes:
        answer = self._call("GET", "/api/2.0/secrets/get", {"scope": scope, "key": key})
        return base64.b64decode(answer["value"])

    def list_secrets(self, scope: str) -> list[str]:
        return [
            entry["key"] for entry in self._call("GET", "/api/2.0/secrets/list", {"scope": scope}).get("secrets", [])
        ]

    def list_scopes(self) -> list[str]:
        return [entry["name"] for entry in self._call("GET", "/api/2.0/secrets/scopes/list").get("scopes", [])]

    def mounts(self) -> list[Mount]:
        answer = self._call("GET", "/__emulator/mounts")
        return [Mount(entry["mount_point"], entry["source"], entry.get("extra_configs") or {}) for entry in answer]

    def put_mount(self, mount: Mount) -> None:
        entry = {"mount_point": mount.mount_point, "source": mount.source, "extra_configs": mount.extra_configs}
        self._call("PUT", "/__emulator/mounts", body=[entry])

    def delete_mount(self, mount: Mount) -> None:
        self._call("DELETE", "/__emulator/mounts", body=[{"mount_point": mount.mount_point, "source": mount.source}])

    def submit_notebook(self, path: str, arguments: dict[str, str], timeout: int, cluster_id: str) -> int:
        """Start a child run and return its run id. `timeout` in seconds, 0 means none."""
        task = {
            "task_key": "child",
            "existing_cluster_id": cluster_id,
            "notebook_task": {"notebook_path": path, "base_parameters": arguments},
            "timeout_seconds": timeout,
        }
        body = {"run_name": path, "tasks": [task], "timeout_seconds": timeout}
        return int(self._call("POST", "/api/2.1/jobs/runs/submit", body=body)["run_id"])

    def wait_for_run(self, run_id: int) -> dict[str, Any]:
        """The run once it has ended, as the Jobs API shows it."""
        looks = 0
        while True:
            run: dict[str, Any] = self._call("GET", "/api/2.1/jobs/runs/get", {"run_id": str(run_id)})
            if run["state"]["life_cycle_state"] in {"TERMINATED", "SKIPPED", "INTERNAL_ERROR"}:
                return run
            time.sleep(_POLL[min(looks, len(_POLL) - 1)])
            looks += 1

    def run_output(self, task_run_id: int) -> dict[str, Any]:
        output: dict[str, Any] = self._call("GET", "/api/2.1/jobs/runs/get-output", {"run_id": str(task_run_id)})
        return output

    def cancel_run(self, run_id: int) -> None:
        self._call("POST", "/api/2.1/jobs/runs/cancel", body={"run_id": run_id})

    def _export(self, path: str, wanted: str) -> bytes:
        answer = self._call("GET", "/api/2.0/workspace/export", {"path": path, "format": wanted})
        return base64.b64decode(answer["content"])

    def _call(self, method: str, path: str, query: dict[str, str] | None = None, body: Any = None) -> Any:
        address = f"{self._host}{path}" + (f"?{urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = Request(address, method=method, data=data)  # noqa: S310 - the address is the workspace's own
        request.add_header("Authorization", f"Bearer {self._token}")
        request.add_header("Content-Type", "application/json")
        try:
            with self._opener.open(request, timeout=_ANSWER_LIMIT) as response:
                return json.loads(response.read() or b"{}")
        except HTTPError as error:
            raise _refusal(error) from None
        except (URLError, http.client.HTTPException, OSError) as error:
            raise WorkspaceError(0, "UNREACHABLE", f"The workspace at {self._host} does not answer: {error}") from None


def _opener(host: str, ca_pem: Path | None) -> OpenerDirector:
    if not host.startswith("https://"):
        return build_opener(ProxyHandler({}))  # the workspace is on this machine: a company proxy is not asked
    context = ssl.create_default_context()
    if ca_pem is not None:
        context.load_verify_locations(ca_pem)
    return build_opener(ProxyHandler({}), HTTPSHandler(context=context))


def _workspace_object(entry: dict[str, Any]) -> WorkspaceObject:
    return WorkspaceObject(entry["path"], entry["object_type"], entry.get("language"))


def _refusal(error: HTTPError) -> WorkspaceError:
    text = error.read().decode(errors="replace")
    try:
        answer = json.loads(text)
    except ValueError:
        answer = {}
    return WorkspaceError(error.code, str(answer.get("error_code", error.code)), str(answer.get("message", text)))
