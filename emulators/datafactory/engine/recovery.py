"""What a recovery run takes over from the run before it, graph by graph.

An execution activity that succeeded, and depends on nothing that runs again, does not run again: its earlier record
stands for it. Control activities are carried out again, so that variables have their values and conditions and items
are evaluated anew; what is inside of containers, and the activities of child pipelines, may be taken over all the
same (documented). How far the rules reach inside is assumed: as far as the container itself may be trusted to do what
it did before.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.graph import BRANCHES, LOOPS, ActivityDefinition, Graph, Pipeline
from emulators.datafactory.engine.records import ActivityRun, RerunReference

ALWAYS_CARRIED_OUT = LOOPS | BRANCHES | {"appendvariable", "executepipeline", "filter", "setvariable", "wait"}
"""Types, in lower case, whose activities a recovery run carries out again (documented)."""

_SETTLED = frozenset({"Succeeded", "Inactive"})

Records = Mapping[tuple[str | None, str], ActivityRun]
"""Iteration and activity name → the last record."""


class Recovery:
    """The rules for one graph in execution: the pipeline's own, a branch, an iteration.

    `start` names the activity to start from, somewhere in this graph; None means to start from what failed.
    """

    def __init__(
        self,
        records: Records,
        children: Mapping[str, RerunReference],
        graph: Graph,
        label: str | None = None,
        start: str | None = None,
    ) -> None:
        self._records = records
        self._children = children
        self._label = label
        self._start = start
        first = {_holder(graph, start)} if start is not None else self._failed(graph)
        self._again = _with_dependents(graph, {name for name in first if name is not None})

    @classmethod
    def of(cls, pipeline: Pipeline, reference: RerunReference | None) -> "Recovery | None":
        """The rules for a run that refers to another, None where everything runs; raises RunRefused for an activity
        to start from that the pipeline does not have."""
        if reference is None or not reference.takes_over:
            return None
        start = reference.start_activity_name
        if start is not None and _holder(pipeline.graph, start) is None:
            raise RunRefused(f"The pipeline '{pipeline.name}' has no activity '{start}' to start from.")
        records = {(run.iteration_hash, run.activity_name): run for run in reference.activity_runs}
        return cls(records, reference.children, pipeline.graph, start=start)

    def taken_over(self, activity: ActivityDefinition) -> ActivityRun | None:
        """The earlier record that stands for an activity, None when it has to run."""
        if activity.kind in ALWAYS_CARRIED_OUT or activity.name in self._again:
            return None
        record = self._record(activity)
        return record if record is not None and record.status == "Succeeded" else None

    def inside(self, activity: ActivityDefinition, graph: Graph, label: str | None) -> "Recovery | None":
        """The rules for a graph of a container, None where everything in it runs."""
        if not self._reaches_into(activity):
            return None
        start = self._start if activity.name in self._again else None
        if start is not None and _holder(graph, start) is None:
            return None  # the other branch of the container that holds the activity to start from
        return Recovery(self._records, self._children, graph, label, start)

    def items(self, activity: ActivityDefinition) -> Sequence[Any]:
        """What a For Each worked through before: an iteration is the same only if its item is."""
        record = self._record(activity)
        shown = record.input.get("items") if record is not None and isinstance(record.input, Mapping) else None
        return shown if isinstance(shown, list | tuple) else ()

    def child(self, activity: ActivityDefinition) -> RerunReference | None:
        """The run that an Execute Pipeline activity started before, where this one shall recover it."""
        record = self._record(activity)
        output = record.real_output if record is not None else None
        if not isinstance(output, Mapping) or not self._reaches_into(activity):
            return None
        return self._children.get(str(output.get("pipelineRunId")))

    def _reaches_into(self, activity: ActivityDefinition) -> bool:
        """Whether parts of this activity may be taken over: not if it waits for something that runs again, nor if it
        is itself the activity to start from."""
        if activity.name not in self._again:
            return True
        if self._start is not None:
            return _contains(activity, self._start)
        return not any(dependency.activity in self._again for dependency in activity.depends_on)

    def _failed(self, graph: Graph) -> set[str | None]:
        found = ((activity.name, self._record(activity)) for activity in graph.activities)
        return {name for name, record in found if record is not None and record.status not in _SETTLED}

    def _record(self, activity: ActivityDefinition) -> ActivityRun | None:
        return self._records.get((self._label, activity.name))


def _holder(graph: Graph, name: str) -> str | None:
    """The activity of this graph that has this name, whatever its case, or contains one that has."""
    for activity in graph.activities:
        if activity.name.lower() == name.lower() or _contains(activity, name):
            return activity.name
    return None


def _contains(activity: ActivityDefinition, name: str) -> bool:
    return any(inner.name.lower() == name.lower() for graph in activity.graphs.values() for inner in graph.walk())


def _with_dependents(graph: Graph, names: set[str]) -> frozenset[str]:
    found, pending = set(names), list(names)
    while pending:
        for dependent in graph.dependents[pending.pop()]:
            if dependent.name not in found:
                found.add(dependent.name)
                pending.append(dependent.name)
    return frozenset(found)
