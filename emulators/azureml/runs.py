"""Runs: what was asked, what happened, and the rules by which a run's state changes.

A pipeline run has one step run per step, each with an id of its own, as in Azure ML. Every change is written to the
store at once, so a run that was active when the emulator was killed is found, and told so, at the next start.
"""

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from emulators.azureml.definitions import Endpoint, ParameterValue, Pipeline
from emulators.azureml.errors import NotFound
from emulators.kernel.store import DocumentStore

NOT_STARTED = "NotStarted"
RUNNING = "Running"
FINISHED = "Finished"
FAILED = "Failed"
CANCELED = "Canceled"

TERMINAL = frozenset({FINISHED, FAILED, CANCELED})

_TRANSITIONS: Mapping[str, frozenset[str]] = {
    NOT_STARTED: frozenset({RUNNING, FAILED, CANCELED}),
    RUNNING: TERMINAL,
    FINISHED: frozenset(),
    FAILED: frozenset(),
    CANCELED: frozenset(),
}

_KIND = "azureml.run"


@dataclass
class Progress:
    """The state of a run or a step and when it changed (ISO 8601, UTC; None until it happens)."""

    created: str
    status: str = NOT_STARTED
    detail: str | None = None
    started: str | None = None
    ended: str | None = None

    def enter(self, status: str, now: datetime, detail: str | None = None) -> None:
        """Change the state. A change that the lifecycle does not know is a defect of ours (RuntimeError)."""
        if status not in _TRANSITIONS[self.status]:
            raise RuntimeError(f"a run cannot go from {self.status} to {status}")
        self.status = status
        self.detail = detail
        if status == RUNNING:
            self.started = timestamp(now)
        if status in TERMINAL:
            self.ended = timestamp(now)

    @property
    def over(self) -> bool:
        return self.status in TERMINAL


@dataclass
class StepRun:
    """One step of a run. `seconds` is how long its process really took; the clock may stand still meanwhile."""

    id: str
    name: str
    progress: Progress
    exit_code: int | None = None
    seconds: float | None = None
    failure: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)


@dataclass
class DataFile:
    """Lineage: the blob that a parameter named, as it was when the run read it. `size` is in bytes."""

    parameter: str
    datastore: str
    container: str
    path: str
    sha256: str
    etag: str
    size: int


@dataclass(frozen=True)
class Request:
    """What a caller asked for."""

    experiment: str
    parameters: dict[str, ParameterValue]
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    description: str = ""
    run_source: str = "Unavailable"
    run_type: str = "HTTP"
    parent_run_id: str | None = None
    continue_on_failure: bool = False


@dataclass
class PipelineRun:
    """A submitted pipeline."""

    id: str
    number: int
    request: Request
    endpoint_id: str
    pipeline_id: str
    pipeline_version: str
    progress: Progress
    steps: list[StepRun]
    files: list[DataFile] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str] = field(default_factory=dict)
    seconds: float | None = None
    failure: str | None = None

    @classmethod
    def new(cls, number: int, request: Request, endpoint: Endpoint, pipeline: Pipeline, now: datetime) -> "PipelineRun":
        """A run that has not started."""
        created = timestamp(now)
        return cls(
            id=str(uuid.uuid4()),
            number=number,
            request=request,
            endpoint_id=endpoint.id,
            pipeline_id=pipeline.id,
            pipeline_version=pipeline.version,
            progress=Progress(created),
            steps=[StepRun(str(uuid.uuid4()), step.name, Progress(created)) for step in pipeline.steps],
            tags=dict(request.tags),
        )

    @classmethod
    def load(cls, document: Mapping[str, Any]) -> "PipelineRun":
        """A run from its stored document."""
        fields = dict(document)
        fields["request"] = Request(**fields["request"])
        fields["progress"] = Progress(**fields["progress"])
        fields["files"] = [DataFile(**file) for file in fields["files"]]
        fields["steps"] = [StepRun(**{**step, "progress": Progress(**step["progress"])}) for step in fields["steps"]]
        return cls(**fields)


Entry = PipelineRun | StepRun
"""What has an id in run history."""


class RunTable:
    """Every run of the workspace by its id, step runs included; kept in memory and in the store."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._runs: dict[str, PipelineRun] = {}
        self._owners: dict[str, PipelineRun] = {}
        for _, document in store.list(_KIND):
            self._remember(PipelineRun.load(document))

    def _remember(self, run: PipelineRun) -> None:
        self._runs[run.id] = run
        self._owners[run.id] = run
        for step in run.steps:
            self._owners[step.id] = run

    def add(self, run: PipelineRun) -> None:
        self._remember(run)
        self.save(run)

    def save(self, run: PipelineRun) -> None:
        """Write a run's present state."""
        self._store.put(_KIND, run.id, asdict(run))

    def next_number(self) -> int:
        return len(self._runs) + 1

    def newest_first(self) -> Iterator[PipelineRun]:
        return reversed(list(self._runs.values()))

    def get(self, run_id: str) -> PipelineRun:
        """The pipeline run of an id. Raises NotFound."""
        run = self._runs.get(run_id.lower())
        if run is None:
            raise NotFound("The pipeline run", run_id)
        return run

    def owner(self, run_id: str) -> PipelineRun:
        """The pipeline run that an id, its own or one of its steps', belongs to. Raises NotFound."""
        run = self._owners.get(run_id.lower())
        if run is None:
            raise NotFound("The run", run_id)
        return run

    def entry(self, run_id: str) -> Entry:
        """The pipeline run or step run of an id. Raises NotFound."""
        run = self.owner(run_id)
        return next((step for step in run.steps if step.id == run_id.lower()), run)


def timestamp(moment: datetime) -> str:
    """A moment as the services write it: ISO 8601 in UTC with `Z`."""
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
