"""Runs in data: a run with the attempts of its tasks, and what each attempt has put out."""

from dataclasses import asdict, dataclass, field
from typing import Any

from emulators.databricks.jobs.definitions import SINGLE_TASK
from emulators.databricks.jobs.states import Ending, LifeCycle, State, require_transition
from emulators.databricks.jobs.task_kinds import task_kind

Document = dict[str, Any]

MAX_RESULT = 5 * 1024 * 1024
"""Bytes that the API gives of a result, the first, and of logs, the last (documented); the rest is cut and flagged."""


@dataclass
class Attempt:
    """One attempt at one task: what RunTask shows. All times are epoch milliseconds, 0 for not yet.

    `task` is the task as submitted; `resolved` its parameters after references were filled in: by name for a notebook,
    in order for a Python file.
    """

    run_id: int
    task: Document
    state: State
    number: int = 0
    original_run_id: int | None = None
    start_time: int = 0
    work_time: int = 0
    end_time: int = 0
    resolved: dict[str, str] | list[str] = field(default_factory=dict)

    @property
    def task_key(self) -> str:
        key: str = self.task["task_key"]
        return key

    @property
    def kind(self) -> str:
        """The name of the task's kind, `notebook_task` or `spark_python_task`."""
        return task_kind(self.task)

    @property
    def definition(self) -> Document:
        """What is said under the name of its kind."""
        definition: Document = self.task[self.kind]
        return definition

    def move(self, state: State) -> None:
        require_transition(self.state.life_cycle, state.life_cycle)
        self.state = state


@dataclass
class Run:
    """One run of a job, or one submitted run.

    `settings` is the normalised definition as it was when the run began; `parameters` what the caller gave beside it.
    `parent_run_id` is the task run whose notebook this run is a child of.
    """

    run_id: int
    job_id: int
    run_type: str
    creator: str
    settings: Document
    state: State
    start_time: int
    end_time: int = 0
    number_in_job: int = 0
    parent_run_id: int | None = None
    started_by_notebook: bool = False
    trigger: str = "ONE_TIME"
    idempotency_token: str = ""
    parameters: Document = field(default_factory=dict)
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.settings.get("run_name") or self.settings.get("name") or "Untitled"

    @property
    def single(self) -> bool:
        """Submitted or created in the flat form: the run shows its task's state as its own."""
        return bool(self.settings["format"] == SINGLE_TASK)

    @property
    def ended(self) -> bool:
        return self.state.ended

    def move(self, state: State) -> None:
        require_transition(self.state.life_cycle, state.life_cycle)
        self.state = state

    def latest(self) -> dict[str, Attempt]:
        """The last attempt of every task, in the order of the tasks."""
        return {attempt.task_key: attempt for attempt in self.attempts}

    def job_parameters(self) -> list[dict[str, str]]:
        """Job parameters with default and value. Values given for undeclared names count too."""
        given: dict[str, str] = self.parameters.get("job_parameters", {})
        declared: dict[str, str] = {each["name"]: each["default"] for each in self.settings.get("parameters", [])}
        shown = [
            {"name": name, "default": default, "value": given.get(name, default)} for name, default in declared.items()
        ]
        return shown + [{"name": name, "value": value} for name, value in given.items() if name not in declared]


@dataclass(frozen=True)
class Output:
    """What an attempt left: `result` is None unless a notebook called `dbutils.notebook.exit`."""

    result: str | None
    truncated: bool
    error: str | None
    error_trace: str | None
    logs: str
    task_values: dict[str, Any] = field(default_factory=dict)
    peak_memory_bytes: int | None = None
    logs_truncated: bool = False


def cut(text: str, limit: int = MAX_RESULT) -> tuple[str, bool]:
    """The text within `limit` bytes of UTF-8, and whether something was cut."""
    raw = text.encode()
    if len(raw) <= limit:
        return text, False
    return raw[:limit].decode("utf-8", "ignore"), True


def last(text: str, limit: int = MAX_RESULT) -> tuple[str, bool]:
    """The end of the text within `limit` bytes of UTF-8, and whether something was cut."""
    raw = text.encode()
    if len(raw) <= limit:
        return text, False
    return raw[-limit:].decode("utf-8", "ignore"), True


def run_to_document(run: Run) -> Document:
    return asdict(run)


def run_from_document(document: Document) -> Run:
    attempts = [Attempt(**{**attempt, "state": _state(attempt["state"])}) for attempt in document["attempts"]]
    return Run(**{**document, "state": _state(document["state"]), "attempts": attempts})


def _state(document: Document) -> State:
    ending = document["ending"]
    if ending is not None:
        ending = Ending(**{**ending, "life_cycle": LifeCycle(ending["life_cycle"])})
    return State(**{**document, "life_cycle": LifeCycle(document["life_cycle"]), "ending": ending})
