"""The engine's rules as traces: a pipeline and what becomes of its activities go in, events come out in their order.

`cases/traces/*.json` holds them by area. An activity is `{"name", "type", "after", "policy", "state", …}`, everything
else being its type properties; without a type something outside of the engine runs it. `outcomes` are those of the
rig (conftest.py), `pipelines` are further ones by name, `cancel` is `{"at": seconds, "recursive": …}`, `runs` says how
many are started at once. An event is "seconds who what", who being "iteration/activity" in a loop.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parent / "cases" / "traces"
NESTED = ("activities", "ifTrueActivities", "ifFalseActivities", "defaultActivities")


@dataclass(frozen=True)
class Trace:
    """One rule and its events."""

    area: str
    rule: str
    activities: list[Any]
    events: list[str]
    outcomes: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, Any] = field(default_factory=dict)
    pipelines: dict[str, Any] = field(default_factory=dict)
    concurrency: int | None = None
    runs: int = 1
    cancel: dict[str, Any] | None = None
    message: str = ""
    ends_with: dict[str, Any] = field(default_factory=dict)
    """The variables at the end."""

    def __str__(self) -> str:
        return f"{self.area}: {self.rule}"


TRACES = [
    Trace(area=file.stem, **case)
    for file in sorted(FOLDER.glob("*.json"))
    for case in json.loads(file.read_text("utf-8"))
]


def expanded(activities: list[Any], activity: Any) -> list[Any]:
    """Activities as Data Factory writes them."""
    return [_expanded(dict(written), activity) for written in activities]


def _expanded(written: dict[str, Any], activity: Any) -> Any:
    head = {name: written.pop(name) for name in ("state", "onInactiveMarkAs") if name in written}
    name, kind, after = written.pop("name"), written.pop("type", "Outside"), written.pop("after", "")
    policy = written.pop("policy", None)
    for place in NESTED:
        if place in written:
            written[place] = expanded(written[place], activity)
    if "cases" in written:
        written["cases"] = [{**case, "activities": expanded(case["activities"], activity)} for case in written["cases"]]
    return activity(name, kind, after, policy=policy, **written) | head


def pipeline(written: Mapping[str, Any], activity: Any) -> dict[str, Any]:
    return {**written, "activities": expanded(written["activities"], activity)}


@pytest.mark.parametrize("trace", TRACES, ids=str)
def test_the_rules(rig: Any, activity: Any, trace: Trace) -> None:
    first = {"activities": trace.activities, "variables": trace.variables}
    if trace.concurrency is not None:
        first["concurrency"] = trace.concurrency
    pipelines = {"p": pipeline(first, activity)} | {
        name: pipeline(written, activity) for name, written in trace.pipelines.items()
    }
    started = [rig.start(pipelines, trace.outcomes, parameters=trace.parameters) for _ in range(trace.runs)]
    if trace.cancel is not None:
        recursive = trace.cancel.get("recursive", True)
        rig.at(trace.cancel["at"], lambda: rig.cancel(started[0], recursive=recursive))
    rig.go()
    assert rig.events == trace.events
    assert started[0].message == trace.message
    assert trace.ends_with.items() <= started[0].variables.items()
