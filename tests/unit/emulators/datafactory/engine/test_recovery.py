"""What a recovery run takes over: single rules as data in `cases/recoveries.json`, then containers and children."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory.engine.records import PipelineRun, RerunReference


@dataclass(frozen=True)
class Case:
    """A graph, its outcomes in the first run (all is well in the second unless said), and what runs again."""

    rule: str
    graph: str
    outcomes: dict[str, Any]
    again: str
    status: str
    start: str | None = None

    def __str__(self) -> str:
        return self.rule


CASES = [Case(**case) for case in json.loads((Path(__file__).parent / "cases/recoveries.json").read_text("utf-8"))]


def earlier(rig: Any, run: PipelineRun, start: str | None = None, records: Sequence[Any] = ()) -> RerunReference:
    """The first run, to start again from an activity or from what failed; children are what it started."""
    told = [record for record in (records or rig.records) if record.pipeline_run_id == run.run_id]
    rig.events.clear()
    rig.started.clear()
    children = {
        child.run_id: RerunReference(
            child,
            tuple(record for record in rig.records if record.pipeline_run_id == child.run_id),
            is_recovery=True,
            start_from_failure=True,
        )
        for child in rig.pipeline_runs.values()
        if child.invoked_by.pipeline_run_id == run.run_id
    }
    return RerunReference(
        run,
        tuple(told),
        is_recovery=True,
        start_activity_name=start,
        start_from_failure=start is None,
        children=children,
    )


def again(rig: Any) -> list[str]:
    return [started.name for started in rig.started]


def told(rig: Any, who: str) -> list[str]:
    """What the events say of someone."""
    return [what for _, name, what in map(str.split, rig.events) if name == who]


def first_fails(*names: str) -> dict[str, list[str]]:
    return {name: ["fail", "ok"] for name in names}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rules(rig: Any, graph: Any, case: Case) -> None:
    outcomes = {name: [found, "ok"] if isinstance(found, str) else found for name, found in case.outcomes.items()}
    first = rig.run(graph(case.graph), outcomes)
    run = rig.run(graph(case.graph), reference=earlier(rig, first, case.start))
    assert again(rig) == case.again.split()
    assert run.status == case.status


def test_an_inactive_activity_is_no_failure(rig: Any, activity: Any) -> None:
    activities = [activity("A") | {"state": "Inactive"}, activity("B", after="A"), activity("C", after="B")]
    first = rig.run(activities, first_fails("C"))
    rig.run(activities, reference=earlier(rig, first))
    assert again(rig) == ["C"]


def test_a_condition_is_evaluated_again_and_what_is_inside_is_kept(rig: Any, activity: Any) -> None:
    inner = [activity("X"), activity("Y", after="X")]
    activities = [activity("If", "IfCondition", expression=True, ifTrueActivities=inner), activity("C", after="If")]
    first = rig.run(activities, first_fails("C"))
    rig.run(activities, reference=earlier(rig, first))
    assert again(rig) == ["C"]
    assert told(rig, "If") == ["InProgress", "Succeeded"], "a row tells that the condition was evaluated again"


def test_a_failure_inside_starts_there(rig: Any, activity: Any) -> None:
    inner = [activity("X"), activity("Y", after="X"), activity("Z", after="Y")]
    activities = [activity("If", "IfCondition", expression=True, ifTrueActivities=inner), activity("C", after="If")]
    first = rig.run(activities, first_fails("Y"))
    run = rig.run(activities, reference=earlier(rig, first))
    assert again(rig) == ["Y", "Z", "C"]
    assert run.status == "Succeeded"


def test_a_container_that_waits_for_a_failure_runs_as_a_whole(rig: Any, activity: Any) -> None:
    inner = [activity("X"), activity("Y", after="X")]
    activities = [activity("A"), activity("If", "IfCondition", "A:Completed", expression=True, ifTrueActivities=inner)]
    first = rig.run(activities, first_fails("A"))
    rig.run(activities, reference=earlier(rig, first))
    assert again(rig) == ["A", "X", "Y"]


def test_from_an_activity_inside(rig: Any, activity: Any) -> None:
    inner = [activity("W"), activity("X", after="W"), activity("Y", after="X")]
    activities = [activity("A"), activity("If", "IfCondition", "A", expression=True, ifTrueActivities=inner)]
    first = rig.run(activities)
    rig.run(activities, reference=earlier(rig, first, "X"))
    assert again(rig) == ["X", "Y"]
    rig.run(activities, reference=earlier(rig, first, "If", rig.records[:]))
    assert again(rig) == ["W", "X", "Y"], "the container itself: all of it"


def test_the_other_branch_has_nothing_to_keep(rig: Any, activity: Any) -> None:
    """The condition is another one than before, because the activity before the container runs again."""
    rig.outputs["A"] = {"yes": True}
    condition = {"value": "@activity('A').output.yes", "type": "Expression"}
    branches = {"ifTrueActivities": [activity("T")], "ifFalseActivities": [activity("F")]}
    activities = [activity("A"), activity("If", "IfCondition", "A", expression=condition, **branches)]
    first = rig.run(activities)
    rig.outputs["A"] = {"yes": False}
    rig.run(activities, reference=earlier(rig, first, "A"))
    assert again(rig) == ["A", "F"]


def for_each(activity: Any, items: Any, **more: Any) -> Any:
    return activity("Loop", "ForEach", items=items, isSequential=True, **more)


def test_only_the_iterations_that_failed_run_again(rig: Any, activity: Any) -> None:
    body = [activity("X", n="@item()"), activity("Y", after="X", n="@item()")]
    activities = [for_each(activity, [10, 20, 30], activities=body)]
    first = rig.run(activities, {"X": ["ok", "fail", "ok"], "Y": "ok"})
    assert first.status == "Failed"
    run = rig.run(activities, reference=earlier(rig, first))
    assert [(started.name, started.type_properties["n"]) for started in rig.started] == [("X", 20), ("Y", 20)]
    assert run.status == "Succeeded"


def test_an_iteration_with_another_item_is_another_iteration(rig: Any, activity: Any) -> None:
    items = {"value": "@activity('A').output.items", "type": "Expression"}
    body = [activity("X", n="@item()")]
    activities = [activity("A"), for_each(activity, items, activities=body) | {"dependsOn": []}]
    activities[1]["dependsOn"] = [{"activity": "A", "dependencyConditions": ["Succeeded"]}]
    rig.outputs["A"] = {"items": [1, 2]}
    first = rig.run(activities, {"X": ["ok", "fail", "ok"]})
    reference = earlier(rig, first)
    [a] = [record for record in reference.activity_runs if record.activity_name == "A"]
    a.output = {"items": [3, 2, 4]}
    rig.run(activities, reference=reference)
    assert [started.type_properties["n"] for started in rig.started] == [3, 2, 4]


def test_variables_of_a_loop_are_appended_again(rig: Any, activity: Any) -> None:
    body = [
        activity("X"),
        activity("Note", "AppendVariable", "X", variableName="seen", value="@activity('X').output.n"),
    ]
    pipelines = {
        "p": {
            "activities": [for_each(activity, [1, 2], activities=body), activity("C", after="Loop")],
            "variables": {"seen": {"type": "Array"}},
        }
    }
    rig.outputs["X"] = {"n": 7}
    first = rig.run(pipelines, first_fails("C"))
    run = rig.run(pipelines, reference=earlier(rig, first))
    assert again(rig) == ["C"]
    assert run.variables == {"seen": [7, 7]}


def test_until_goes_on_where_it_failed(rig: Any, activity: Any) -> None:
    rig.outputs["X"] = {"done": False}
    condition = {"value": "@equals(activity('Look')?.output?.done, true)", "type": "Expression"}
    body = [activity("X"), activity("Look", after="X:Completed")]
    activities = [activity("U", "Until", expression=condition, timeout="0.00:00:30", activities=body)]
    rig.outputs["Look"] = {"done": False}
    first = rig.run(activities, {"X": "ok 20", "Look": "ok"})
    assert first.status == "Failed"
    taken = len([record for record in rig.records if record.status == "Succeeded"])
    rig.outputs["Look"] = {"done": True}
    run = rig.run(activities, reference=earlier(rig, first))
    assert taken == 2, "the first iteration was whole, the second ran out of time"
    assert again(rig) == ["X", "Look"], "the first iteration is kept"
    assert run.status == "Succeeded"


def parent(activity: Any, *, value: Any = 1, waits: bool = True) -> Any:
    call = activity(
        "Call",
        "ExecutePipeline",
        pipeline={"referenceName": "child"},
        parameters={"x": value},
        waitOnCompletion=waits,
    )
    child = {"activities": [activity("X"), activity("Y", after="X")], "parameters": {"x": {"type": "Int"}}}
    return {"p": {"activities": [activity("A"), call, activity("C", after="Call")]}, "child": child}


def test_a_child_is_recovered_too(rig: Any, activity: Any) -> None:
    pipelines = parent(activity)
    first = rig.run(pipelines, first_fails("Y"))
    assert first.status == "Failed"
    child = next(run for run in rig.pipeline_runs.values() if run.pipeline_name == "child")
    run = rig.run(pipelines, reference=earlier(rig, first))
    assert again(rig) == ["Y", "C"]
    assert run.status == "Succeeded"
    recovered = [found for found in rig.pipeline_runs.values() if found.run_group_id == child.run_id]
    assert [found.status for found in recovered] == ["Failed", "Succeeded"], "the child's runs are a group"


def test_a_child_that_succeeded_is_started_and_does_nothing(rig: Any, activity: Any) -> None:
    pipelines = parent(activity)
    first = rig.run(pipelines, first_fails("C"))
    run = rig.run(pipelines, reference=earlier(rig, first))
    assert again(rig) == ["C"]
    assert told(rig, "child") == ["InProgress", "Succeeded"]
    assert run.status == "Succeeded"


def test_a_child_with_other_parameters_is_another_run(rig: Any, activity: Any) -> None:
    first = rig.run(parent(activity), first_fails("Y"))
    rig.run(parent(activity, value=2), reference=earlier(rig, first))
    assert again(rig) == ["X", "Y", "C"]


def test_starting_from_the_call_starts_a_fresh_child(rig: Any, activity: Any) -> None:
    pipelines = parent(activity)
    first = rig.run(pipelines)
    rig.run(pipelines, reference=earlier(rig, first, "Call"))
    assert again(rig) == ["X", "Y", "C"]


def test_a_recovery_without_a_place_to_start_from_keeps_nothing(rig: Any, activity: Any) -> None:
    pipelines = parent(activity)
    first = rig.run(pipelines)
    whole = RerunReference(first, tuple(rig.records), is_recovery=True)
    rig.started.clear()
    rig.run(pipelines, reference=whole)
    assert again(rig) == ["A", "X", "Y", "C"]
