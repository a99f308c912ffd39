"""Carries out the engine's commands for a test: moments in a queue, stubs for activities, results collected."""

import itertools
import random
from collections.abc import Mapping
from datetime import datetime, timedelta
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
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.engine.runs import Runs
from emulators.datafactory.testing.moments import Moments
from emulators.datafactory.testing.results import ActivityResult, RunResult
from emulators.datafactory.testing.stubs import Failure, Never, Stubs


def counted_id(number: int) -> str:
    """The ids of a test run: GUIDs that count."""
    return f"00000000-0000-4000-8000-{number:012x}"


def invoked_by(trigger: Mapping[str, Any]) -> InvokedBy:
    return InvokedBy(
        id=str(trigger.get("id", "manual")),
        name=str(trigger.get("name", "Manual")),
        invoked_by_type=str(trigger.get("type", "Manual")),
    )


class Driver:
    """Carries out the engine's commands on a queue of moments."""

    def __init__(self, stubs: Stubs, start: datetime) -> None:
        numbers = itertools.count(1)
        self._stubs = stubs
        self._moments = Moments(start)
        self._runs = Runs(
            ids=lambda: counted_id(next(numbers)),
            random=random.Random(0).randrange,  # noqa: S311  the same test gives the same run
            outside=stubs.replaces,
        )
        self._alarms: dict[int, int] = {}
        self._running: set[str] = set()
        self._results: dict[str, RunResult] = {}
        self._activities: dict[str, ActivityResult] = {}

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
            invoked_by=invoked_by(trigger),
            now=self._moments.now,
            trigger=trigger,
        )
        self._carry_out()
        while event := self._moments.next():
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
                self._moments.at(self._moments.now, lambda: self._finish(identifier, Stopped()))
            case WakeAt(moment, timer):
                self._alarms[timer] = self._moments.at(moment, lambda: self._wake(timer))
            case DropTimer(timer):
                self._moments.drop(self._alarms.pop(timer))
            case ActivitySkipped():
                self._skipped(command)

    def _wake(self, timer: int) -> None:
        del self._alarms[timer]
        self._runs.timer_due(timer, self._moments.now)

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
        self._moments.at(self._moments.now + answer.takes, lambda: self._finish(identifier, result))

    def _finish(self, identifier: str, result: Result) -> None:
        if identifier in self._running:
            self._running.remove(identifier)
            self._runs.activity_finished(identifier, result, self._moments.now)

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
        seen.return_value, seen.variables = run.return_value, run.variables
        seen.duration = timedelta(milliseconds=run.duration_in_ms or 0)
