"""Unit tests of pipelines: run one on virtual time, its outside activities replaced by stubs, in milliseconds.

    factory = Factory.load("adf")
    run = factory.run("ingest", parameters={"fileName": "a.csv"}, stubs={"DatabricksNotebook": {"runOutput": "ok"}})
    assert run.status == "Succeeded"
    assert run["PrepareData"].input["typeProperties"]["baseParameters"]["file_name"] == "a.csv"

It is the engine of the emulator itself, without server, sockets or event loop. What is not stubbed and would have
to leave the engine ends the test, by name.
"""

import heapq
import itertools
import random
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from emulators.datafactory.engine.activity import Activity, Failed, Result, Stopped, Succeeded
from emulators.datafactory.engine.commands import (
    ActivityRunChanged,
    ActivitySkipped,
    Command,
    DropTimer,
    PipelineRunChanged,
    StartActivity,
    StopActivity,
    WakeAt,
)
from emulators.datafactory.engine.creation import pipeline_parameters, prepare, system_variables
from emulators.datafactory.engine.errors import ActivityError, RunRefused
from emulators.datafactory.engine.frame import NO_ITEM
from emulators.datafactory.engine.pipeline import ActivityDefinition, read_pipeline
from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun
from emulators.datafactory.engine.resources import Resources, find
from emulators.datafactory.engine.runs import Runs
from emulators.datafactory.engine.values import initial_variable
from emulators.datafactory.expressions import ExpressionError, Scope, evaluate_value
from emulators.datafactory.triggers import Firing, evaluated_parameters, triggered_pipelines

START = datetime(2030, 1, 1, tzinfo=UTC)
"""When runs begin unless the test says otherwise."""


class MissingStub(AssertionError):
    """An activity would have to leave the engine and the test gives no stub for it."""


class UnknownStub(AssertionError):
    """A stub is given for something that no pipeline of the factory has: most likely misspelt."""


@dataclass(frozen=True)
class Answer:
    """A stub's success: the activity's output, and how much virtual time it takes."""

    output: Any = None
    takes: timedelta = timedelta()


@dataclass
class Failure(Exception):
    """A stub's failure, returned or raised: the message and code that the activity shows."""

    message: str = "stubbed failure"
    code: str = "2000"
    failure_type: str = "UserError"
    output: Any = None
    takes: timedelta = timedelta()

    __hash__ = Exception.__hash__


class Never:
    """A stub that does not answer: the activity runs into its timeout."""


NEVER = Never()

Stub = Any
"""An output (a JSON object), `Answer`, `Failure`, `NEVER`, a function of the `Activity` that gives one of these, or a
list of them for one call after the other."""


@dataclass
class ActivityResult:
    """One attempt of an activity, as it ended; attribute names of azure-mgmt-datafactory where it has them."""

    activity_name: str
    activity_type: str
    status: str
    input: Any = None
    """The activity's JSON with its expressions evaluated: `typeProperties`, `linkedServiceName`, …"""
    output: Any = None
    error: dict[str, Any] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None
    attempt: int = 0
    iteration: str | None = None
    activity_run_id: str | None = None
    user_properties: dict[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """The error's message, empty without one."""
        return str(self.error.get("message", ""))

    def __str__(self) -> str:
        where = f" in {self.iteration}" if self.iteration else ""
        again = f" (attempt {self.attempt + 1})" if self.attempt else ""
        why = f": {self.message}" if self.message else ""
        return f"{self.activity_name} [{self.activity_type}]{where}{again} {self.status}{why}"


class RunStatus(str):
    """A run's status; it knows its run, so that a failed assertion can show what happened (see pytest_plugin)."""

    run: "RunResult"


@dataclass
class RunResult:
    """A pipeline run as it ended. `activities` are in order of start; skipped ones stand where they were skipped."""

    pipeline_name: str
    run_id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    state: str = "Queued"
    error: str | None = None
    return_value: dict[str, Any] | None = None
    duration: timedelta = timedelta()
    activities: list[ActivityResult] = field(default_factory=list)
    children: list["RunResult"] = field(default_factory=list)
    """The runs that Execute Pipeline activities started, in order of start."""

    @property
    def status(self) -> RunStatus:
        """Succeeded, Failed or Cancelled."""
        status = RunStatus(self.state)
        status.run = self
        return status

    def __getitem__(self, name: str) -> ActivityResult:
        """The last attempt of the activity of that name; of the last iteration when it ran in a loop."""
        found = self.all(name)
        if not found:
            known = ", ".join(dict.fromkeys(activity.activity_name for activity in self.activities)) or "none"
            raise KeyError(f"no activity '{name}' started or was skipped in '{self.pipeline_name}'; there are: {known}")
        return found[-1]

    def all(self, name: str) -> list[ActivityResult]:
        """Every attempt and iteration of the activity of that name, in order of start."""
        return [activity for activity in self.activities if activity.activity_name.lower() == name.lower()]

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __str__(self) -> str:
        lines = [f"{self.pipeline_name} {self.state} after {self.duration}"]
        if self.error:
            lines.append(f"  {self.error}")
        lines += [f"  {activity}" for activity in self.activities]
        for child in self.children:
            lines += [f"  {line}" for line in str(child).splitlines()]
        return "\n".join(lines)

    __repr__ = __str__


class Factory:
    """A factory under test. It is never changed by a run and may be shared by all tests."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @classmethod
    def load(
        cls, folder: str | Path | None = None, *, resources: Iterable[Mapping[str, Any]] | None = None
    ) -> "Factory":
        """Read a folder in Git layout, or take parsed documents; raises InvalidResource naming file and place."""
        if (folder is None) == (resources is None):
            raise TypeError("Factory.load takes either a folder or resources=[…]")
        return cls(Resources.load(folder) if folder is not None else Resources.of(resources or []))

    def run(
        self,
        pipeline: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        global_parameters: Mapping[str, Any] | None = None,
        trigger: Mapping[str, Any] | None = None,
        stubs: Mapping[str, Stub] | None = None,
        start: datetime = START,
    ) -> RunResult:
        """Run a pipeline to its end. Stubs are found by activity name first, then by activity type.

        `trigger` sets who fired: `type`, `name`, `id`, `time`. Raises RunRefused where Azure would not create the
        run, MissingStub for an activity that would leave the engine, UnknownStub for a stub nothing can use.
        """
        resources = _with_globals(self.resources, global_parameters or {})
        self._check_known(stubs or {})
        driver = _Driver(_Stubs(stubs or {}), start)
        return driver.run(resources, pipeline, parameters or {}, trigger)

    def fire(
        self,
        trigger: str,
        *,
        body: Any = None,
        outputs: Mapping[str, Any] | None = None,
        times: Mapping[str, str] | None = None,
        global_parameters: Mapping[str, Any] | None = None,
        stubs: Mapping[str, Stub] | None = None,
        start: datetime = START,
    ) -> list[RunResult]:
        """Set a trigger off and run every pipeline it starts, in the order they are written.

        What its parameter mapping may read is given: `body` answers `triggerBody()`, `outputs` adds to
        `trigger().outputs` (a tumbling window's `windowStartTime` and `windowEndTime`), `times` to `trigger()`
        (`scheduledTime`, `startTime`). Raises KeyError for an unknown trigger, ExpressionError where its trigger run
        would fail, and what `run` raises.
        """
        found = find(self.resources.triggers, trigger)
        if found is None:
            raise KeyError(f"the factory has no trigger '{trigger}'")
        name, properties = found
        firing = Firing(outputs={**(outputs or {}), "body": body}, properties={}, times=times or {})
        fired_by = {"name": name, "type": properties.get("type"), "id": name, "time": start}
        return [
            self.run(
                started.name,
                evaluated_parameters(started, firing, start),
                global_parameters=global_parameters,
                trigger=fired_by,
                stubs=stubs,
                start=start,
            )
            for started in triggered_pipelines(properties)
        ]

    def evaluate(
        self,
        pipeline: str,
        activity: str,
        *,
        parameters: Mapping[str, Any] | None = None,
        global_parameters: Mapping[str, Any] | None = None,
        variables: Mapping[str, Any] | None = None,
        activities: Mapping[str, Any] | None = None,
        trigger: Mapping[str, Any] | None = None,
        item: Any = NO_ITEM,
        start: datetime = START,
    ) -> dict[str, Any]:
        """One activity's JSON with its expressions evaluated, without running anything.

        The state it would find is given: `variables`, and `activities` as name → output (or `Failure`). Raises
        ExpressionError where the activity would fail with one, KeyError for an activity the pipeline has not.
        """
        resources = _with_globals(self.resources, global_parameters or {})
        read = prepare(resources, pipeline, _ids(1))
        definition = next((found for found in read.graph.walk() if found.name.lower() == activity.lower()), None)
        if definition is None:
            raise KeyError(f"pipeline '{read.name}' has no activity '{activity}'")
        values = pipeline_parameters(read, parameters or {}, _ids(1))
        record = PipelineRun(_ids(1), _ids(1), read.name, values, _invoked_by(trigger or {}))
        more = {} if item is NO_ITEM else {"item": item}
        numbers = itertools.count(2)
        scope = Scope(
            pipeline=system_variables(resources, record, values, trigger or {}, start),
            variables={name: initial_variable(spec) for name, spec in read.variables.items()} | dict(variables or {}),
            activities={name: _ended(name, output) for name, output in (activities or {}).items()},
            now=lambda: start,
            guid=lambda: uuid.UUID(_ids(next(numbers))),
            random=random.Random(0).randrange,  # noqa: S311  the same test gives the same values
            **more,
        )
        shown: dict[str, Any] = {"typeProperties": evaluate_value(definition.own_type_properties, scope)}
        for part in ("linkedServiceName", "inputs", "outputs", "policy", "userProperties"):
            if definition.properties.get(part):
                shown[part] = evaluate_value(definition.properties[part], scope)
        return shown

    def _check_known(self, stubs: Mapping[str, Stub]) -> None:
        for name in stubs:
            if name.lower() not in self._known:
                raise UnknownStub(f"no pipeline of the factory has an activity or activity type '{name}'")

    @cached_property
    def _known(self) -> frozenset[str]:
        """What a stub may be named after, in lower case: the activities and types of all pipelines, the types built."""
        from emulators.datafactory.activities import HANDLERS

        known = {name.lower() for name in HANDLERS}
        for name, properties in self.resources.pipelines.items():
            for activity in read_pipeline(name, properties).graph.walk():
                known |= {activity.name.lower(), activity.kind}
        return frozenset(known)


def _ids(number: int) -> str:
    """The ids of a test run: GUIDs that count."""
    return f"00000000-0000-4000-8000-{number:012x}"


def _invoked_by(trigger: Mapping[str, Any]) -> InvokedBy:
    return InvokedBy(
        id=str(trigger.get("id", "manual")),
        name=str(trigger.get("name", "Manual")),
        invoked_by_type=str(trigger.get("type", "Manual")),
    )


def _ended(name: str, output: Any) -> dict[str, Any]:
    """What `activity('X')` gives for a stubbed predecessor."""
    if isinstance(output, Failure):
        error = ActivityError(output.code, output.message, output.failure_type).to_json(name)
        return {"name": name, "status": "Failed", "output": output.output, "error": error}
    return {"name": name, "status": "Succeeded", "output": output, "error": None}


def _with_globals(resources: Resources, values: Mapping[str, Any]) -> Resources:
    if not values:
        return resources
    specs = {name: {**resources.global_parameters.get(name, {}), "value": value} for name, value in values.items()}
    return replace(resources, global_parameters={**resources.global_parameters, **specs})


class _Stubs:
    """Finds the stub of an activity and plays it."""

    def __init__(self, stubs: Mapping[str, Stub]) -> None:
        self._stubs = {name.lower(): stub for name, stub in stubs.items()}
        self._played: dict[str, Iterator[Stub]] = {}

    def key_of(self, name: str, kind: str) -> str | None:
        return next((key for key in (name.lower(), kind.lower()) if key in self._stubs), None)

    def replaces(self, activity: ActivityDefinition) -> bool:
        """Whether a stub stands for this activity although the engine could run it; containers always run."""
        return not activity.graphs and self.key_of(activity.name, activity.type) is not None

    def play(self, activity: Activity) -> Answer | Failure | Never:
        key = self.key_of(activity.name, activity.type)
        if key is None:
            raise MissingStub(
                f"'{activity.name}' of type {activity.type} in pipeline '{activity.pipeline_name}' would run outside "
                f"of the engine; give stubs={{'{activity.name}': …}} or stubs={{'{activity.type}': …}}. "
                f"Its evaluated input: {activity.evaluated()}"
            )
        return self._answer(self._next(key), activity)

    def _next(self, key: str) -> Stub:
        stub = self._stubs[key]
        if not isinstance(stub, list | tuple):
            return stub
        try:
            return next(self._played.setdefault(key, iter(stub)))
        except StopIteration:
            raise MissingStub(f"the stub '{key}' has {len(stub)} answers and was asked once more") from None

    def _answer(self, stub: Stub, activity: Activity) -> Answer | Failure | Never:
        if isinstance(stub, Answer | Failure | Never):
            return stub
        if isinstance(stub, type) and issubclass(stub, Failure):
            return stub()
        if callable(stub):
            try:
                return self._answer(stub(activity), activity)
            except Failure as failure:
                return failure
        return Answer(stub)


class _Driver:
    """Carries out the engine's commands on a queue of moments."""

    def __init__(self, stubs: _Stubs, start: datetime) -> None:
        numbers = itertools.count(1)
        self._stubs = stubs
        self._now = start
        self._runs = Runs(
            ids=lambda: _ids(next(numbers)),
            random=random.Random(0).randrange,  # noqa: S311  the same test gives the same run
            outside=stubs.replaces,
        )
        self._events: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._running: set[str] = set()
        self._dropped: set[int] = set()
        self._results: dict[str, RunResult] = {}
        self._activities: dict[str, ActivityResult] = {}
        self._inputs: dict[str, dict[str, Any]] = {}

    def run(
        self,
        resources: Resources,
        pipeline: str,
        parameters: Mapping[str, Any],
        trigger: Mapping[str, Any] | None,
    ) -> RunResult:
        trigger = trigger or {}
        record = self._runs.start(
            resources,
            pipeline,
            parameters=parameters,
            invoked_by=_invoked_by(trigger),
            now=self._now,
            trigger=trigger,
        )
        self._carry_out()
        while self._events:
            self._now, _, event = heapq.heappop(self._events)
            event()
            self._carry_out()
        return self._results[record.run_id]

    def _carry_out(self) -> None:
        for command in self._runs.commands():
            self._do(command)

    def _do(self, command: Command) -> None:
        match command:
            case ActivityRunChanged(run):
                self._activity_changed(run)
            case PipelineRunChanged(run):
                self._pipeline_changed(run)
            case StartActivity(activity):
                self._start(activity)
            case StopActivity(identifier):
                self._at(self._now, lambda: self._finish(identifier, Stopped()))
            case WakeAt(moment, timer):
                self._at(moment, lambda: self._wake(timer))
            case DropTimer(timer):
                self._dropped.add(timer)
            case ActivitySkipped():
                self._skipped(command)

    def _at(self, moment: datetime, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), event))

    def _wake(self, timer: int) -> None:
        if timer in self._dropped:
            self._dropped.remove(timer)
        else:
            self._runs.timer_due(timer, self._now)

    def _start(self, activity: Activity) -> None:
        identifier = activity.activity_run_id
        self._activities[identifier].input = activity.evaluated()
        self._running.add(identifier)
        answer = self._stubs.play(activity)
        if isinstance(answer, Never):
            return
        result: Result
        if isinstance(answer, Failure):
            result = Failed(ActivityError(answer.code, answer.message, answer.failure_type), answer.output)
        else:
            result = Succeeded({} if answer.output is None else answer.output)
        self._at(self._now + answer.takes, lambda: self._finish(identifier, result))

    def _finish(self, identifier: str, result: Result) -> None:
        if identifier in self._running:
            self._running.remove(identifier)
            self._runs.activity_finished(identifier, result, self._now)

    def _activity_changed(self, run: ActivityRun) -> None:
        seen = self._activities.get(run.activity_run_id)
        if seen is None:
            seen = ActivityResult(run.activity_name, run.activity_type, run.status)
            self._activities[run.activity_run_id] = seen
            self._results[run.pipeline_run_id].activities.append(seen)
            seen.input = {"typeProperties": run.input}
        seen.status, seen.output, seen.error = run.status, run.output, run.error
        seen.start, seen.end = run.activity_run_start, run.activity_run_end
        seen.attempt, seen.iteration = run.retry_attempt or 0, run.iteration_hash
        seen.activity_run_id, seen.user_properties = run.activity_run_id, run.user_properties

    def _skipped(self, skipped: ActivitySkipped) -> None:
        self._results[skipped.pipeline_run_id].activities.append(
            ActivityResult(
                skipped.activity_name,
                skipped.activity_type,
                "Skipped",
                start=skipped.moment,
                iteration=skipped.iteration,
            )
        )

    def _pipeline_changed(self, run: PipelineRun) -> None:
        seen = self._results.get(run.run_id)
        if seen is None:
            seen = self._results[run.run_id] = RunResult(run.pipeline_name, run.run_id, run.parameters)
            parent = self._results.get(run.invoked_by.pipeline_run_id or "")
            if parent is not None:
                parent.children.append(seen)
        seen.state, seen.error = run.status, run.message or None
        seen.return_value = run.return_value
        seen.duration = timedelta(milliseconds=run.duration_in_ms or 0)


__all__: Sequence[str] = [
    "NEVER",
    "START",
    "ActivityResult",
    "Answer",
    "ExpressionError",
    "Factory",
    "Failure",
    "MissingStub",
    "RunRefused",
    "RunResult",
    "RunStatus",
    "UnknownStub",
]
