"""Running again: with the parameters of the earlier run, from an activity, or from failure."""

from typing import Any

import pytest

from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.records import RerunReference

GRAPH = "A; B <- A; C <- B; D"


def earlier(rig: Any, run: Any, **more: Any) -> RerunReference:
    reference = RerunReference(run, tuple(rig.records), **more)
    rig.events.clear()
    rig.started.clear()
    return reference


def test_a_plain_rerun_takes_the_old_parameters_and_a_group_of_its_own(rig: Any, activity: Any) -> None:
    pipelines = {"p": {"activities": [activity("A")], "parameters": {"x": {"type": "Int"}}}}
    first = rig.run(pipelines, parameters={"x": 1})
    again = rig.run(pipelines, parameters={"x": 2}, reference=earlier(rig, first))
    assert again.parameters == {"x": 1}
    assert again.run_group_id == again.run_id
    assert len(rig.started) == 1


def test_a_recovery_shares_the_group(rig: Any, graph: Any) -> None:
    first = rig.run(graph(GRAPH))
    again = rig.run(graph(GRAPH), reference=earlier(rig, first, is_recovery=True))
    assert again.run_group_id == first.run_id
    assert len(rig.started) == 4, "without a place to start from everything runs again"


def test_from_an_activity(rig: Any, graph: Any) -> None:
    rig.outputs["A"] = {"n": 1}
    activities = graph(GRAPH)
    activities[1]["typeProperties"]["n"] = "@activity('A').output.n"
    first = rig.run(activities)
    again = rig.run(activities, reference=earlier(rig, first, is_recovery=True, start_activity_name="b"))
    assert [started.name for started in rig.started] == ["B", "C"]
    assert rig.started[0].type_properties == {"n": 1}, "the output of the earlier run is used"
    assert again.status == "Succeeded"


def test_variables_are_set_again(rig: Any, activity: Any) -> None:
    pipelines = {
        "p": {
            "activities": [
                activity("S", "SetVariable", variableName="v", value="x"),
                activity("A", after="S", v="@variables('v')"),
            ],
            "variables": {"v": {"type": "String"}},
        }
    }
    first = rig.run(pipelines, {"A": ["fail", "ok"]})
    rig.run(pipelines, reference=earlier(rig, first, is_recovery=True, start_from_failure=True))
    assert rig.started[0].type_properties == {"v": "x"}


def test_an_unknown_activity_to_start_from_is_refused(rig: Any, graph: Any) -> None:
    first = rig.run(graph(GRAPH))
    with pytest.raises(RunRefused, match="no activity 'Z'"):
        rig.run(graph(GRAPH), reference=earlier(rig, first, is_recovery=True, start_activity_name="Z"))


SECRET = "s3cret-word"
WITH_SECRET = {"s": {"type": "SecureString"}}


def test_a_rerun_has_the_secrets_of_the_earlier_run_and_shows_none(rig: Any, activity: Any) -> None:
    pipelines = {"p": {"activities": [activity("A", s="@pipeline().parameters.s")], "parameters": WITH_SECRET}}
    first = rig.run(pipelines, parameters={"s": SECRET})
    assert rig.started[0].type_properties == {"s": SECRET}
    again = rig.run(pipelines, reference=earlier(rig, first))
    assert rig.started[0].type_properties == {"s": SECRET}
    for record in (first, again, *rig.records):
        assert SECRET not in repr(record)
        assert SECRET not in str(record.to_json())


def test_the_mask_of_a_secret_is_not_taken_for_its_value(rig: Any, activity: Any) -> None:
    pipelines = {"p": {"activities": [activity("A")], "parameters": WITH_SECRET}}
    first = rig.run(pipelines, parameters={"s": SECRET})
    first.hidden_parameters = {}
    with pytest.raises(RunRefused, match="'s' is not provided"):
        rig.run(pipelines, reference=earlier(rig, first))


@pytest.mark.parametrize("secured", [True, False])
def test_a_rerun_has_the_outputs_that_the_earlier_run_hides(rig: Any, activity: Any, secured: bool) -> None:
    """Hidden as a whole by the policy, or in part because a secret stands in it."""
    first = activity("A", policy={"secureOutput": secured})
    pipelines = {"p": {"activities": [first, activity("B", after="A", x="@activity('A').output.x")]}}
    pipelines["p"]["parameters"] = WITH_SECRET
    rig.outputs["A"] = {"x": f"<{SECRET}>"}
    run = rig.run(pipelines, {"B": ["fail", "ok"]}, parameters={"s": SECRET})
    again = rig.run(pipelines, reference=earlier(rig, run, is_recovery=True, start_from_failure=True))
    assert [started.name for started in rig.started] == ["B"]
    assert rig.started[0].type_properties == {"x": f"<{SECRET}>"}
    assert again.status == "Succeeded"
    assert all(SECRET not in repr(record) + str(record.to_json()) for record in rig.records)
