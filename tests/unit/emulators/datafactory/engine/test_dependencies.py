"""Dependency conditions, skipping and the leaf rule (adf semantics 4.3 and 4.4), as data."""

from dataclasses import dataclass
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


OK: dict[str, str] = {}
A_FAILS = {"A": "fail"}

PATTERNS = [
    # The table of the failure handling documentation, each pattern in both outcomes
    Case("try-catch", "A; Handler <- A:Failed", OK, "A", "Handler", "Succeeded"),
    Case("try-catch", "A; Handler <- A:Failed", A_FAILS, "A Handler", "", "Succeeded"),
    Case("do-if-else", "A; Next <- A; Handler <- A:Failed", OK, "A Next", "Handler", "Succeeded"),
    Case("do-if-else", "A; Next <- A; Handler <- A:Failed", A_FAILS, "A Handler", "Next", "Failed", "A"),
    Case("do-if-skip-else", "A; Next <- A; Handler <- A:Failed; Dummy <- Next:Skipped", OK, "A Next", "Handler Dummy", "Succeeded"),
    Case("do-if-skip-else", "A; Next <- A; Handler <- A:Failed; Dummy <- Next:Skipped", A_FAILS, "A Handler Dummy", "Next", "Succeeded"),
    Case("generic handler", "A; B <- A; C <- B; Handler <- C:Failed|Skipped", OK, "A B C", "Handler", "Succeeded"),
    Case("generic handler", "A; B <- A; C <- B; Handler <- C:Failed|Skipped", A_FAILS, "A Handler", "B C", "Succeeded"),
    Case("generic handler", "A; B <- A; C <- B; Handler <- C:Failed|Skipped", {"C": "fail"}, "A B C Handler", "", "Succeeded"),
    Case("try-catch-proceed", "A; Handler <- A:Failed; Next <- Handler:Succeeded|Skipped", OK, "A Next", "Handler", "Succeeded"),
    Case("try-catch-proceed", "A; Handler <- A:Failed; Next <- Handler:Succeeded|Skipped", A_FAILS, "A Handler Next", "", "Succeeded"),
    Case("try-catch-proceed as documented", "A; Handler <- A:Failed; Next <- Handler:Failed|Skipped", A_FAILS, "A Handler", "Next", "Succeeded"),
]  # fmt: skip

RULES = [
    Case("no condition means success", "A; B <- A", A_FAILS, "A", "B", "Failed", "A"),
    Case("completed is succeeded or failed", "A; B <- A:Completed", OK, "A B", "", "Succeeded"),
    Case("completed is succeeded or failed", "A; B <- A:Completed", A_FAILS, "A B", "", "Succeeded"),
    Case("completed is not skipped", "A; B <- A; C <- B:Completed", A_FAILS, "A", "B C", "Failed", "A"),
    Case("skipped spreads", "A; B <- A; C <- B; D <- C", A_FAILS, "A", "B C D", "Failed", "A"),
    Case("a skipped predecessor satisfies skipped only", "A; B <- A; C <- B:Skipped; D <- B:Failed", A_FAILS, "A C", "B D", "Failed", "A"),
    Case("conditions of one predecessor are alternatives", "A; B <- A:Succeeded|Failed", A_FAILS, "A B", "", "Succeeded"),
    Case("several predecessors are all needed", "A; B; C <- A, B", {"B": "fail"}, "A B", "C", "Failed", "B"),
    Case("several predecessors are all needed", "A; B; C <- A, B:Failed", {"B": "fail"}, "A B C", "", "Succeeded"),
    Case("a failed leaf fails the run", "A; B", {"B": "fail"}, "A B", "", "Failed", "B"),
    Case("the handler's own failure fails the run", "A; Handler <- A:Failed", {"A": "fail", "Handler": "fail"}, "A Handler", "", "Failed", "Handler"),
    Case("both parents of a skipped leaf count", "A; B; C <- A:Failed, B", OK, "A B", "C", "Succeeded"),
    Case("one list twice is and", "A; B <- A:Succeeded, A:Failed", OK, "A", "B", "Succeeded"),
    Case("an empty pipeline succeeds", "", OK, "", "", "Succeeded"),
]  # fmt: skip


@pytest.mark.parametrize("case", PATTERNS + RULES, ids=str)
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
