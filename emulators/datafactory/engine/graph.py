"""A pipeline's activities as the engine works with them: conditions, nested graphs, who waits for whom.

Values stay as written; they are evaluated when an activity starts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from emulators.datafactory.engine.lifecycle import Outcome

LOOPS = frozenset({"foreach", "until"})
BRANCHES = frozenset({"ifcondition", "switch"})
NESTING = frozenset({"activities", "ifTrueActivities", "ifFalseActivities", "cases", "defaultActivities"})
"""Type properties that hold activities."""


@dataclass(frozen=True)
class Dependency:
    """`activity` must be over in one of the ways named by `conditions`."""

    activity: str
    conditions: frozenset[str]

    def satisfied_by(self, outcome: Outcome) -> bool:
        """Within one list the conditions are alternatives; Completed is Succeeded or Failed (documented)."""
        if outcome.value in self.conditions:
            return True
        return "Completed" in self.conditions and outcome is not Outcome.SKIPPED


@dataclass(frozen=True, eq=False)
class ActivityDefinition:
    """One activity as written, and the graphs inside of it."""

    name: str
    type: str
    properties: Mapping[str, Any]
    depends_on: tuple[Dependency, ...] = ()
    inactive_as: Outcome | None = None
    """How a deactivated activity counts; None for an active one."""
    graphs: Mapping[str, "Graph"] = field(default_factory=dict)
    """Nested graphs by where they stand, e.g. `ifTrueActivities`, `cases[0].activities`."""

    @cached_property
    def type_properties(self) -> Mapping[str, Any]:
        return self.properties.get("typeProperties") or {}

    @cached_property
    def kind(self) -> str:
        """The type in lower case: type names match whatever their case."""
        return self.type.lower()

    @property
    def lets_look_inside(self) -> bool:
        """Whether activities after this container may read those inside of it: published pipelines do so with Until;
        of an activity inside of ForEach there are many, so none can be meant (documented)."""
        return self.kind != "foreach"

    @cached_property
    def own_type_properties(self) -> Mapping[str, Any]:
        """The type properties without nested activities."""
        return {key: value for key, value in self.type_properties.items() if key not in NESTING}


@dataclass(frozen=True, eq=False)
class Graph:
    """Activities that may depend on each other: a pipeline, a branch, the body of a loop."""

    activities: tuple[ActivityDefinition, ...]

    @cached_property
    def by_name(self) -> Mapping[str, ActivityDefinition]:
        return {activity.name: activity for activity in self.activities}

    @cached_property
    def dependents(self) -> Mapping[str, tuple[ActivityDefinition, ...]]:
        """Name → the activities that wait for it, in order of writing."""
        found: dict[str, list[ActivityDefinition]] = {activity.name: [] for activity in self.activities}
        for activity in self.activities:
            for dependency in activity.depends_on:
                found[dependency.activity].append(activity)
        return {name: tuple(waiting) for name, waiting in found.items()}

    @cached_property
    def leaves(self) -> tuple[ActivityDefinition, ...]:
        return tuple(activity for activity in self.activities if not self.dependents[activity.name])

    def walk(self) -> Iterator[ActivityDefinition]:
        """Every activity, the nested ones included."""
        for activity in self.activities:
            yield activity
            for graph in activity.graphs.values():
                yield from graph.walk()


@dataclass(frozen=True, eq=False)
class Pipeline:
    """A pipeline ready to run."""

    name: str
    graph: Graph
    parameters: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, Mapping[str, Any]]
    concurrency: int | None
    annotations: Sequence[Any]
