"""If, Switch, ForEach and Until: which inner activities run, in which order, and how the container ends."""

from typing import Any

import pytest


def fails(name: str, message: str) -> str:
    return f"Activity failed because an inner activity failed; Inner activity name: {name}, Error: {message}"


# If and Switch


@pytest.mark.parametrize(("value", "ran"), [(True, ["Yes"]), (False, ["No"])])
def test_if_runs_one_branch(rig: Any, activity: Any, value: bool, ran: list[str]) -> None:
    run = rig.run(
        [
            activity(
                "If",
                "IfCondition",
                expression=value,
                ifTrueActivities=[activity("Yes")],
                ifFalseActivities=[activity("No")],
            )
        ]
    )
    assert [started.name for started in rig.started] == ran
    assert run.status == "Succeeded"
    assert rig.of("If")[0].input == {"expression": value}


def test_a_missing_branch_succeeds_at_once(rig: Any, activity: Any) -> None:
    run = rig.run([activity("If", "IfCondition", expression=False, ifTrueActivities=[activity("Yes")])])
    assert rig.events == ["0 p InProgress", "0 If InProgress", "0 If Succeeded", "0 p Succeeded"]
    assert run.status == "Succeeded"


@pytest.mark.parametrize("value", ["true", 1, None])
def test_if_converts_nothing_to_a_boolean(rig: Any, activity: Any, value: Any) -> None:
    assert rig.run([activity("If", "IfCondition", expression=value)]).status == "Failed"
    assert "must be a valid boolean" in rig.error("If")


def test_the_leaf_rule_holds_inside_and_errors_chain(rig: Any, activity: Any) -> None:
    inner = [activity("X"), activity("Next", after="X"), activity("Handler", after="X:Failed")]
    run = rig.run([activity("If", "IfCondition", expression=True, ifTrueActivities=inner)], {"X": "fail"})
    assert run.status == "Failed"
    assert rig.of("If")[0].error["errorCode"] == "ActionFailed"
    assert run.message == "Operation on target If failed: " + fails("X", "X broke")


def test_a_handled_inner_failure_does_not_fail_the_container(rig: Any, activity: Any) -> None:
    inner = [activity("X"), activity("Handler", after="X:Failed")]
    run = rig.run([activity("If", "IfCondition", expression=True, ifTrueActivities=inner)], {"X": "fail"})
    assert run.status == "Succeeded"


CASES = [("a", ["A"]), ("b", ["B"]), (7, ["Seven"]), ("A", ["Default"]), ("zzz", ["Default"])]


@pytest.mark.parametrize(("on", "ran"), CASES)
def test_switch_takes_the_case_of_exactly_that_value(rig: Any, activity: Any, on: Any, ran: list[str]) -> None:
    cases = [
        {"value": "a", "activities": [activity("A")]},
        {"value": "b", "activities": [activity("B")]},
        {"value": "7", "activities": [activity("Seven")]},
    ]
    rig.run([activity("Switch", "Switch", on=on, cases=cases, defaultActivities=[activity("Default")])])
    assert [started.name for started in rig.started] == ran


def test_switch_without_match_and_default_succeeds(rig: Any, activity: Any) -> None:
    assert rig.run([activity("Switch", "Switch", on="x", cases=[])]).status == "Succeeded"


def test_switch_wants_a_text_or_a_whole_number(rig: Any, activity: Any) -> None:
    assert rig.run([activity("Switch", "Switch", on=[1])]).status == "Failed"
    assert "of type 'Array'" in rig.error("Switch")


# ForEach


def loop(activity: Any, items: Any, *inner: Any, **more: Any) -> Any:
    return activity("Loop", "ForEach", items=items, activities=list(inner), **more)


def test_a_sequential_loop_keeps_the_order(rig: Any, activity: Any) -> None:
    rig.run([loop(activity, ["a", "b", "c"], activity("X", url="@item()"), isSequential=True)], {"X": "ok 2"})
    assert [started.type_properties["url"] for started in rig.started] == ["a", "b", "c"]
    assert [event for event in rig.events if "X" in event] == [
        "0 Loop[0]/X InProgress",
        "2 Loop[0]/X Succeeded",
        "2 Loop[1]/X InProgress",
        "4 Loop[1]/X Succeeded",
        "4 Loop[2]/X InProgress",
        "6 Loop[2]/X Succeeded",
    ]


def test_items_are_dealt_to_queues_beforehand(rig: Any, activity: Any) -> None:
    """Two queues: 0, 2, 4 and 1, 3. The second is done long before the first and takes nothing over."""
    items = [10, 1, 10, 1, 10]
    rig.run([loop(activity, items, activity("W", "Wait", waitTimeInSeconds="@item()"), batchCount=2)])
    starts = [event.split()[:2] for event in rig.events if event.endswith("W InProgress")]
    assert starts == [
        ["0", "Loop[0]/W"],
        ["0", "Loop[1]/W"],
        ["1", "Loop[3]/W"],
        ["10", "Loop[2]/W"],
        ["20", "Loop[4]/W"],
    ]


def test_twenty_at_a_time_unless_said(rig: Any, activity: Any) -> None:
    rig.run([loop(activity, list(range(45)), activity("X"))], {"X": "ok 1"})
    starts = [event.split()[0] for event in rig.events if event.endswith("X InProgress")]
    assert [starts.count(second) for second in ("0", "1", "2")] == [20, 20, 5]


def test_a_failed_iteration_does_not_stop_the_others(rig: Any, activity: Any) -> None:
    run = rig.run([loop(activity, [1, 2, 3], activity("X"), isSequential=True)], {"X": ["ok", "fail", "ok"]})
    assert len(rig.started) == 3
    assert run.message == "Operation on target Loop failed: " + fails("X", "X broke")


def test_no_items_no_iterations(rig: Any, activity: Any) -> None:
    assert rig.run([loop(activity, [], activity("X"))]).status == "Succeeded"
    assert rig.of("Loop")[0].output == {}
    assert not rig.started


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"items": "abc"}, "of type 'String'. The result must be a valid array"),
        ({"items": list(range(100_001))}, "at most 100,000 items"),
        ({"items": [1], "batchCount": 51}, "'batchCount' must be from 1 to 50"),
        ({"items": [1], "batchCount": 0}, "'batchCount' must be from 1 to 50"),
    ],
)
def test_what_a_loop_refuses(rig: Any, activity: Any, properties: Any, message: str) -> None:
    assert rig.run([activity("Loop", "ForEach", activities=[activity("X")], **properties)]).status == "Failed"
    assert message in rig.error("Loop")


def test_thousands_of_items_fifty_at_a_time(rig: Any, activity: Any) -> None:
    rig.quiet = True
    run = rig.run([loop(activity, list(range(2_000)), activity("X"), batchCount=50)])
    assert run.status == "Succeeded"
    assert len(rig.started) == 2_000


def test_booleans_may_come_as_texts(rig: Any, activity: Any) -> None:
    rig.run([loop(activity, [1, 2], activity("X"), isSequential="true")], {"X": "ok 1"})
    assert "1 Loop[1]/X InProgress" in rig.events


def test_inner_activities_see_what_ran_before_the_loop(rig: Any, activity: Any) -> None:
    rig.outputs["Before"] = {"n": 5}
    inner = activity("X", n="@activity('Before').output.n")
    rig.run([activity("Before"), activity("Loop", "ForEach", "Before", items=[1], activities=[inner])])
    assert rig.started[-1].type_properties == {"n": 5}


def test_an_if_in_a_loop_has_the_loops_item(rig: Any, activity: Any) -> None:
    inner = activity(
        "If", "IfCondition", expression="@equals(item(), 2)", ifTrueActivities=[activity("X", n="@item()")]
    )
    rig.run([loop(activity, [1, 2, 3], inner, isSequential=True)])
    assert [started.type_properties["n"] for started in rig.started] == [2]


# Until


def until(activity: Any, expression: Any, *inner: Any, **more: Any) -> Any:
    return activity("Until", "Until", expression=expression, activities=list(inner), **more)


def test_until_runs_the_body_first_and_stops_when_the_condition_holds(rig: Any, activity: Any) -> None:
    run = rig.run([until(activity, True, activity("X"))])
    assert len(rig.started) == 1
    assert run.status == "Succeeded"


def test_the_condition_may_read_the_body_of_the_iteration_just_over(rig: Any, activity: Any) -> None:
    condition = "@equals(activity('X').status, 'Succeeded')"
    run = rig.run([until(activity, condition, activity("X"))], {"X": ["fail 1", "fail 1", "ok 1"]})
    assert len(rig.started) == 3
    assert run.status == "Succeeded"


def test_a_failed_body_does_not_end_the_loop_but_the_last_iteration_decides(rig: Any, activity: Any) -> None:
    condition = "@equals(activity('X').status, 'Failed')"
    run = rig.run([until(activity, condition, activity("X"))], {"X": ["ok 1", "fail 1"]})
    assert run.message == "Operation on target Until failed: " + fails("X", "X broke")


def test_until_ends_at_its_timeout(rig: Any, activity: Any) -> None:
    body = activity("W", "Wait", waitTimeInSeconds=40)
    run = rig.run([until(activity, False, body, timeout="0.00:01:00")])
    assert rig.events[-5:] == [
        "40 Until[0]/W Succeeded",
        "40 Until[1]/W InProgress",
        "60 Until[1]/W Cancelled",
        "60 Until Failed",
        "60 p Failed",
    ]
    assert rig.of("Until")[0].error["errorCode"] == "ActionTimedOut"
    assert run.status == "Failed"


def test_a_loop_without_a_wait_does_not_stop_the_clock(rig: Any, activity: Any) -> None:
    body = activity("S", "SetVariable", variableName="v", value="x")
    pipelines = {
        "p": {
            "activities": [until(activity, False, body, timeout="0.00:00:30")],
            "variables": {"v": {"type": "String"}},
        }
    }
    assert rig.run(pipelines).status == "Failed"
    assert len(rig.of("S")) == 30


def test_seven_days_unless_said(rig: Any, activity: Any) -> None:
    rig.run([until(activity, False, activity("W", "Wait", waitTimeInSeconds=86_400))])
    assert rig.events[-1] == f"{7 * 86_400} p Failed"


def test_a_condition_that_cannot_be_evaluated_fails_the_loop(rig: Any, activity: Any) -> None:
    assert rig.run([until(activity, "@pipeline().nonsense", activity("X"))]).status == "Failed"
    assert rig.of("Until")[0].error["errorCode"] == "InvalidTemplate"
