"""Watching a dropped file on its road, live: the event, the pipeline run, its activities, the training's metric."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from azure.mgmt.datafactory.models import ActivityRun
from rich.console import Console
from rich.markup import escape

from drydock.clouds import connected
from release.environment import Environment
from steps.cloud import Cloud
from steps.ingestion import (
    Arrival,
    NothingHappened,
    Outcome,
    activities,
    is_final,
    pipeline_run,
    training,
    trigger_runs,
)
from steps.training import TrainingRun

_COLOURS = {"Succeeded": "green", "Failed": "red", "Cancelled": "red", "InProgress": "yellow", "Queued": "yellow"}

_CONTAINERS = frozenset({"ForEach", "IfCondition", "Switch", "Until"})


@dataclass(frozen=True)
class End:
    """How the road ended. `seconds` is from the end of the upload to the end of the pipeline run."""

    outcome: Outcome
    training: TrainingRun | None
    seconds: float

    @property
    def succeeded(self) -> bool:
        return self.outcome.run.status == "Succeeded"


class Road:
    """Drops files into one cloud and tells, line by line, what becomes of them."""

    def __init__(self, environment: Environment, console: Console) -> None:
        self._cloud: Cloud = connected(environment)
        self._console = console

    def drop(self, file: Path, name: str) -> Arrival:
        """Upload a file, streamed, under `name` into the input container."""
        container = self._cloud.names.input_container
        blob = self._cloud.storage.get_blob_client(container, name)
        started = self._cloud.clock.now()
        with file.open("rb") as content:
            blob.upload_blob(content, overwrite=True)
        folder, _, own_name = name.rpartition("/")
        self._tell("dropped", f"{name}, {_size(file.stat().st_size)}, into {container}")
        return Arrival(folder, own_name, file.stat().st_size, started)

    def watch(self, arrival: Arrival) -> End:
        """Follow the arrival until its pipeline run has ended. Raises NothingHappened when no event comes."""
        watched_from = time.monotonic()
        run_id = self._event(arrival)
        shown: dict[str, str] = {}
        while True:
            run = pipeline_run(self._cloud, run_id)
            seen = activities(self._cloud, arrival, run_id)
            for activity in seen:
                self._activity(activity, shown)
            if is_final(run):
                break
            self._cloud.clock.sleep(self._cloud.names.poll_interval)
        end = End(Outcome(arrival, run, seen), None, time.monotonic() - watched_from)
        self._tell("pipeline", f"{self._cloud.names.pipeline} {_status(str(run.status))} after {end.seconds:.1f} s")
        if run.message:
            self._tell("", escape(str(run.message)))
        return self._trained(end)

    def _event(self, arrival: Arrival) -> str:
        deadline = self._cloud.clock.now() + timedelta(seconds=self._cloud.names.patience)
        while True:
            for run in trigger_runs(self._cloud, arrival):
                started = (run.triggered_pipelines or {}).get(self._cloud.names.pipeline)
                self._tell("event", f"trigger {run.trigger_name}: {_event_text(run.properties or {})}")
                if started is None:
                    raise NothingHappened(f"the event started no pipeline run: {run.message}")
                self._tell("pipeline", f"{self._cloud.names.pipeline}, run {started}")
                return started
            if self._cloud.clock.now() > deadline:
                raise NothingHappened(
                    f"no event of {arrival.blob_name} has reached the factory within "
                    f"{self._cloud.names.patience:.0f} s: is the trigger started?"
                )
            self._cloud.clock.sleep(self._cloud.names.poll_interval)

    def _activity(self, activity: ActivityRun, shown: dict[str, str]) -> None:
        key, status = str(activity.activity_run_id), str(activity.status)
        if shown.get(key) == status:
            return
        shown[key] = status
        took = f"{(activity.duration_in_ms or 0) / 1000:.1f} s" if is_final_activity(status) else ""
        said = "; ".join(_remarks(activity)) if is_final_activity(status) else ""
        self._tell("", f"{activity.activity_name:<16} {activity.activity_type:<24} {_status(status)} {took:>7}  {said}")

    def _trained(self, end: End) -> End:
        if not end.succeeded or end.outcome.training_run_id is None:
            return end
        run = training(self._cloud, end.outcome)
        self._tell("training", f"run {run.id} {_status(run.status)} {metrics_text(run)}")
        self._tell(
            "lineage", f"data {run.parameters.get('data_file_path')}, SHA-256 {run.properties.get('data_file_sha256')}"
        )
        return End(end.outcome, run, end.seconds)

    def _tell(self, what: str, text: str) -> None:
        self._console.print(f"[dim]{datetime.now():%H:%M:%S}[/dim]  [bold]{what:<9}[/bold] {text}")


def metrics_text(run: TrainingRun) -> str:
    """`auc 0.8391, rows 16,000`: counts as whole numbers, everything else with four digits."""
    shown = (
        f"{name} {value:,}" if float(value).is_integer() else f"{name} {value:.4f}"
        for name, value in run.metrics.items()
    )
    return ", ".join(shown)


def is_final_activity(status: str) -> bool:
    return status not in ("InProgress", "Queued")


def _remarks(activity: ActivityRun) -> Iterator[str]:
    """What a person wants to know of a finished activity, in few words; a container only repeats what is in it."""
    if str(activity.activity_type) in _CONTAINERS:
        return
    error = activity.error if isinstance(activity.error, Mapping) else {}
    if activity.status == "Failed" and error.get("message"):
        yield escape(str(error["message"]))
    output = activity.output if isinstance(activity.output, Mapping) else {}
    verdict = output.get("runOutput")
    if isinstance(verdict, Mapping):
        yield escape(_verdict_text(verdict))


def _verdict_text(verdict: Mapping[str, Any]) -> str:
    """The preparation's or the check's answer: what became of the file, and the records where they were counted."""
    status = str(verdict.get("status", "checked"))
    if verdict.get("duplicate_of"):
        return f"{status} of run {verdict['duplicate_of']}"
    if not verdict.get("rows_training"):
        return status
    return (
        f"{status}: {verdict['rows_in']:,} records = {verdict['rows_training']:,} training + "
        f"{verdict['rows_testing']:,} testing + {verdict['rows_rejected']:,} rejected"
    )


def _event_text(properties: Mapping[str, Any]) -> str:
    event = json.loads(properties.get("EventPayload", "{}"))
    data = event.get("data", {})
    return f"{event.get('eventType')} by {data.get('api')}, {_size(int(data.get('contentLength', 0)))}"


def _status(status: str) -> str:
    return f"[{_COLOURS.get(status, 'green' if status == 'Finished' else 'white')}]{status:<10}[/]"


def _size(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
