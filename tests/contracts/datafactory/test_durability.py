"""What survives: documents, history and started triggers, in good order or after a kill."""

import time
from collections.abc import Callable
from typing import Any

import pytest

HOLD = {"name": "Hold", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 3600}}


@pytest.mark.parametrize("kill", [True, False], ids=["killed", "stopped"])
def test_everything_is_found_again(
    durable: Any, new_factory: Callable[[Any], Any], blob_event: Callable[..., Any], kill: bool
) -> None:
    factory = new_factory(durable)
    factory.pipeline("quick", parameters={"fileName": {"type": "String"}})
    factory.pipeline("long", HOLD)
    factory.blob_trigger("arrives", "quick", {"fileName": "@triggerBody().fileName"})
    factory.start("arrives")
    factory.publish(blob_event("first.csv", identity="first"))
    [fired] = factory.trigger_runs()
    factory.ended(fired.triggered_pipelines["quick"])
    hanging = factory.client.pipelines.create_run(factory.group, factory.name, "long").run_id
    durable.neighbours.subscriptions.clear()

    durable.restart(kill=kill)

    interrupted = factory.client.pipeline_runs.get(factory.group, factory.name, hanging)
    assert interrupted.status == "Failed"
    assert "local cloud ended" in interrupted.message
    [activity] = factory.client.activity_runs.query_by_pipeline_run(
        factory.group, factory.name, hanging, factory.window()
    ).value
    assert (activity.status, activity.error["errorCode"]) == ("Failed", "LocalCloudEnded")
    assert factory.client.triggers.get(factory.group, factory.name, "arrives").properties.runtime_state == "Started"
    assert [run.trigger_run_id for run in factory.trigger_runs()] == [fired.trigger_run_id]

    deadline = time.monotonic() + 10
    while not factory.endpoints() and time.monotonic() < deadline:
        time.sleep(0.01)
    factory.publish(blob_event("first.csv", identity="first"))  # delivered once more: no second run
    factory.publish(blob_event("second.csv", identity="second"))
    names = sorted(run.parameters["fileName"] for run in factory.pipeline_runs() if run.pipeline_name == "quick")
    assert names == ["first.csv", "second.csv"]
    factory.stop("arrives")


def test_a_rerun_works_after_a_restart(durable: Any, new_factory: Callable[[Any], Any]) -> None:
    factory = new_factory(durable)
    factory.pipeline("quick", parameters={"numbers": {"type": "Array"}})
    first = factory.client.pipelines.create_run(factory.group, factory.name, "quick", {"numbers": [1, 2]}).run_id
    factory.ended(first)
    durable.restart(kill=True)
    again = factory.client.pipelines.create_run(
        factory.group, factory.name, "quick", reference_pipeline_run_id=first, is_recovery=True
    ).run_id
    assert factory.ended(again).parameters == {"numbers": "[1,2]"}
