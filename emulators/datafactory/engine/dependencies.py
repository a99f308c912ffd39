"""The rule that decides how a graph ended: look at its leaves, and where a leaf was skipped, at its parents.

`eval(node)` is the node's own success, or, for a skipped node, whether all of its parents evaluate to success
(documented under errors and conditional execution). The graph succeeded when all leaves evaluate to success.
"""

from collections.abc import Mapping

from emulators.datafactory.engine.graph import ActivityDefinition, Graph
from emulators.datafactory.engine.lifecycle import Outcome


def conditions_met(activity: ActivityDefinition, outcomes: Mapping[str, Outcome]) -> bool:
    """Whether an activity may run, all of its predecessors being over."""
    return all(dependency.satisfied_by(outcomes[dependency.activity]) for dependency in activity.depends_on)


def culprits(graph: Graph, outcomes: Mapping[str, Outcome]) -> list[str]:
    """The failed activities that make the graph fail, in order of writing; empty when it succeeded."""
    blamed: set[str] = set()
    seen: set[str] = set()
    pending = [leaf.name for leaf in graph.leaves]
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if outcomes[name] is Outcome.FAILED:
            blamed.add(name)
        elif outcomes[name] is Outcome.SKIPPED:
            pending.extend(dependency.activity for dependency in graph.by_name[name].depends_on)
    return [activity.name for activity in graph.activities if activity.name in blamed]
