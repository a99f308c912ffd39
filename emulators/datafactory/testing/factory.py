"""A factory under test: load it, run its pipelines, set its triggers off, look at one activity alone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from emulators.datafactory.engine.graph import BRANCHES, LOOPS, ActivityDefinition
from emulators.datafactory.engine.pipeline import read_pipeline
from emulators.datafactory.engine.resources import Resources, find
from emulators.datafactory.expressions import UNSET, Scope
from emulators.datafactory.testing.driver import Driver
from emulators.datafactory.testing.evaluation import State, evaluated_activity, evaluated_parts
from emulators.datafactory.testing.results import RunResult
from emulators.datafactory.testing.stubs import Stub, Stubs, UnknownStub
from emulators.datafactory.triggers import Firing, evaluated_parameters, triggered_pipelines

START = datetime(2030, 1, 1, tzinfo=UTC)
"""When runs begin unless the test says otherwise."""


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
        driver = Driver(Stubs(stubs or {}), start)
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
        item: Any = UNSET,
        start: datetime = START,
    ) -> dict[str, Any]:
        """One activity's JSON with its expressions evaluated, without running anything.

        The state it would find is given: `variables`, and `activities` as name → output (or `Failure`). Raises
        ExpressionError where the activity would fail with one, KeyError for an activity the pipeline has not.
        """
        resources = _with_globals(self.resources, global_parameters or {})
        state = State(variables or {}, activities or {}, trigger or {}, item, start)
        return evaluated_activity(resources, pipeline, activity, parameters or {}, state)

    def evaluate_dataset(self, dataset: str, parameters: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A dataset's `typeProperties`, `schema` and reference to its linked service, as an activity that passes these
        parameters would find them.

        Raises ExpressionError where it would fail, KeyError for a dataset or a parameter that there is not.
        """
        return evaluated_parts(
            self.resources.dataset(dataset),
            f"dataset '{dataset}'",
            parameters or {},
            lambda values: Scope(dataset=values),
        )

    def evaluate_linked_service(
        self, linked_service: str, parameters: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """A linked service's `typeProperties` as they would be with these parameters; secrets stay as they are written.

        Raises as `evaluate_dataset` does.
        """
        return evaluated_parts(
            self.resources.linked_service(linked_service),
            f"linked service '{linked_service}'",
            parameters or {},
            lambda values: Scope(linked_service=values),
        )

    def _check_known(self, stubs: Mapping[str, Stub]) -> None:
        for name in stubs:
            if name.lower() in self._containers:
                raise UnknownStub(f"'{name}' is a container, which always runs; stub what is inside of it")
            if name.lower() not in self._known:
                raise UnknownStub(f"no pipeline of the factory has an activity or activity type '{name}'")

    @cached_property
    def _known(self) -> frozenset[str]:
        """What a stub may be named after, in lower case: the activities and types of all pipelines, the types built."""
        from emulators.datafactory.activities import HANDLERS

        known = {name.lower() for name in HANDLERS}
        for activity in self._activities():
            known |= {activity.name.lower(), activity.kind}
        return frozenset(known)

    @cached_property
    def _containers(self) -> frozenset[str]:
        containers = [activity for activity in self._activities() if activity.graphs]
        return frozenset(activity.name.lower() for activity in containers).union(LOOPS, BRANCHES)

    def _activities(self) -> Iterator[ActivityDefinition]:
        for name, properties in self.resources.pipelines.items():
            yield from read_pipeline(name, properties).graph.walk()


def _with_globals(resources: Resources, values: Mapping[str, Any]) -> Resources:
    if not values:
        return resources
    specs = {name: {**resources.global_parameters.get(name, {}), "value": value} for name, value in values.items()}
    return replace(resources, global_parameters={**resources.global_parameters, **specs})
