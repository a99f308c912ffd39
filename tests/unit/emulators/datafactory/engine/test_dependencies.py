"""Dependency conditions, skipping and the leaf rule, as data.

`cases/failure_patterns.json` is the table of the failure handling documentation, each pattern in both outcomes;
`cases/dependency_rules.json` has the single rules.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True)
class Case:
    """A graph, the outcomes of what runs, and: who ran, who was skipped, how the pipeline ended."""

    rule: str
    graph: str
    outcomes: dict[str, str]
    ran: str
    skipped: str
    status: str
    blamed: str | None = None

    def __str__(self) -> str:
        return f"{self.rule} {self.outcomes}"


CASES = [
    Case(**case)
    for name in ("failure_patterns", "dependency_rules")
    for case in json.loads((Path(__file__).parent / "cases" / f"{name}.json").read_text("utf-8"))
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_rules(rig: Any, graph: Any, case: Case) -> None:
    run = rig.run(graph(case.graph) if case.graph else [], case.outcomes)
    skipped = [event.split()[1] for event in rig.events if event.endswith("Skipped")]
    assert sorted(started.name for started in rig.started) == sorted(case.ran.split())
    assert sorted(skipped) == sorted(case.skipped.split())
    assert run.status == case.status
    assert run.message == (f"Operation on target {case.blamed} failed: {case.blamed} broke" if case.blamed else "")


def test_everything_waits_for_what_it_depends_on(rig: Any, graph: Any) -> None:
    rig.run(graph("A; B; C <- A, B; D <- C"), {"A": "ok 5", "B": "ok 3", "C": "ok 2"})
    assert rig.events == [
        "0 p InProgress",
        "0 A InProgress",
        "0 B InProgress",
        "3 B Succeeded",
        "5 A Succeeded",
        "5 C InProgress",
        "7 C Succeeded",
        "7 D InProgress",
        "7 D Succeeded",
        "7 p Succeeded",
    ]


def test_names_of_predecessors_match_whatever_their_case(rig: Any, graph: Any) -> None:
    assert rig.run(graph("Load; B <- LOAD")).status == "Succeeded"


INACTIVE = [
    ("Succeeded", "Succeeded", "A C", "Succeeded"),
    ("Failed", "Failed", "A C", "Succeeded"),
    ("Skipped", "Skipped", "A C", "Succeeded"),
    ("Failed", "Succeeded", "A", "Failed"),
]


@pytest.mark.parametrize(("mark", "condition", "ran", "status"), INACTIVE)
def test_an_inactive_activity_counts_as_it_is_marked(
    rig: Any, graph: Any, mark: str, condition: str, ran: str, status: str
) -> None:
    activities = graph(f"A; B <- A; C <- B:{condition}")
    activities[1] |= {"state": "Inactive", "onInactiveMarkAs": mark, "typeProperties": {"x": "@nonsense("}}
    run = rig.run(activities)
    assert [started.name for started in rig.started] == ran.split()
    assert "0 B Inactive" in rig.events
    assert run.status == status


def test_an_inactive_activity_is_skipped_where_its_conditions_are_not_met(rig: Any, graph: Any) -> None:
    activities = graph("A; B <- A; C <- B")
    activities[1]["state"] = "Inactive"
    run = rig.run(activities, {"A": "fail"})
    assert "0 B Skipped" in rig.events
    assert run.status == "Failed"
