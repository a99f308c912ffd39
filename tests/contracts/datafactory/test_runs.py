"""Pipeline runs and activity runs through azure-mgmt-datafactory."""

from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

WAITING = {"name": "Hold", "type": "Wait", "typeProperties": {"waitTimeInSeconds": 3600}}
FAILING = {"name": "Stop", "type": "Fail", "typeProperties": {"message": "as asked", "errorCode": "Asked"}}


def _run(factory: Any, pipeline: str, parameters: Any = None, **more: Any) -> str:
    answer = factory.client.pipelines.create_run(factory.group, factory.name, pipeline, parameters, **more)
    return str(answer.run_id)


def test_a_run_by_hand_succeeds_and_is_told(factory: Any) -> None:
    factory.pipeline("quick", parameters={"who": {"type": "String"}, "many": {"type": "Array", "defaultValue": [1]}})
    run = factory.ended(_run(factory, "quick", {"who": "me"}))
    assert (run.status, run.pipeline_name, run.is_latest) == ("Succeeded", "quick", True)
    assert run.parameters == {"who": "me", "many": "[1]"}
    assert (run.invoked_by.name, run.invoked_by.invoked_by_type) == ("Manual", "Manual")
    assert run.run_group_id == run.run_id
    assert run.duration_in_ms >= 0
    assert run.run_end >= run.run_start


def test_activities_of_a_run_are_told(factory: Any) -> None:
    factory.pipeline("failing", FAILING)
    run = factory.ended(_run(factory, "failing"))
    assert run.status == "Failed"
    assert run.message == "Operation on target Stop failed: as asked"
    [activity] = factory.client.activity_runs.query_by_pipeline_run(
        factory.group, factory.name, run.run_id, factory.window()
    ).value
    assert (activity.activity_name, activity.activity_type, activity.status) == ("Stop", "Fail", "Failed")
    assert activity.error["errorCode"] == "Asked"
    assert activity.pipeline_run_id == run.run_id


def test_a_run_that_goes_on_can_be_cancelled(factory: Any) -> None:
    factory.pipeline("long", WAITING)
    run_id = _run(factory, "long")
    assert factory.client.pipeline_runs.get(factory.group, factory.name, run_id).status == "InProgress"
    factory.client.pipeline_runs.cancel(factory.group, factory.name, run_id, is_recursive=True)
    assert factory.ended(run_id).status == "Cancelled"
    factory.client.pipeline_runs.cancel(factory.group, factory.name, run_id)  # one that is over stays as it is


def test_a_run_that_lacks_a_parameter_is_refused(factory: Any) -> None:
    factory.pipeline("asks", parameters={"who": {"type": "String"}})
    with pytest.raises(HttpResponseError) as refused:
        _run(factory, "asks")
    assert refused.value.status_code == 400
    told = refused.value.error
    assert told is not None
    assert told.code == "BadRequest"
    assert str(told.message).startswith("ErrorCode=InvalidTemplate, ErrorMessage=")
    assert str(told.target).startswith("pipeline/asks/runid/")
    assert factory.pipeline_runs() == []


def test_a_run_of_a_missing_pipeline_is_404(factory: Any) -> None:
    with pytest.raises(ResourceNotFoundError):
        _run(factory, "nobody")


def test_a_missing_run_is_404(factory: Any) -> None:
    with pytest.raises(ResourceNotFoundError):
        factory.client.pipeline_runs.get(factory.group, factory.name, "nothing")
    with pytest.raises(ResourceNotFoundError):
        factory.client.pipeline_runs.cancel(factory.group, factory.name, "nothing")
    with pytest.raises(ResourceNotFoundError):
        factory.client.activity_runs.query_by_pipeline_run(factory.group, factory.name, "nothing", factory.window())


def test_runs_are_found_by_name_and_status(factory: Any) -> None:
    factory.pipeline("quick")
    factory.pipeline("failing", FAILING)
    good = [_run(factory, "quick") for _ in range(2)]
    bad = _run(factory, "failing")
    for run_id in [*good, bad]:
        factory.ended(run_id)

    def ask(**query: Any) -> list[str]:
        found = factory.client.pipeline_runs.query_by_factory(factory.group, factory.name, factory.window(**query))
        return [run.run_id for run in found.value]

    names = {"operand": "PipelineName", "operator": "Equals", "values": ["quick"]}
    assert sorted(ask(filters=[names])) == sorted(good)
    assert ask(filters=[{"operand": "Status", "operator": "NotIn", "values": ["Succeeded"]}]) == [bad]
    newest_first = ask(orderBy=[{"orderBy": "RunStart", "order": "DESC"}])
    assert newest_first[0] == bad
    assert len(newest_first) == 3


def test_a_query_that_is_wrong_says_what_is_wrong(factory: Any) -> None:
    with pytest.raises(HttpResponseError, match="'Colour'"):
        factory.client.pipeline_runs.query_by_factory(
            factory.group,
            factory.name,
            factory.window(filters=[{"operand": "Colour", "operator": "Equals", "values": ["red"]}]),
        )


def test_a_rerun_takes_the_old_parameters_and_groups_with_recovery(factory: Any) -> None:
    factory.pipeline("quick", parameters={"who": {"type": "String"}})
    first = _run(factory, "quick", {"who": "first"})
    factory.ended(first)
    again = _run(factory, "quick", {"who": "ignored"}, reference_pipeline_run_id=first, is_recovery=True)
    run = factory.ended(again)
    assert run.parameters == {"who": "first"}
    assert run.run_group_id == first
    assert factory.client.pipeline_runs.get(factory.group, factory.name, first).is_latest is False
    latest = {"operand": "LatestOnly", "operator": "Equals", "values": ["true"]}
    found = factory.client.pipeline_runs.query_by_factory(factory.group, factory.name, factory.window(filters=[latest]))
    assert [run.run_id for run in found.value] == [again]


def test_a_rerun_of_a_run_that_never_was_is_refused(factory: Any) -> None:
    factory.pipeline("quick")
    with pytest.raises(HttpResponseError) as refused:
        _run(factory, "quick", reference_pipeline_run_id="nothing")
    assert refused.value.error is not None
    assert refused.value.error.code == "ReferencedPipelineRunNotValid"


def test_what_is_under_way_can_be_asked_of_the_emulator(factory: Any) -> None:
    factory.pipeline("long", WAITING)
    run_id = _run(factory, "long")
    told = factory.emulator.call("GET", "/__emulator/status").json()
    active = {entry["id"]: entry["activeRuns"] for entry in told["factories"]}
    assert active[factory.id] == [run_id]
    factory.client.pipeline_runs.cancel(factory.group, factory.name, run_id)
