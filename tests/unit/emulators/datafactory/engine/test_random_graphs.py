"""Random graphs with random outcomes end as an independent, simple model of the rules says.

The model is written straight from the documentation's sentences: it visits the activities in an order in which
predecessors come first, and applies the recursive definition of the final status. It shares nothing with the engine.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

NAMES = "ABCDEFGHIJ"
CONDITIONS = ["Succeeded", "Failed", "Skipped", "Completed"]

Graph = dict[str, tuple[str, dict[str, list[str]]]]
"""Name → its outcome if it runs, and predecessor → conditions."""


@st.composite
def graphs(draw: Any) -> Graph:
    names = NAMES[: draw(st.integers(1, len(NAMES)))]
    found: Graph = {}
    for position, name in enumerate(names):
        earlier = draw(st.lists(st.sampled_from(names[:position] or "A"), unique=True, max_size=3)) if position else []
        conditions = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3, unique=True)
        found[name] = (draw(st.sampled_from(["ok", "fail"])), {other: draw(conditions) for other in earlier})
    return found


def model(graph: Graph) -> tuple[dict[str, str], bool]:
    """Name → Succeeded, Failed or Skipped; and whether the pipeline succeeded."""
    status: dict[str, str] = {}
    for name, (outcome, predecessors) in graph.items():
        runs = all(
            any(_holds(condition, status[other]) for condition in conditions)
            for other, conditions in predecessors.items()
        )
        status[name] = ("Succeeded" if outcome == "ok" else "Failed") if runs else "Skipped"

    def good(name: str) -> bool:
        if status[name] == "Skipped":
            return all(good(other) for other in graph[name][1])
        return status[name] == "Succeeded"

    depended_upon = {other for _, predecessors in graph.values() for other in predecessors}
    return status, all(good(name) for name in graph if name not in depended_upon)


def written(graph: Graph, activity: Any) -> list[Any]:
    """The graph as activities of a pipeline."""
    return [
        activity(name, after=", ".join(f"{other}:{'|'.join(conditions)}" for other, conditions in predecessors.items()))
        for name, (_, predecessors) in graph.items()
    ]


def _holds(condition: str, status: str) -> bool:
    return status in ("Succeeded", "Failed") if condition == "Completed" else status == condition


@given(graph=graphs(), durations=st.lists(st.integers(0, 3), min_size=len(NAMES), max_size=len(NAMES)))
def test_the_engine_agrees_with_the_model(new_rig: Any, activity: Any, graph: Graph, durations: list[int]) -> None:
    rig = new_rig()
    activities = written(graph, activity)
    takes = dict(zip(NAMES, durations, strict=True))
    run = rig.run(activities, {name: f"{outcome} {takes[name]}" for name, (outcome, _) in graph.items()})
    expected, succeeded = model(graph)
    statuses = {event.split()[1]: event.split()[2] for event in rig.events if event.split()[1] != "p"}
    assert statuses == expected
    assert run.status == ("Succeeded" if succeeded else "Failed")
    assert bool(run.message) is not succeeded


@given(graph=graphs())
def test_a_container_ends_as_the_same_graph_does_alone(new_rig: Any, activity: Any, graph: Graph) -> None:
    rig = new_rig()
    inner = written(graph, activity)
    container = activity("Container", "IfCondition", expression=True, ifTrueActivities=inner)
    run = rig.run([container], {name: outcome for name, (outcome, _) in graph.items()})
    assert run.status == ("Succeeded" if model(graph)[1] else "Failed")


@given(graph=graphs(), moment=st.integers(0, 6), durations=st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_a_cancelled_run_always_ends(
    new_rig: Any, activity: Any, graph: Graph, moment: int, durations: list[int]
) -> None:
    rig = new_rig()
    activities = written(graph, activity)
    takes = dict(zip(NAMES, durations, strict=True))
    run = rig.start(activities, {name: f"{outcome} {takes[name]}" for name, (outcome, _) in graph.items()})
    rig.at(moment, lambda: rig.cancel(run))
    rig.go()
    assert run.is_final
    assert all(record.is_final for record in rig.records)
