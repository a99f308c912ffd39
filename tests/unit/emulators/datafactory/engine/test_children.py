"""Execute Pipeline, concurrency, queueing and cancellation."""

from typing import Any

import pytest

from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.runs import MAX_QUEUED


def calls(activity: Any, child: str, *, wait: bool | None = True, **parameters: Any) -> Any:
    more = {} if wait is None else {"waitOnCompletion": wait}
    reference = {"referenceName": child, "type": "PipelineReference"}
    return activity("Call", "ExecutePipeline", pipeline=reference, parameters=parameters, **more)


def test_a_parent_waits_for_its_child_and_reads_what_it_returns(rig: Any, activity: Any) -> None:
    returned = [{"key": "k", "value": {"type": "Expression", "content": "@pipeline().parameters.x"}}]
    child = [
        activity("W", "Wait", waitTimeInSeconds=5),
        activity("R", "SetVariable", variableName="pipelineReturnValue", setSystemVariable=True, value=returned),
    ]
    reader = activity("A", after="Call", k="@activity('Call').output.pipelineReturnValue.k")
    run = rig.run(
        {
            "p": {"activities": [calls(activity, "CHILD", x="@pipeline().Pipeline"), reader]},
            "child": {"activities": child, "parameters": {"x": {"type": "String"}}},
        }
    )  # fmt: skip
    assert rig.events == [
        "0 p InProgress", "0 Call InProgress", "0 child InProgress", "0 W InProgress", "0 R InProgress",
        "0 R Succeeded",
        "5 W Succeeded", "5 child Succeeded", "5 Call Succeeded", "5 A InProgress", "5 A Succeeded", "5 p Succeeded",
    ]  # fmt: skip
    assert rig.started[0].type_properties == {"k": "p"}
    [child_run] = [found for found in rig.pipeline_runs.values() if found.pipeline_name == "child"]
    assert child_run.invoked_by.to_json() == {
        "id": rig.of("Call")[0].activity_run_id,
        "name": "Call",
        "invokedByType": "PipelineActivity",
        "pipelineName": "p",
        "pipelineRunId": run.run_id,
    }
    assert rig.of("Call")[0].output == {
        "pipelineName": "child",
        "pipelineRunId": child_run.run_id,
        "pipelineReturnValue": {"k": "p"},
    }


@pytest.mark.parametrize("wait", [False, None])
def test_without_waiting_the_activity_is_over_at_once(rig: Any, activity: Any, wait: bool | None) -> None:
    rig.run(
        {"p": {"activities": [calls(activity, "c", wait=wait)]}, "c": {"activities": [activity("A")]}}, {"A": "fail 9"}
    )
    assert "0 p Succeeded" in rig.events
    assert rig.events[-1] == "9 c Failed"


def test_a_childs_failure_is_the_activitys(rig: Any, activity: Any) -> None:
    run = rig.run({"p": {"activities": [calls(activity, "c")]}, "c": {"activities": [activity("A")]}}, {"A": "fail"})
    assert run.message == "Operation on target Call failed: Operation on target A failed: A broke"
    assert rig.of("Call")[0].error["errorCode"] == "BadRequest"


def test_a_child_that_is_refused_fails_the_activity(rig: Any, activity: Any) -> None:
    child = {"activities": [], "parameters": {"x": {"type": "Int"}}}
    assert rig.run({"p": {"activities": [calls(activity, "c")]}, "c": child}).status == "Failed"
    assert "'x' is not provided" in rig.error("Call")
    assert "invalid reference 'nowhere'" in _error_of_missing(rig, activity)


def _error_of_missing(rig: Any, activity: Any) -> str:
    rig.run([calls(activity, "nowhere")])
    return str(rig.error("Call"))


def test_only_children_know_who_triggered_them(rig: Any, activity: Any) -> None:
    child = {"activities": [activity("A", by="@pipeline().TriggeredByPipelineName", type="@pipeline().TriggerType")]}
    rig.run({"p": {"activities": [calls(activity, "c")]}, "c": child})
    assert rig.started[0].type_properties == {"by": "p", "type": "PipelineActivity"}
    rig.run([activity("B", by="@pipeline().TriggeredByPipelineName")])
    assert "doesn't exist" in rig.error("B")


def test_recursion_is_refused_where_it_closes(rig: Any, activity: Any) -> None:
    run = rig.run({"p": {"activities": [calls(activity, "c")]}, "c": {"activities": [calls(activity, "P")]}})
    assert run.status == "Failed"
    assert "executes itself" in run.message


# Concurrency


def limited(activity: Any, limit: int) -> Any:
    return {"p": {"activities": [activity("A")], "concurrency": limit}}


def test_excess_runs_wait_in_order(rig: Any, activity: Any) -> None:
    pipelines = limited(activity, 2)
    runs = [rig.start(pipelines, {"A": "ok 10"}) for _ in range(4)]
    assert [run.status for run in runs] == ["InProgress", "InProgress", "Queued", "Queued"]
    assert runs[2].run_start is None
    rig.go()
    assert [run.status for run in runs] == ["Succeeded"] * 4
    assert [(run.run_start - rig.pipeline_runs[runs[0].run_id].run_start).seconds for run in runs] == [0, 0, 10, 10]


def test_a_hundred_may_be_queued(rig: Any, activity: Any) -> None:
    pipelines = limited(activity, 1)
    for _ in range(1 + MAX_QUEUED):
        rig.start(pipelines, {"A": "hang"})
    with pytest.raises(RunRefused, match="100 queued runs"):
        rig.start(pipelines)


def test_without_limit_all_run_at_once(rig: Any, activity: Any) -> None:
    runs = [rig.start([activity("A")], {"A": "ok 1"}) for _ in range(50)]
    assert {run.status for run in runs} == {"InProgress"}


def test_a_queued_run_can_be_cancelled(rig: Any, activity: Any) -> None:
    pipelines = limited(activity, 1)
    first, second, third = (rig.start(pipelines, {"A": "ok 10"}) for _ in range(3))
    rig.at(1, lambda: rig.cancel(second))
    rig.go()
    assert [run.status for run in (first, second, third)] == ["Succeeded", "Cancelled", "Succeeded"]
    assert third.duration_in_ms == 10_000
    assert rig.events.count("1 p Cancelled") == 1
    assert (rig.pipeline_runs[second.run_id].run_start, rig.pipeline_runs[second.run_id].duration_in_ms) == (None, 0)


# Cancellation


def test_a_cancelled_run_stops_what_runs_and_starts_nothing_more(rig: Any, activity: Any) -> None:
    activities = [
        activity("A"),
        activity("W", "Wait", waitTimeInSeconds=100),
        activity("B", after="A:Completed"),
        activity("C", after="W:Failed"),
    ]
    run = rig.start(activities, {"A": "hang"})
    rig.at(5, lambda: rig.cancel(run))
    rig.go()
    assert rig.events[3:] == ["5 p Canceling", "5 W Cancelled", "5 A Cancelled", "5 p Cancelled"]
    assert run.status == "Cancelled"
    assert run.message == ""


def test_inner_activities_of_containers_are_cancelled(rig: Any, activity: Any) -> None:
    inner = [activity("X"), activity("Y", after="X")]
    run = rig.start([activity("Loop", "ForEach", items=[1, 2, 3], isSequential=True, activities=inner)], {"X": "hang"})
    rig.at(5, lambda: rig.cancel(run))
    rig.go()
    assert rig.events[-4:] == ["5 p Canceling", "5 Loop[0]/X Cancelled", "5 Loop Cancelled", "5 p Cancelled"]


def test_a_pause_between_attempts_is_cancelled(rig: Any, activity: Any) -> None:
    run = rig.start([activity("A", policy={"retry": 3, "retryIntervalInSeconds": 100})], {"A": "fail 1"})
    rig.at(50, lambda: rig.cancel(run))
    rig.go()
    assert rig.events[-2:] == ["50 p Canceling", "50 p Cancelled"]
    assert len(rig.started) == 1


def parent_and_child(activity: Any) -> Any:
    return {"p": {"activities": [calls(activity, "c")]}, "c": {"activities": [activity("A")]}}


def test_a_recursive_cancel_takes_the_children_along(rig: Any, activity: Any) -> None:
    run = rig.start(parent_and_child(activity), {"A": "hang"})
    rig.at(5, lambda: rig.cancel(run))
    rig.go()
    assert rig.events[-6:] == [
        "5 p Canceling", "5 c Canceling", "5 A Cancelled", "5 c Cancelled", "5 Call Cancelled", "5 p Cancelled",
    ]  # fmt: skip


def test_a_plain_cancel_leaves_the_children_alone(rig: Any, activity: Any) -> None:
    run = rig.start(parent_and_child(activity), {"A": "ok 20"})
    rig.at(5, lambda: rig.cancel(run, recursive=False))
    rig.go()
    assert rig.events[-5:] == ["5 p Canceling", "5 Call Cancelled", "5 p Cancelled", "20 A Succeeded", "20 c Succeeded"]


def test_a_cancelled_child_fails_its_parents_activity(rig: Any, activity: Any) -> None:
    rig.start(parent_and_child(activity), {"A": "hang"})
    rig.at(5, lambda: rig.cancel(next(run for run in rig.pipeline_runs.values() if run.pipeline_name == "c")))
    rig.go()
    assert "was cancelled" in rig.error("Call")
    assert rig.events[-1] == "5 p Failed"


def test_cancelling_twice_or_too_late_changes_nothing(rig: Any, activity: Any) -> None:
    run = rig.start([activity("A")], {"A": "hang"})
    rig.at(5, lambda: (rig.cancel(run), rig.cancel(run)))
    rig.go()
    events = list(rig.events)
    rig.cancel(run)
    assert rig.events == events
    assert run.status == "Cancelled"
