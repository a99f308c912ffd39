"""What happens to a file that arrives, as the cloud's own records tell it: event, pipeline run, activities."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.datafactory.models import ActivityRun, PipelineRun, RunFilterParameters, TriggerRun

from steps.cloud import Cloud
from steps.training import TrainingRun

_FINAL = frozenset({"Succeeded", "Failed", "Cancelled"})
_PREPARATION = "PrepareData"
_TRAINING = "TrainModel"
_CLOCK_SKEW = timedelta(minutes=5)

Found = TypeVar("Found")


class NothingHappened(AssertionError):
    """The cloud did not do in time what a sentence expects; the text says what was waited for and what was seen."""


@dataclass(frozen=True)
class Arrival:
    """A file that was put into the input container: `folder` keeps scenarios apart, `name` is the file's own."""

    folder: str
    name: str
    size: int
    dropped_at: datetime

    @property
    def blob_name(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name


@dataclass(frozen=True)
class Outcome:
    """How the pipeline run of one arrival ended."""

    arrival: Arrival
    run: PipelineRun
    activities: tuple[ActivityRun, ...]

    @property
    def run_id(self) -> str:
        return str(self.run.run_id)

    @property
    def verdict(self) -> Mapping[str, Any]:
        """What the preparation said of the file: status, reason and counts."""
        output = self._output(_PREPARATION).get("runOutput")
        if not isinstance(output, Mapping):
            raise NothingHappened(f"the preparation of {self.arrival.blob_name} said nothing: {self.explain()}")
        return output

    @property
    def training_run_id(self) -> str | None:
        """The id of the training run, None when no training was asked for."""
        ran = [activity for activity in self.activities if activity.activity_name == _TRAINING]
        return str(self._output(_TRAINING)["runId"]) if ran else None

    def _output(self, activity_name: str) -> Mapping[str, Any]:
        """What the last attempt of an activity gave."""
        for activity in reversed(self.activities):
            if activity.activity_name == activity_name and activity.output:
                output: Mapping[str, Any] = activity.output
                return output
        return {}

    def explain(self) -> str:
        """The run in one paragraph, for a failed expectation."""
        lines = [f"pipeline run {self.run_id} is {self.run.status}: {self.run.message or 'no message'}"]
        for activity in self.activities:
            error = (activity.error or {}).get("message") if isinstance(activity.error, Mapping) else None
            lines.append(f"  {activity.activity_name} {activity.status}{': ' + error if error else ''}")
        return "\n".join(lines)


def drop(cloud: Cloud, folder: str, name: str, content: bytes) -> Arrival:
    """Put a file into the input container."""
    arrival = Arrival(folder, name, len(content), cloud.clock.now())
    blob = cloud.storage.get_blob_client(cloud.names.input_container, arrival.blob_name)
    blob.upload_blob(content, overwrite=True)
    return arrival


def trigger_runs(cloud: Cloud, arrival: Arrival) -> list[TriggerRun]:
    """The trigger runs that the arrival's events have started, oldest first."""
    subject = f"/blobServices/default/containers/{cloud.names.input_container}/blobs/{arrival.blob_name}"
    answer = cloud.factory.trigger_runs.query_by_factory(
        cloud.names.resource_group, cloud.names.factory, _since(cloud, arrival)
    )
    runs = [run for run in answer.value if _event(run).get("subject") == subject]
    return sorted(runs, key=lambda run: run.trigger_run_timestamp or arrival.dropped_at)


def _event(run: TriggerRun) -> Mapping[str, Any]:
    payload = (run.properties or {}).get("EventPayload", "{}")
    event: Mapping[str, Any] = json.loads(payload)
    return event


def pipeline_run_ids(cloud: Cloud, arrival: Arrival) -> list[str]:
    """The pipeline runs that the arrival has started, in the order of their events."""
    started = [(run.triggered_pipelines or {}).get(cloud.names.pipeline) for run in trigger_runs(cloud, arrival)]
    return [run_id for run_id in started if run_id]


def activities(cloud: Cloud, arrival: Arrival, run_id: str) -> tuple[ActivityRun, ...]:
    """The activity runs of a pipeline run so far, in the order of their start."""
    answer = cloud.factory.activity_runs.query_by_pipeline_run(
        cloud.names.resource_group, cloud.names.factory, run_id, _since(cloud, arrival)
    )
    return tuple(sorted(answer.value, key=lambda run: run.activity_run_start or arrival.dropped_at))


def pipeline_run(cloud: Cloud, run_id: str) -> PipelineRun:
    return cloud.factory.pipeline_runs.get(cloud.names.resource_group, cloud.names.factory, run_id)


def is_final(run: PipelineRun) -> bool:
    return run.status in _FINAL


def outcomes(cloud: Cloud, arrival: Arrival, expected: int = 1) -> list[Outcome]:
    """Wait until the arrival has started `expected` pipeline runs and all have ended."""
    run_ids = _wait(
        cloud,
        f"{expected} pipeline run(s) for {arrival.blob_name}",
        lambda: ids if len(ids := pipeline_run_ids(cloud, arrival)) >= expected else None,
    )
    return [_ended(cloud, arrival, run_id) for run_id in run_ids]


def _ended(cloud: Cloud, arrival: Arrival, run_id: str) -> Outcome:
    def finished() -> PipelineRun | None:
        run = pipeline_run(cloud, run_id)
        return run if is_final(run) else None

    run = _wait(cloud, f"the end of pipeline run {run_id} for {arrival.blob_name}", finished)
    return Outcome(arrival, run, activities(cloud, arrival, run_id))


def _wait(cloud: Cloud, what: str, attempt: Callable[[], Found | None]) -> Found:
    deadline = cloud.clock.now() + timedelta(seconds=cloud.names.patience)
    while True:
        found = attempt()
        if found is not None:
            return found
        if cloud.clock.now() > deadline:
            raise NothingHappened(f"waited {cloud.names.patience:.0f} s for {what}")
        cloud.clock.sleep(cloud.names.poll_interval)


def _since(cloud: Cloud, arrival: Arrival) -> RunFilterParameters:
    """Runs updated since the arrival; the margins forgive clocks that disagree."""
    return RunFilterParameters(
        last_updated_after=arrival.dropped_at - _CLOCK_SKEW, last_updated_before=cloud.clock.now() + _CLOCK_SKEW
    )


def training(cloud: Cloud, outcome: Outcome) -> TrainingRun:
    """The training run that an outcome has led to. Raises NothingHappened when there is none."""
    if outcome.training_run_id is None:
        raise NothingHappened(f"no training was started: {outcome.explain()}")
    experiment = next(
        str((activity.input or {})["experimentName"])
        for activity in outcome.activities
        if activity.activity_name == _TRAINING
    )
    return cloud.training.get(outcome.training_run_id, experiment)


def output_blob(cloud: Cloud, container: str, outcome: Outcome) -> bytes | None:
    """What the run has written to a container under the file's name, None when it has written nothing."""
    blob = cloud.storage.get_blob_client(container, f"{outcome.run_id}/{outcome.arrival.name}")
    try:
        content: bytes = blob.download_blob().readall()
    except ResourceNotFoundError:
        return None
    return content


def records(content: bytes | None) -> list[dict[str, str]]:
    """The records of a CSV file by column name; no file has no records."""
    return list(_rows(content)) if content else []


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    yield from csv.DictReader(io.StringIO(content.decode("utf-8")))
