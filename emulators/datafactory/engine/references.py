"""References that can be checked before a run: an activity's expressions may name only activities upstream of it.

Azure checks this when the run is created (the texts are those of its template validation). Upstream means: an
ancestor by `dependsOn`, an activity inside of such an ancestor (not of ForEach), or upstream of the container the
activity stands in. The condition of Until may name the activities of its body.
"""

from typing import Any

from emulators.datafactory.engine.graph import ActivityDefinition, Graph, Pipeline
from emulators.datafactory.engine.pipeline import InvalidPipeline
from emulators.datafactory.expressions import Analysis, analyse


def check_references(pipeline: Pipeline) -> None:
    """Raise InvalidPipeline for a reference to an activity that does not exist or is not upstream."""
    known = {activity.name.lower() for activity in pipeline.graph.walk()}
    _check_graph(pipeline.graph, known, outside=frozenset())


def _check_graph(graph: Graph, known: set[str], outside: frozenset[str]) -> None:
    upstream = _ancestors(graph)
    for activity in graph.activities:
        visible = outside | upstream[activity.name]
        inner = _names_inside(activity) if activity.kind == "until" else frozenset()
        if activity.inactive_as is not None:
            continue  # a deactivated activity is not validated (documented)
        _check_activity(activity, known, visible | inner)
        for nested in activity.graphs.values():
            _check_graph(nested, known, visible)


def _check_activity(activity: ActivityDefinition, known: set[str], visible: frozenset[str]) -> None:
    found = analyse(_evaluated(activity))
    _check_expressions(activity, found)
    for name in sorted(found.activities):
        if name.lower() not in known:
            raise InvalidPipeline(
                f"The template validation failed: 'The action(s) '{name}' referenced by 'inputs' in action "
                f"'{activity.name}' are not defined in the template'."
            )
        if name.lower() not in visible:
            raise InvalidPipeline(
                f"The template validation failed: 'The inputs of template action '{activity.name}' cannot reference "
                f"action '{name}'. Action '{name}' must either be in 'runAfter' path, or be a Trigger'."
            )
    _check_self_reference(activity, {name.lower() for name in found.variables})


def _evaluated(activity: ActivityDefinition) -> list[Any]:
    """The parts of an activity in which expressions are evaluated; names of references are not among them."""
    written = activity.properties
    references = [written.get("linkedServiceName"), *(written.get("inputs") or []), *(written.get("outputs") or [])]
    parameters = [reference.get("parameters") for reference in references if reference]
    properties = [item.get("value") for item in written.get("userProperties") or []]
    return [activity.own_type_properties, written.get("policy"), *parameters, *properties]


def _check_expressions(activity: ActivityDefinition, found: Analysis) -> None:
    """An expression that cannot be read, or calls a function there is none of, refuses the run. A wrong argument does
    not: that is found out only if the activity runs (assumed, as in the workflow engine)."""
    for problem in found.problems:
        if not problem.message.startswith("The function '"):
            raise InvalidPipeline(f"In activity '{activity.name}': {problem.message}")


def _check_self_reference(activity: ActivityDefinition, variables: set[str]) -> None:
    """A Set Variable's value may not read the variable it sets (documented; wording assumed)."""
    name = str(activity.type_properties.get("variableName"))
    if activity.kind == "setvariable" and name.lower() in variables:
        raise InvalidPipeline(
            f"The expression of activity '{activity.name}' contains the self referencing variable '{name}'. "
            "A variable cannot reference itself in the expression."
        )


def _names_inside(activity: ActivityDefinition) -> frozenset[str]:
    """The lower-case names of the activities inside of a container that can be read from outside of it."""
    if not activity.lets_look_inside:
        return frozenset()
    inner = [found for graph in activity.graphs.values() for found in graph.activities]
    return frozenset(found.name.lower() for found in inner).union(*map(_names_inside, inner))


def _ancestors(graph: Graph) -> dict[str, frozenset[str]]:
    """Activity → lower-case names of all it depends on, directly or not, and of what can be read inside of those."""
    found: dict[str, frozenset[str]] = {}

    def visit(name: str) -> frozenset[str]:
        if name not in found:
            parents = [graph.by_name[dependency.activity] for dependency in graph.by_name[name].depends_on]
            direct = frozenset(parent.name.lower() for parent in parents)
            found[name] = direct.union(*map(_names_inside, parents), *(visit(parent.name) for parent in parents))
        return found[name]

    for activity in graph.activities:
        visit(activity.name)
    return found
