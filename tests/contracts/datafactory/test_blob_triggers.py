"""Blob event triggers: subscribed through Resource Manager, fired by what Event Grid delivers."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from azure.core.exceptions import HttpResponseError

HOLD = {"name": "Hold", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 3600}}
PARAMETERS = {"fileName": {"type": "String"}, "folderPath": {"type": "String"}}
FROM_EVENT = {
    "fileName": "@triggerBody().fileName",
    "folderPath": {"value": "@trigger().outputs.body.folderPath", "type": "Expression"},
}


@pytest.fixture
def started(factory: Any) -> Any:
    """A factory whose trigger `arrives` starts the pipeline `ingest`."""
    factory.pipeline("ingest", parameters=PARAMETERS)
    factory.blob_trigger("arrives", "ingest", FROM_EVENT)
    factory.start("arrives")
    yield factory
    factory.emulator.neighbours.refusal = None
    factory.stop("arrives")


def _subscription(factory: Any) -> dict[str, Any]:
    [found] = [
        document
        for document in factory.emulator.neighbours.all()
        if f"/factories/{factory.name}/" in document["properties"]["destination"]["properties"]["endpointUrl"]
    ]
    return dict(found["properties"])


def test_a_trigger_comes_into_being_stopped(factory: Any) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    created = factory.blob_trigger("arrives", "ingest", FROM_EVENT)
    assert created.properties.runtime_state == "Stopped"
    assert factory.endpoints() == []


def test_starting_subscribes_with_the_filter_of_the_trigger(started: Any) -> None:
    assert started.client.triggers.get(started.group, started.name, "arrives").properties.runtime_state == "Started"
    subscription = _subscription(started)
    assert subscription["filter"]["subjectBeginsWith"] == "/blobServices/default/containers/inputdata/blobs/"
    assert subscription["filter"]["includedEventTypes"] == ["Microsoft.Storage.BlobCreated"]
    assert subscription["destination"]["endpointType"] == "WebHook"


def test_stopping_removes_the_subscription(started: Any) -> None:
    started.stop("arrives")
    assert started.endpoints() == []
    assert started.client.triggers.get(started.group, started.name, "arrives").properties.runtime_state == "Stopped"


def test_a_started_trigger_cannot_be_changed_or_deleted(started: Any) -> None:
    for attempt in (
        lambda: started.blob_trigger("arrives", "ingest", {}),
        lambda: started.client.triggers.delete(started.group, started.name, "arrives"),
    ):
        with pytest.raises(HttpResponseError) as refused:
            attempt()
        assert refused.value.status_code == 400
        assert refused.value.error is not None
        assert refused.value.error.code == "TriggerEnabledCannotUpdate"


@pytest.mark.parametrize(
    ("blob", "file_name", "folder_path"),
    [
        ("claims.csv", "claims.csv", "inputdata"),
        ("2026/01/claims.csv", "claims.csv", "inputdata/2026/01"),
        ("a file + 100% größer.csv", "a file + 100% größer.csv", "inputdata"),
        ("50%25/ä/@{x}.csv", "@{x}.csv", "inputdata/50%25/ä"),
    ],
)
def test_an_event_starts_the_pipeline_with_the_blobs_name(
    started: Any, blob_event: Callable[..., Any], blob: str, file_name: str, folder_path: str
) -> None:
    [answer] = started.publish(blob_event(blob))
    assert answer.status_code == 200
    [trigger_run] = started.trigger_runs()
    assert (trigger_run.status, trigger_run.trigger_name) == ("Succeeded", "arrives")
    assert trigger_run.trigger_type == "BlobEventsTrigger"
    assert json.loads(trigger_run.properties["EventPayload"])["subject"].endswith(blob)
    run = started.ended(trigger_run.triggered_pipelines["ingest"])
    assert run.parameters == {"fileName": file_name, "folderPath": folder_path}
    assert run.invoked_by.invoked_by_type == "BlobEventsTrigger"
    assert (run.invoked_by.id, run.invoked_by.name) == (trigger_run.trigger_run_id, "arrives")


def test_the_same_event_twice_starts_one_run(started: Any, blob_event: Callable[..., Any]) -> None:
    for _ in range(2):
        [answer] = started.publish(blob_event("once.csv"))
        assert answer.status_code == 200
    started.publish(blob_event("once.csv", identity="another-event"))
    assert len(started.trigger_runs()) == 2
    assert len(started.pipeline_runs()) == 2


def test_parameters_that_cannot_be_evaluated_fail_the_trigger_run_alone(
    factory: Any, blob_event: Callable[..., Any]
) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    factory.blob_trigger("arrives", "ingest", {**FROM_EVENT, "fileName": "@triggerBody().nonsense"})
    factory.start("arrives")
    [answer] = factory.publish(blob_event("x.csv"))
    assert answer.status_code == 200
    [run] = factory.trigger_runs()
    assert run.status == "Failed"
    assert "nonsense" in run.message
    assert factory.pipeline_runs() == []
    factory.stop("arrives")


def test_a_pipeline_that_refuses_its_parameters_fails_the_trigger_run(
    factory: Any, blob_event: Callable[..., Any]
) -> None:
    factory.pipeline("ingest", parameters={**PARAMETERS, "needed": {"type": "String"}})
    factory.blob_trigger("arrives", "ingest", FROM_EVENT)
    factory.start("arrives")
    factory.publish(blob_event("x.csv"))
    [run] = factory.trigger_runs()
    assert (run.status, run.triggered_pipelines) == ("Failed", {})
    assert "needed" in run.message
    factory.stop("arrives")


def test_the_run_is_in_progress_when_the_delivery_is_answered(factory: Any, blob_event: Callable[..., Any]) -> None:
    factory.pipeline("hold", HOLD, parameters=PARAMETERS)
    factory.blob_trigger("arrives", "hold", FROM_EVENT)
    factory.start("arrives")
    for number in range(20):
        factory.publish(blob_event("x.csv", identity=f"event-{number}"))
    runs = factory.pipeline_runs()
    assert [run.status for run in runs] == ["InProgress"] * 20
    factory.stop("arrives")
    for run in runs:
        factory.client.pipeline_runs.cancel(factory.group, factory.name, run.run_id)


def test_empty_blobs_are_ignored_unless_the_trigger_says_otherwise(
    factory: Any, blob_event: Callable[..., Any]
) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    factory.blob_trigger("arrives", "ingest", FROM_EVENT, ignoreEmptyBlobs=None)
    factory.start("arrives")
    advanced = _subscription(factory)["filter"]["advancedFilters"]
    assert {"operatorType": "NumberGreaterThan", "key": "data.contentLength", "value": 0} in advanced
    factory.publish(blob_event("empty.csv", length=0))
    assert factory.trigger_runs() == []
    factory.stop("arrives")


def test_the_webhook_opens_only_with_its_code(started: Any, blob_event: Callable[..., Any]) -> None:
    address = httpx.URL(_subscription(started)["destination"]["properties"]["endpointUrl"])
    for wrong in (address.copy_with(query=b""), address.copy_set_param("code", "guess")):
        with httpx.Client(verify=started.emulator.trust.authority.client_context(), trust_env=False) as http:
            assert http.post(wrong, json=[blob_event("x.csv")]).status_code == 401
    assert started.trigger_runs() == []


@pytest.mark.parametrize(
    "body",
    [b"nonsense", b"[1]", b'[{"id": 1}]', b'[{"id":"x","eventType":"Microsoft.Storage.BlobCreated","subject":"?"}]'],
)
def test_what_is_no_event_is_refused(started: Any, body: bytes) -> None:
    address = _subscription(started)["destination"]["properties"]["endpointUrl"]
    with httpx.Client(verify=started.emulator.trust.authority.client_context(), trust_env=False) as http:
        assert http.post(address, content=body).status_code == 400


def test_a_subscription_that_cannot_be_made_leaves_the_trigger_stopped(factory: Any) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    factory.blob_trigger("arrives", "ingest", FROM_EVENT)
    factory.emulator.neighbours.refusal = "the topic is full"
    try:
        with pytest.raises(HttpResponseError, match="the topic is full"):
            factory.start("arrives")
    finally:
        factory.emulator.neighbours.refusal = None
    assert factory.client.triggers.get(factory.group, factory.name, "arrives").properties.runtime_state == "Stopped"


def test_the_status_of_the_subscription_is_event_grids(factory: Any) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    factory.blob_trigger("arrives", "ingest", FROM_EVENT)
    triggers, place = factory.client.triggers, (factory.group, factory.name, "arrives")
    assert triggers.get_event_subscription_status(*place).status == "Disabled"
    assert triggers.begin_subscribe_to_events(*place).result().status == "Enabled"
    assert triggers.get_event_subscription_status(*place).status == "Enabled"
    assert triggers.begin_unsubscribe_from_events(*place).result().status == "Disabled"


def test_a_subscribed_but_stopped_trigger_lets_events_pass(factory: Any, blob_event: Callable[..., Any]) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    factory.blob_trigger("arrives", "ingest", FROM_EVENT)
    place = (factory.group, factory.name, "arrives")
    factory.client.triggers.begin_subscribe_to_events(*place).result()
    [answer] = factory.publish(blob_event("x.csv"))
    assert answer.status_code == 200
    assert factory.trigger_runs() == []
    factory.client.triggers.begin_unsubscribe_from_events(*place).result()


def test_a_trigger_run_can_be_repeated(started: Any, blob_event: Callable[..., Any]) -> None:
    started.publish(blob_event("again.csv"))
    [first] = started.trigger_runs()
    started.client.trigger_runs.rerun(started.group, started.name, "arrives", first.trigger_run_id)
    assert len(started.trigger_runs()) == 2
    assert [run.parameters["fileName"] for run in started.pipeline_runs()] == ["again.csv"] * 2


def test_deleting_the_factory_removes_its_subscriptions(factory: Any) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    factory.blob_trigger("arrives", "ingest", FROM_EVENT)
    factory.start("arrives")
    factory.client.factories.delete(factory.group, factory.name)
    assert factory.endpoints() == []


def test_a_filter_without_any_path_is_refused(factory: Any) -> None:
    factory.pipeline("ingest", parameters=PARAMETERS)
    with pytest.raises(HttpResponseError, match="blobPathBeginsWith"):
        factory.blob_trigger("arrives", "ingest", FROM_EVENT, blobPathBeginsWith=None)
