"""One run in data: what it is asked to do, in which context, and what came of it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

Outcome = Literal["SUCCESS", "FAILED", "TIMEDOUT", "CANCELED"]


@dataclass(frozen=True)
class RunContext:
    """Where code runs: what it may ask through `dbutils.notebook…getContext()` and needs to reach its workspace.

    `host` is the workspace's address with scheme (`http://127.0.0.1:1234`), `token` a bearer token good for this
    run. `task_values` holds what upstream tasks of the same job run have set: task key, then key, then a JSON
    value.
    """

    host: str
    token: str
    org_id: str
    cluster_id: str
    user: str = ""
    job_id: int | None = None
    job_run_id: int | None = None
    task_key: str | None = None
    task_values: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class NotebookRunSpec:
    """Run a notebook. `parameters` are widget values; `timeout_seconds` None or 0 means no limit (real seconds)."""

    noun: ClassVar = "notebook"

    run_id: int
    notebook_path: str
    parameters: dict[str, str]
    timeout_seconds: float | None
    job_group: str
    context: RunContext


@dataclass(frozen=True)
class PythonRunSpec:
    """Run a Python file (`python_location.locate` reads its name). `parameters` follow the name in `sys.argv`."""

    noun: ClassVar = "Python file"

    run_id: int
    python_file: str
    parameters: list[str]
    timeout_seconds: float | None
    job_group: str
    context: RunContext


RunSpec = NotebookRunSpec | PythonRunSpec


@dataclass(frozen=True)
class RunResult:
    """How a run ended. `exit_value` is None unless a notebook called `dbutils.notebook.exit` with a value.

    `error` is one line (`NameError: name 'x' is not defined`), `error_trace` the code's traceback; secrets are
    redacted in all texts. `task_values` is what the code set through `dbutils.jobs.taskValues.set`.
    """

    outcome: Outcome
    exit_value: str | None
    error: str | None
    error_trace: str | None
    logs: str
    peak_memory_bytes: int | None
    task_values: dict[str, Any] = field(default_factory=dict)
