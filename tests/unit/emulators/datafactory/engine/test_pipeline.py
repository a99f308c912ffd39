"""What a pipeline must look like to be created, and what refuses its run."""

from typing import Any

import pytest

from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.lifecycle import PIPELINE_RUN, IllegalTransition, advance
from emulators.datafactory.engine.pipeline import InvalidPipeline, read_pipeline
from emulators.datafactory.engine.timestamps import parse_timespan


def nested(kind: str, place: str, *inner: Any) -> dict[str, Any]:
    return {"name": f"{kind} outer", "type": kind, "typeProperties": {place: list(inner)}}


STEP = {"name": "A", "type": "Wait", "typeProperties": {}}
LOOP = nested("ForEach", "activities", STEP)
BRANCH = nested("IfCondition", "ifTrueActivities", STEP)

MISTAKES = [
    ([{"type": "Wait"}], "has no name"),
    ([{"name": "A"}], "has no type"),
    ([{"name": "A", "type": "Wait", "typeProperties": 5}], "must be an object"),
    ([STEP | {"policy": "none"}], "'policy' of activity 'A' must be an object"),
    ([STEP | {"dependsOn": "A"}], "'dependsOn' of activity 'A' must be a list of objects"),
    ([STEP | {"dependsOn": ["A"]}], "'dependsOn' of activity 'A' must be a list of objects"),
    ([STEP | {"userProperties": {"a": 1}}], "'userProperties' of activity 'A' must be a list of objects"),
    ([nested("Switch", "cases", "x")], "'cases' of activity 'Switch outer' must be a list of objects"),
    ([STEP, STEP], "'A' is used more than once"),
    ([STEP, nested("ForEach", "activities", STEP)], "'A' is used more than once"),
    ([STEP | {"dependsOn": [{"activity": "B"}]}], "'B' referenced by 'runAfter' in action 'A' are not defined"),
    ([STEP | {"dependsOn": [{"activity": "A"}]}], "circular"),
    ([STEP | {"dependsOn": [{"activity": "A", "dependencyConditions": ["Done"]}]}], "condition 'Done'"),
    ([nested("Until", "activities", LOOP)], "cannot be nested"),
    ([nested("ForEach", "activities", nested("Until", "activities", STEP))], "cannot be nested"),
    ([nested("Switch", "defaultActivities", BRANCH)], "cannot be nested"),
    ([nested("IfCondition", "ifFalseActivities", LOOP)], "cannot be nested"),
    ([nested("ForEach", "activities", STEP | {"type": "Validation"})], "cannot be nested"),
    ([STEP | {"name": f"A{number}"} for number in range(121)], "at most 120"),
    ([STEP | {"state": "Inactive", "onInactiveMarkAs": "Done"}], "'onInactiveMarkAs' value 'Done'"),
    ("none", "list of activities"),
]


@pytest.mark.parametrize(("activities", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_a_wrong_pipeline_is_refused(activities: Any, message: str) -> None:
    with pytest.raises(InvalidPipeline, match=message):
        read_pipeline("p", {"activities": activities})


def test_branches_may_stand_in_loops() -> None:
    assert read_pipeline("p", {"activities": [nested("ForEach", "activities", BRANCH)]})


@pytest.mark.parametrize("limit", [0, "2", True, 1.5])
def test_concurrency_is_a_positive_whole_number(limit: Any) -> None:
    with pytest.raises(InvalidPipeline, match="concurrency"):
        read_pipeline("p", {"concurrency": limit})


def test_a_cycle_names_its_activities(graph: Any) -> None:
    with pytest.raises(InvalidPipeline, match="'B', 'C' have circular dependencies"):
        read_pipeline("p", {"activities": graph("A; B <- C, A; C <- B")})


def outcome(rig: Any, activities: Any) -> str:
    with pytest.raises(RunRefused) as refusal:
        rig.start(activities)
    assert refusal.value.code == "BadRequest"
    assert refusal.value.message.startswith("ErrorCode=InvalidTemplate, ErrorMessage=")
    return refusal.value.message


def test_an_activity_that_is_not_there_cannot_be_read(rig: Any, activity: Any) -> None:
    message = outcome(rig, [activity("A", x="@activity('Missing').output")])
    assert "The action(s) 'Missing' referenced by 'inputs' in action 'A' are not defined in the template" in message


def test_only_what_is_upstream_can_be_read(rig: Any, activity: Any) -> None:
    read = activity("B", x="@activity('A').output")
    assert "cannot reference action 'A'" in outcome(rig, [activity("A"), read])


def test_what_is_upstream_of_the_container_can_be_read(rig: Any, activity: Any) -> None:
    inner = activity("B", x="@activity('a').status")
    container = activity("If", "IfCondition", "Between", expression=True, ifTrueActivities=[inner])
    assert rig.run([activity("A"), activity("Between", after="A"), container]).status == "Succeeded"


def test_the_inside_of_a_loop_over_items_cannot_be_read_from_outside(rig: Any, activity: Any) -> None:
    container = activity("Each", "ForEach", items=[1], activities=[activity("A")])
    message = outcome(rig, [container, activity("B", after="Each", x="@activity('A').output")])
    assert "cannot reference action 'A'" in message


@pytest.mark.parametrize(
    ("kind", "properties", "place"),
    [
        ("IfCondition", {"expression": True}, "ifTrueActivities"),
        ("Switch", {"on": "x"}, "defaultActivities"),
        ("Until", {"expression": "@equals(activity('A').output.n, 1)"}, "activities"),
    ],
)
def test_the_inside_of_other_containers_can(rig: Any, activity: Any, kind: str, properties: Any, place: str) -> None:
    rig.outputs["A"] = {"n": 1}
    container = activity("Container", kind, **properties, **{place: [activity("A")]})
    rig.run(
        [container, activity("Between", after="Container"), activity("B", after="Between", n="@activity('A').output.n")]
    )
    assert rig.started[-1].type_properties == {"n": 1}


def test_a_branch_that_did_not_run_has_nothing_to_read(rig: Any, activity: Any) -> None:
    container = activity("If", "IfCondition", expression=False, ifTrueActivities=[activity("A")])
    run = rig.run([container, activity("B", after="If", n="@activity('A').output.n")])
    assert run.status == "Failed"
    assert rig.of("B")[0].error["errorCode"] == "InvalidTemplate"


def test_what_can_be_read_of_an_activity(rig: Any, activity: Any) -> None:
    names = (
        "PipelineName",
        "PipelineRunId",
        "ActivityRunId",
        "Status",
        "ExecutionStartTime",
        "ExecutionEndTime",
        "Duration",
    )
    reads = {name: f"@activity('A').{name}" for name in names}
    run = rig.run(
        [activity("A"), activity("B", after="A", **reads, error="@activity('A')?.error?.message")], {"A": "ok 90"}
    )
    assert rig.started[-1].type_properties == {
        "PipelineName": "p",
        "PipelineRunId": run.run_id,
        "ActivityRunId": rig.of("A")[0].activity_run_id,
        "Status": "Succeeded",
        "ExecutionStartTime": "2030-01-01T00:00:00.0000000Z",
        "ExecutionEndTime": "2030-01-01T00:01:30.0000000Z",
        "Duration": "00:01:30",
        "error": None,
    }


@pytest.mark.parametrize("expression", ["@concat(", "@nonsense(1)", "@{pipeline()", "@_c1"])
def test_expressions_that_cannot_be_read_refuse_the_run(rig: Any, activity: Any, expression: str) -> None:
    assert "In activity 'A': " in outcome(rig, [activity("A", x=expression)])


def test_expressions_that_fail_when_evaluated_fail_the_activity(rig: Any, activity: Any) -> None:
    assert rig.run([activity("A", x="@int('a')")]).status == "Failed"
    assert "The function 'int' was invoked with a parameter that is not valid" in rig.error("A")


def test_an_inactive_activity_is_not_validated(rig: Any, activity: Any) -> None:
    assert rig.run([activity("A", x="@nonsense(") | {"state": "Inactive"}]).status == "Succeeded"


def test_the_output_of_a_failed_activity_cannot_be_selected_from(rig: Any, activity: Any) -> None:
    rig.run([activity("A"), activity("B", after="A:Failed", x="@activity('A').output.rows")], {"A": "fail"})
    assert "property 'rows' cannot be selected" in rig.error("B")


def test_the_error_of_a_failed_activity_can_be_read(rig: Any, activity: Any) -> None:
    reads = {"m": "@activity('A').error.message", "s": "@activity('A').Status", "n": "@activity('A').output?.rows"}
    rig.run([activity("A"), activity("B", after="A:Failed", **reads)], {"A": "fail"})
    assert rig.started[-1].type_properties == {"m": "A broke", "s": "Failed", "n": None}


def test_a_deactivated_activity_has_no_output(rig: Any, activity: Any) -> None:
    rig.run([activity("A") | {"state": "Inactive"}, activity("B", after="A", x="@activity('A').output")])
    assert "property 'output' doesn't exist" in rig.error("B")


@pytest.mark.parametrize(
    ("text", "seconds"), [("00:00:30", 30), ("0.12:00:00", 43_200), ("7.00:00:00", 604_800), ("1:2:3", 3_723)]
)
def test_timespans(text: str, seconds: int) -> None:
    assert parse_timespan(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "12h", "00:60:00", "1", "-00:00:01"])
def test_wrong_timespans(text: str) -> None:
    with pytest.raises(ValueError, match="timespan"):
        parse_timespan(text)


def test_a_run_that_is_over_stays_over() -> None:
    with pytest.raises(IllegalTransition, match="'start' cannot happen to a run that is Succeeded"):
        advance(PIPELINE_RUN, "Succeeded", "start")
