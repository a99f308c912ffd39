"""Schedule and tumbling window triggers through azure-mgmt-datafactory; their time is proved on virtual clocks."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

PIPELINE = {"pipelineReference": {"referenceName": "p", "type": "PipelineReference"}, "parameters": {}}
NIGHTLY = {"recurrence": {"frequency": "Day", "interval": 1, "startTime": "2020-01-01T01:00:00Z", "timeZone": "UTC"}}
HOURLY = {"frequency": "Hour", "interval": 1, "startTime": "2100-01-01T00:00:00Z", "maxConcurrency": 1}


def _put(factory: Any, name: str, kind: str, **properties: Any) -> Any:
    return factory.client.triggers.create_or_update(
        factory.group, factory.name, name, {"properties": {"type": kind, **properties}}
    )


def test_a_schedule_is_started_and_stopped(factory: Any) -> None:
    factory.pipeline("p")
    created = _put(factory, "nightly", "ScheduleTrigger", pipelines=[PIPELINE], typeProperties=NIGHTLY)
    assert created.properties.runtime_state == "Stopped"
    factory.start("nightly")
    factory.start("nightly")  # a second time changes nothing
    assert factory.client.triggers.get(factory.group, factory.name, "nightly").properties.runtime_state == "Started"
    with pytest.raises(HttpResponseError, match="needs to be disabled first"):
        factory.client.triggers.delete(factory.group, factory.name, "nightly")
    factory.stop("nightly")
    factory.client.triggers.delete(factory.group, factory.name, "nightly")


def test_a_past_window_runs_at_once(factory: Any) -> None:
    factory.pipeline("p")
    past = {**HOURLY, "startTime": "2020-01-01T00:00:00Z", "endTime": "2020-01-01T02:00:00Z"}
    _put(factory, "hourly", "TumblingWindowTrigger", pipeline=PIPELINE, typeProperties=past)
    factory.start("hourly")
    for _ in range(200):
        runs = factory.trigger_runs()
        if [run.status for run in runs] == ["Succeeded", "Succeeded"]:
            break
    assert [run.properties["windowStartTime"][:16] for run in runs] == ["2020-01-01T00:00", "2020-01-01T01:00"]
    factory.stop("hourly")


def test_triggers_are_found_by_the_window_they_depend_on(factory: Any) -> None:
    factory.pipeline("p")
    _put(factory, "up", "TumblingWindowTrigger", pipeline=PIPELINE, typeProperties=HOURLY)
    reference = {"referenceName": "up", "type": "TriggerReference"}
    depends = [{"type": "TumblingWindowTriggerDependencyReference", "referenceTrigger": reference}]
    _put(factory, "down", "TumblingWindowTrigger", pipeline=PIPELINE, typeProperties={**HOURLY, "dependsOn": depends})
    found = factory.client.triggers.query_by_factory(factory.group, factory.name, {"parentTriggerName": "up"})
    assert [trigger.name for trigger in found.value] == ["down"]
    with pytest.raises(HttpResponseError, match="referenced by down"):
        factory.client.triggers.delete(factory.group, factory.name, "up")


def test_a_clock_trigger_has_no_subscription(factory: Any) -> None:
    factory.pipeline("p")
    _put(factory, "nightly", "ScheduleTrigger", pipelines=[PIPELINE], typeProperties=NIGHTLY)
    with pytest.raises(HttpResponseError, match="no event subscription"):
        factory.client.triggers.get_event_subscription_status(factory.group, factory.name, "nightly")


def test_a_recurrence_that_makes_no_sense_is_refused(factory: Any) -> None:
    factory.pipeline("p")
    with pytest.raises(HttpResponseError, match="frequency 'Fortnight'"):
        _put(
            factory,
            "odd",
            "ScheduleTrigger",
            pipelines=[PIPELINE],
            typeProperties={"recurrence": {"frequency": "Fortnight"}},
        )


def test_a_type_that_the_emulator_does_not_run_is_refused_by_name_at_the_start(factory: Any) -> None:
    _put(factory, "old", "BlobTrigger", typeProperties={})
    with pytest.raises(HttpResponseError) as refused:
        factory.start("old")
    assert refused.value.status_code == 501
    assert refused.value.error is not None
    assert "'BlobTrigger'" in str(refused.value.error.message)
