"""What the monitor shows of runs: one record per pipeline run, one per attempt of an activity.

The attribute names are those of azure-mgmt-datafactory's run classes, so that a test written against the records
of the unit-test API reads like one written against the real service. `to_json()` gives the REST shape. The engine
changes the records in place while a run goes on; whoever keeps them keeps a copy or the JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulators.datafactory.engine.timestamps import timestamp


@dataclass(frozen=True)
class InvokedBy:
    """Who started a pipeline run: a person (`Manual`), a trigger or an Execute Pipeline activity."""

    id: str
    name: str
    invoked_by_type: str
    pipeline_name: str | None = None
    pipeline_run_id: str | None = None
    time: datetime | None = None
    """The moment the trigger fired, for `pipeline().TriggerTime`; the run's own creation when None."""

    def to_json(self) -> dict[str, Any]:
        shown = {
            "id": self.id,
            "name": self.name,
            "invokedByType": self.invoked_by_type,
            "pipelineName": self.pipeline_name,
            "pipelineRunId": self.pipeline_run_id,
        }
        return {key: value for key, value in shown.items() if value is not None}


@dataclass
class PipelineRun:
    """One run of a pipeline. `status`: Queued, InProgress, Succeeded, Failed, Canceling, Cancelled."""

    run_id: str
    run_group_id: str
    pipeline_name: str
    parameters: dict[str, Any]
    invoked_by: InvokedBy
    status: str = "Queued"
    run_start: datetime | None = None
    run_end: datetime | None = None
    duration_in_ms: int | None = None
    message: str = ""
    last_updated: datetime | None = None
    annotations: list[Any] = field(default_factory=list)
    run_dimensions: dict[str, str] = field(default_factory=dict)
    is_latest: bool = True
    return_value: dict[str, Any] | None = None
    """The pipeline's return value (a Set Variable activity on the system variable `pipelineReturnValue`)."""
    hidden_parameters: dict[str, Any] = field(default_factory=dict, repr=False)
    """SecureString parameters in clear, for a rerun; neither `parameters` nor any answer or log shows them."""
    recovers_run_id: str | None = None
    """The earlier run that this one took activities over from; the REST API shows the group only."""
    variables: dict[str, Any] = field(default_factory=dict)
    """The variables' values at the end, for tests; the REST API does not show them."""

    @property
    def is_final(self) -> bool:
        """Whether nothing will change any more."""
        return self.status in ("Succeeded", "Failed", "Cancelled")

    def to_json(self) -> dict[str, Any]:
        """The REST shape; parameters become a map of strings, arrays and objects as JSON text (documented)."""
        return {
            "id": None,
            "runId": self.run_id,
            "debugRunId": None,
            "runGroupId": self.run_group_id,
            "pipelineName": self.pipeline_name,
            "parameters": {name: _as_text(value) for name, value in self.parameters.items()},
            "invokedBy": self.invoked_by.to_json(),
            "runStart": _moment(self.run_start),
            "runEnd": _moment(self.run_end),
            "durationInMs": self.duration_in_ms,
            "status": self.status,
            "message": self.message,
            "lastUpdated": _moment(self.last_updated),
            "annotations": list(self.annotations),
            "runDimension": dict(self.run_dimensions),
            "isLatest": self.is_latest,
        }


@dataclass
class ActivityRun:
    """One attempt of one activity: InProgress, Succeeded, Failed, Cancelled, TimedOut or Inactive."""

    activity_run_id: str
    activity_name: str
    activity_type: str
    pipeline_name: str
    pipeline_run_id: str
    status: str = "InProgress"
    activity_run_start: datetime | None = None
    activity_run_end: datetime | None = None
    duration_in_ms: int | None = None
    retry_attempt: int | None = None
    """None for the first attempt, then 1, 2, … (documented sample)."""
    iteration_hash: str | None = None
    """Which iteration of which loop the activity ran in, e.g. `ForEach1[3]`; None outside of loops."""
    input: Any = None
    output: Any = None
    hidden_output: Any = field(default=None, repr=False)
    """The output as expressions see it where `output` hides it or something in it; for a rerun, never shown."""
    user_properties: dict[str, Any] = field(default_factory=dict)
    error: dict[str, Any] = field(default_factory=dict)
    linked_service_name: str = ""

    @property
    def is_final(self) -> bool:
        """Whether this attempt is over."""
        return self.status not in ("Queued", "InProgress")

    @property
    def real_output(self) -> Any:
        """The output as expressions see it."""
        return self.output if self.hidden_output is None else self.hidden_output

    def to_json(self) -> dict[str, Any]:
        """The REST shape; an attempt without error still carries the error object with empty texts (documented)."""
        none = {"errorCode": "", "message": "", "failureType": "", "target": self.activity_name, "details": ""}
        return {
            "activityRunId": self.activity_run_id,
            "activityName": self.activity_name,
            "activityType": self.activity_type,
            "pipelineName": self.pipeline_name,
            "pipelineRunId": self.pipeline_run_id,
            "linkedServiceName": self.linked_service_name,
            "status": self.status,
            "activityRunStart": _moment(self.activity_run_start),
            "activityRunEnd": _moment(self.activity_run_end),
            "durationInMs": self.duration_in_ms,
            "retryAttempt": self.retry_attempt,
            "iterationHash": self.iteration_hash,
            "input": self.input,
            "output": self.output,
            "userProperties": dict(self.user_properties),
            "error": dict(self.error) if self.error else none,
        }


@dataclass(frozen=True)
class RerunReference:
    """An earlier run that a new one repeats or recovers (`createRun?referencePipelineRunId=…`).

    The records are given, not looked up, so that a rerun works after the emulator was restarted. They bring what they
    hide along: a rerun has the secrets and secured outputs of the earlier run without ever showing them.
    `parameters` of `run` are used and the request's own are ignored (documented). `children` are the runs that Execute
    Pipeline activities started, by run id, to be recovered with this one.
    """

    run: PipelineRun
    activity_runs: tuple[ActivityRun, ...] = ()
    is_recovery: bool = False
    start_activity_name: str | None = None
    start_from_failure: bool = False
    children: Mapping[str, "RerunReference"] = field(default_factory=dict)

    @property
    def takes_over(self) -> bool:
        """Whether anything of the earlier run may be kept: a recovery without a place to start from keeps nothing."""
        return self.is_recovery and (self.start_activity_name is not None or self.start_from_failure)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else timestamp(value)


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
