"""What happened in one factory: pipeline runs, activity runs and trigger runs, written through to the document store.

The executor tells this history of every change, in the moment it happens; the control plane answers from it. It
survives a kill: runs that were under way then are closed as Failed at the next start, never left in progress.

What a run hides (SecureString parameters, secured outputs) is kept apart from what is shown, only for a rerun to use.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun, RerunReference
from emulators.datafactory.engine.timestamps import milliseconds, timestamp
from emulators.datafactory.run_queries import parse_moment
from emulators.kernel.clock import Clock
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore

INTERRUPTED = "The local cloud ended while this run was in progress; run it again."

_FINAL = frozenset({"Succeeded", "Failed", "Cancelled"})
_ACTIVE_ACTIVITY = frozenset({"Queued", "InProgress"})

JsonObject = dict[str, Any]


@dataclass
class TriggerRun:
    """One firing of a trigger. `status`: Succeeded, Failed, Inprogress (documented spelling), Cancelled.

    `event_id` tells firings apart that may be reported more than once; `context` is what the trigger's expressions
    saw, for a rerun.
    """

    trigger_run_id: str
    trigger_name: str
    trigger_type: str
    time: datetime
    status: str = "Inprogress"
    message: str | None = None
    properties: dict[str, str] = field(default_factory=dict)
    triggered_pipelines: dict[str, str] = field(default_factory=dict)
    dependency_status: dict[str, Any] = field(default_factory=dict)
    event_id: str | None = None
    context: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """The REST shape."""
        return {
            "triggerRunId": self.trigger_run_id,
            "triggerName": self.trigger_name,
            "triggerType": self.trigger_type,
            "triggerRunTimestamp": timestamp(self.time),
            "status": self.status,
            "message": self.message,
            "properties": dict(self.properties),
            "triggeredPipelines": dict(self.triggered_pipelines),
            "runDimension": {},
            "dependencyStatus": dict(self.dependency_status),
        }


class RunHistory:
    """The runs of one factory; an observer of its executor."""

    def __init__(self, store: DocumentStore, factory_key: str, clock: Clock) -> None:
        self._store = store
        self._pipeline_kind = f"datafactory/pipelineruns{factory_key}"
        self._activity_kind = f"datafactory/activityruns{factory_key}/"
        self._trigger_kind = f"datafactory/triggerruns{factory_key}"
        self._hidden_parameters_kind = f"datafactory/hiddenparameters{factory_key}"
        self._hidden_outputs_kind = f"datafactory/hiddenoutputs{factory_key}/"
        self._clock = clock
        self._pipeline_runs: dict[str, JsonObject] = dict(store.list(self._pipeline_kind))
        self._groups: dict[str, set[str]] = {}
        for run_id, stored in self._pipeline_runs.items():
            self._groups.setdefault(stored["run"]["runGroupId"], set()).add(run_id)
        self._trigger_runs: dict[str, TriggerRun] = {
            key: _trigger_run(stored) for key, stored in store.list(self._trigger_kind)
        }
        self._events = {
            (run.trigger_name.lower(), run.event_id): run for run in self._trigger_runs.values() if run.event_id
        }

    # The executor's observer

    def pipeline_run_changed(self, run: PipelineRun) -> None:
        """Keep the record as it is now."""
        shown = run.to_json()
        known = self._pipeline_runs.get(run.run_id)
        if known is None:
            self._supersede(run)
            self._hide(run)
        else:
            shown["isLatest"] = known["run"]["isLatest"]
        stored = {
            "run": shown,
            "parameters": run.parameters,
            "returnValue": run.return_value,
            "recovers": run.recovers_run_id,
            "triggerTime": None if run.invoked_by.time is None else timestamp(run.invoked_by.time),
        }
        self._keep(run.run_id, stored)

    def activity_run_changed(self, run: ActivityRun) -> None:
        """Keep the record as it is now."""
        self._store.put(self._activity_kind + run.pipeline_run_id, run.activity_run_id, run.to_json())
        if run.hidden_output is not None:
            hidden = {"output": run.hidden_output}
            self._store.put(self._hidden_outputs_kind + run.pipeline_run_id, run.activity_run_id, hidden)

    # Pipeline and activity runs

    def pipeline_run(self, run_id: str) -> JsonObject | None:
        """The run's document, None when there is none."""
        stored = self._pipeline_runs.get(run_id)
        return None if stored is None else stored["run"]

    def pipeline_runs(self) -> Iterator[JsonObject]:
        """Every run's document, oldest first."""
        return (stored["run"] for stored in list(self._pipeline_runs.values()))

    def activity_runs(self, run_id: str) -> Iterator[JsonObject]:
        """The documents of a run's activities in the order of their start."""
        return (document for _, document in self._store.list(self._activity_kind + run_id))

    def reference(
        self, run_id: str, *, is_recovery: bool, start_activity_name: str | None, start_from_failure: bool
    ) -> RerunReference | None:
        """An earlier run as the executor wants it for a rerun, with what it hides; None when there is no such run.

        What it took over from the runs before it belongs to it too, and so do the runs that it started itself.
        """
        stored = self._pipeline_runs.get(run_id)
        if stored is None:
            return None
        run = _pipeline_run(stored)
        run.hidden_parameters = self._store.get(self._hidden_parameters_kind, run_id) or {}
        activity_runs = tuple(
            activity for member in self._recovered(run_id) for activity in self._whole_activity_runs(member)
        )
        return RerunReference(
            run=run,
            activity_runs=activity_runs,
            is_recovery=is_recovery,
            start_activity_name=start_activity_name,
            start_from_failure=start_from_failure,
            children=dict(self._children(activity_runs)) if is_recovery else {},
        )

    def _children(self, activity_runs: Iterable[ActivityRun]) -> Iterator[tuple[str, RerunReference]]:
        """The runs that these activities started, to be recovered from what failed in them."""
        for activity in activity_runs:
            if activity.activity_type.lower() != "executepipeline" or not isinstance(activity.real_output, Mapping):
                continue
            run_id = str(activity.real_output.get("pipelineRunId"))
            child = self.reference(run_id, is_recovery=True, start_activity_name=None, start_from_failure=True)
            if child is not None:
                yield run_id, child

    def _recovered(self, run_id: str) -> list[str]:
        """A run and before it those that it took activities over from, oldest first."""
        chain = [run_id]
        while (earlier := self._pipeline_runs[chain[0]].get("recovers")) in self._pipeline_runs:
            chain.insert(0, earlier)
        return chain

    def _whole_activity_runs(self, run_id: str) -> Iterator[ActivityRun]:
        hidden = dict(self._store.list(self._hidden_outputs_kind + run_id))
        for document in self.activity_runs(run_id):
            run = _activity_run(document)
            run.hidden_output = hidden.get(run.activity_run_id, {}).get("output")
            yield run

    # Trigger runs

    def keep_trigger_run(self, run: TriggerRun) -> None:
        self._trigger_runs[run.trigger_run_id] = run
        if run.event_id is not None:
            self._events[run.trigger_name.lower(), run.event_id] = run
        self._store.put(
            self._trigger_kind,
            run.trigger_run_id,
            {"run": run.to_json(), "eventId": run.event_id, "context": run.context},
        )

    def trigger_run(self, run_id: str) -> TriggerRun | None:
        return self._trigger_runs.get(run_id)

    def trigger_run_of_event(self, trigger_name: str, event_id: str) -> TriggerRun | None:
        """The trigger run that this event already made, None when it is new."""
        return self._events.get((trigger_name.lower(), event_id))

    def trigger_runs(self) -> Iterator[TriggerRun]:
        """Every trigger run, oldest first."""
        return iter(list(self._trigger_runs.values()))

    # Life

    def close_interrupted(self) -> list[str]:
        """Close as Failed what an earlier process left in progress; the ids of those pipeline runs."""
        closed = []
        for run_id, stored in list(self._pipeline_runs.items()):
            if stored["run"]["status"] not in _FINAL:
                self._close(run_id, stored)
                closed.append(run_id)
        for run in self.trigger_runs():
            if run.status == "Inprogress":
                run.status, run.message = "Failed", INTERRUPTED
                self.keep_trigger_run(run)
        return closed

    def forget(self) -> None:
        """Remove everything: the factory was deleted."""
        for run_id in list(self._pipeline_runs):
            for key, _ in self._store.list(self._activity_kind + run_id):
                self._store.delete(self._activity_kind + run_id, key)
            for key, _ in self._store.list(self._hidden_outputs_kind + run_id):
                self._store.delete(self._hidden_outputs_kind + run_id, key)
            self._store.delete(self._hidden_parameters_kind, run_id)
            self._store.delete(self._pipeline_kind, run_id)
        for run_id in list(self._trigger_runs):
            self._store.delete(self._trigger_kind, run_id)
        self._pipeline_runs.clear()
        self._groups.clear()
        self._trigger_runs.clear()
        self._events.clear()

    def _supersede(self, run: PipelineRun) -> None:
        """A recovery run makes the earlier runs of its group no longer the latest (documented)."""
        group = self._groups.setdefault(run.run_group_id, set())
        for other in group:
            stored = self._pipeline_runs[other]
            if stored["run"]["isLatest"]:
                self._keep(other, {**stored, "run": {**stored["run"], "isLatest": False}})
        group.add(run.run_id)

    def _hide(self, run: PipelineRun) -> None:
        """Keep a run's secrets apart; no log of this process shows them either."""
        if run.hidden_parameters:
            masker.add(*map(str, run.hidden_parameters.values()))
            self._store.put(self._hidden_parameters_kind, run.run_id, run.hidden_parameters)

    def _close(self, run_id: str, stored: JsonObject) -> None:
        now = self._clock.now()
        for document in self.activity_runs(run_id):
            if document["status"] in _ACTIVE_ACTIVITY:
                self._store.put(
                    self._activity_kind + run_id, document["activityRunId"], _interrupted_activity(document, now)
                )
        started = parse_moment(stored["run"]["runStart"])
        closed = {
            **stored["run"],
            "status": "Failed",
            "message": INTERRUPTED,
            "runEnd": timestamp(now),
            "durationInMs": milliseconds(started, now),
            "lastUpdated": timestamp(now),
        }
        self._keep(run_id, {**stored, "run": closed})

    def _keep(self, run_id: str, stored: JsonObject) -> None:
        self._pipeline_runs[run_id] = stored
        self._store.put(self._pipeline_kind, run_id, stored)


def _interrupted_activity(document: JsonObject, now: datetime) -> JsonObject:
    error = {
        "errorCode": "LocalCloudEnded",
        "message": INTERRUPTED,
        "failureType": "SystemError",
        "target": document["activityName"],
        "details": "",
    }
    return {
        **document,
        "status": "Failed",
        "error": error,
        "activityRunEnd": timestamp(now),
        "durationInMs": milliseconds(parse_moment(document["activityRunStart"]), now),
    }


def _trigger_run(stored: JsonObject) -> TriggerRun:
    document = stored["run"]
    return TriggerRun(
        trigger_run_id=document["triggerRunId"],
        trigger_name=document["triggerName"],
        trigger_type=document["triggerType"],
        time=_moment(document["triggerRunTimestamp"]),
        status=document["status"],
        message=document["message"],
        properties=document["properties"],
        triggered_pipelines=document["triggeredPipelines"],
        dependency_status=document["dependencyStatus"],
        event_id=stored["eventId"],
        context=stored["context"],
    )


def _pipeline_run(stored: JsonObject) -> PipelineRun:
    document = stored["run"]
    invoked_by = document["invokedBy"]
    return PipelineRun(
        run_id=document["runId"],
        run_group_id=document["runGroupId"],
        pipeline_name=document["pipelineName"],
        parameters=stored["parameters"],
        invoked_by=InvokedBy(
            id=invoked_by["id"],
            name=invoked_by["name"],
            invoked_by_type=invoked_by["invokedByType"],
            pipeline_name=invoked_by.get("pipelineName"),
            pipeline_run_id=invoked_by.get("pipelineRunId"),
            time=parse_moment(stored["triggerTime"]),
        ),
        status=document["status"],
        run_start=parse_moment(document["runStart"]),
        run_end=parse_moment(document["runEnd"]),
        duration_in_ms=document["durationInMs"],
        message=document["message"],
        last_updated=parse_moment(document["lastUpdated"]),
        annotations=document["annotations"],
        run_dimensions=document["runDimension"],
        is_latest=document["isLatest"],
        return_value=stored["returnValue"],
        recovers_run_id=stored.get("recovers"),
    )


def _activity_run(document: JsonObject) -> ActivityRun:
    return ActivityRun(
        activity_run_id=document["activityRunId"],
        activity_name=document["activityName"],
        activity_type=document["activityType"],
        pipeline_name=document["pipelineName"],
        pipeline_run_id=document["pipelineRunId"],
        status=document["status"],
        activity_run_start=parse_moment(document["activityRunStart"]),
        activity_run_end=parse_moment(document["activityRunEnd"]),
        duration_in_ms=document["durationInMs"],
        retry_attempt=document["retryAttempt"],
        iteration_hash=document["iterationHash"],
        input=document["input"],
        output=document["output"],
        user_properties=document["userProperties"],
        error=document["error"] if document["error"].get("errorCode") else {},
        linked_service_name=document["linkedServiceName"],
    )


def _moment(text: str) -> datetime:
    moment = parse_moment(text)
    if moment is None:
        raise ValueError(f"'{text}' is not a moment")
    return moment
