"""A rig for the engine: pipelines in a short notation, outcomes as data, and the ordered events that come out.

    rig.graph("A; B <- A; C <- A:Failed, B:Skipped|Failed")   activities that run outside of the engine
    rig.run({"A": "fail"})                                     what becomes of them; success at once unless said

An outcome is "ok", "fail", "hang", or one of these with the seconds it takes ("ok 5"), or a list for one attempt
after the other. Events read "0 A InProgress": seconds since the start, who, what.
"""

import heapq
import itertools
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulators.datafactory.engine.activity import Activity, Failed, Stopped, Succeeded
from emulators.datafactory.engine.commands import (
    ActivityRunChanged,
    ActivitySkipped,
    DropTimer,
    PipelineRunChanged,
    StartActivity,
    StopActivity,
    WakeAt,
)
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun, RerunReference
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.engine.runs import Runs

START = datetime(2030, 1, 1, tzinfo=UTC)
MANUAL = InvokedBy(id="person", name="Manual", invoked_by_type="Manual")

Json = dict[str, Any]


def activity(
    name: str, kind: str = "Outside", after: str = "", *, policy: Json | None = None, **properties: Any
) -> Json:
    """One activity; `after` is "A, B:Failed|Skipped"."""
    return {
        "name": name,
        "type": kind,
        "dependsOn": [_dependency(part) for part in re.split(r"\s*,\s*", after) if part],
        "policy": policy or {},
        "typeProperties": properties,
    }


def graph(notation: str) -> list[Json]:
    """Activities from "A; B <- A:Failed, C"."""
    parts = (part.strip().partition("<-") for part in notation.split(";"))
    return [activity(name.strip(), after=after.strip()) for name, _, after in parts]


def _dependency(written: str) -> Json:
    name, _, conditions = written.partition(":")
    return {"activity": name.strip(), "dependencyConditions": (conditions or "Succeeded").split("|")}


class Rig:
    """Drives `Runs` over a queue of moments and keeps the events."""

    def __init__(self) -> None:
        numbers = itertools.count(1)
        self.runs = Runs(lambda: f"00000000-0000-4000-8000-{next(numbers):012x}", lambda low, high: low)
        self.now = START
        self.events: list[str] = []
        self.records: list[ActivityRun] = []
        self.pipeline_runs: dict[str, PipelineRun] = {}
        self.started: list[Activity] = []
        self.outcomes: dict[str, list[str]] = {}
        self.outputs: dict[str, Any] = {}
        self.quiet = False
        self._queue: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._running: set[str] = set()
        self._rows: dict[str, int] = {}

    def start(
        self,
        pipelines: Mapping[str, Any] | list[Json],
        outcomes: Mapping[str, str | list[str]] | None = None,
        *,
        name: str = "p",
        parameters: Json | None = None,
        reference: RerunReference | None = None,
        **resources: Any,
    ) -> PipelineRun:
        """Start pipeline `name`; a list stands for the activities of the only pipeline."""
        self.outcomes.update(
            {key: [value] if isinstance(value, str) else value for key, value in (outcomes or {}).items()}
        )
        given = {"p": {"activities": pipelines}} if isinstance(pipelines, list) else pipelines
        found = Resources("factory", pipelines=given, **resources)
        run = self.runs.start(
            found, name, parameters=parameters or {}, invoked_by=MANUAL, now=self.now, reference=reference
        )
        self._carry_out()
        return run

    def run(self, pipelines: Mapping[str, Any] | list[Json], *more: Any, **options: Any) -> PipelineRun:
        """Start and go on to the end."""
        run = self.start(pipelines, *more, **options)
        self.go()
        return run

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something at a moment after the start."""
        self._push(START + timedelta(seconds=seconds), action)

    def cancel(self, run: PipelineRun, *, recursive: bool = True) -> None:
        self.runs.cancel(run.run_id, self.now, recursive=recursive)

    def go(self) -> None:
        while self._queue:
            self.now, _, action = heapq.heappop(self._queue)
            action()
            self._carry_out()

    def of(self, name: str) -> list[ActivityRun]:
        """The final rows of an activity."""
        return [record for record in self.records if record.activity_name == name]

    def error(self, name: str) -> str:
        [*_, last] = self.of(name)
        return str(last.error.get("message"))

    def _push(self, moment: datetime, action: Callable[[], None]) -> None:
        heapq.heappush(self._queue, (moment, next(self._order), action))

    def _carry_out(self) -> None:
        for command in self.runs.commands():
            match command:
                case StartActivity(started):
                    self._start(started)
                case StopActivity(identifier):
                    self._push(self.now, lambda identifier=identifier: self._finish(identifier, Stopped()))
                case WakeAt(moment, timer):
                    self._push(moment, lambda timer=timer: self._wake(timer))
                case DropTimer():
                    pass
                case ActivityRunChanged(run):
                    self._keep(run)
                case PipelineRunChanged(run):
                    self.pipeline_runs[run.run_id] = run
                    self._note(run.pipeline_name, run.status)
                case ActivitySkipped():
                    self._note(_label(command.activity_name, command.iteration), "Skipped")

    def _wake(self, timer: int) -> None:
        self.runs.timer_due(timer, self.now)

    def _start(self, started: Activity) -> None:
        self.started.append(started)
        self._running.add(started.activity_run_id)
        turns = self.outcomes.get(started.name, ["ok"])
        outcome, _, seconds = (turns.pop(0) if len(turns) > 1 else turns[0]).partition(" ")
        result = {
            "ok": Succeeded(self.outputs.get(started.name, {})),
            "fail": Failed(ActivityError("2000", f"{started.name} broke")),
        }.get(outcome)
        if result is not None:
            moment = self.now + timedelta(seconds=float(seconds or 0))
            self._push(moment, lambda: self._finish(started.activity_run_id, result))

    def _finish(self, identifier: str, result: Any) -> None:
        if identifier in self._running:
            self._running.remove(identifier)
            self.runs.activity_finished(identifier, result, self.now)

    def _keep(self, run: ActivityRun) -> None:
        place = self._rows.setdefault(run.activity_run_id, len(self.records))
        self.records[place : place + 1] = [run]
        self._note(_label(run.activity_name, run.iteration_hash), run.status)

    def _note(self, who: str, what: str) -> None:
        if not self.quiet:
            self.events.append(f"{(self.now - START).total_seconds():g} {who} {what}")


def _label(name: str, iteration: str | None) -> str:
    return f"{iteration}/{name}" if iteration else name


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture(scope="session")
def new_rig() -> Callable[[], Rig]:
    """Makes rigs, for tests that need one per example."""
    return Rig


@pytest.fixture(name="activity", scope="session")
def _activity() -> Callable[..., Json]:
    return activity


@pytest.fixture(name="graph", scope="session")
def _graph() -> Callable[[str], list[Json]]:
    return graph
