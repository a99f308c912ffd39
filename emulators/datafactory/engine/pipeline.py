"""Reads a pipeline's JSON, and checks its structure the way Azure does when a pipeline is created.

Names, references between activities, cycles, nesting; everything that is wrong is an InvalidPipeline.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from emulators.datafactory.engine.graph import BRANCHES, LOOPS, ActivityDefinition, Dependency, Graph, Pipeline
from emulators.datafactory.engine.lifecycle import Outcome
from emulators.datafactory.engine.literals import misplaced_expression

MAX_ACTIVITIES = 120
"""Activities of one pipeline, inner ones included (documented soft maximum)."""

NAME = re.compile(r"(?=.{1,55}\Z)\w[^.+?/<>*%&:\\\x00-\x1f]*")
"""Names of activities (documented)."""

CONDITIONS = {"succeeded": "Succeeded", "failed": "Failed", "skipped": "Skipped", "completed": "Completed"}


class InvalidPipeline(Exception):
    """A pipeline that Azure refuses to create; the message names the activity and the place."""


def read_pipeline(name: str, properties: Mapping[str, Any]) -> Pipeline:
    """Read `properties` of a pipeline resource; raises InvalidPipeline as creating it in Azure would fail."""
    graph = _read_graph(properties.get("activities") or [], "activities", inside=())
    activities = list(graph.walk())
    if len(activities) > MAX_ACTIVITIES:
        raise InvalidPipeline(f"The pipeline has {len(activities)} activities; at most {MAX_ACTIVITIES} are allowed.")
    _check_unique(activities)
    return Pipeline(
        name=name,
        graph=graph,
        parameters=_object(properties, "parameters"),
        variables=_object(properties, "variables"),
        concurrency=_concurrency(properties),
        annotations=properties.get("annotations") or [],
    )


def _read_graph(written: Any, where: str, inside: tuple[str, ...]) -> Graph:
    if not isinstance(written, Sequence) or isinstance(written, str):
        raise InvalidPipeline(f"A list of activities is expected at '{where}'.")
    names = _names(written, where)
    activities = tuple(_read_activity(item, names, f"{where}[{index}]", inside) for index, item in enumerate(written))
    graph = Graph(activities)
    _check_acyclic(graph)
    return graph


def _names(written: Sequence[Any], where: str) -> dict[str, str]:
    """Lower-case name → name as written, of the activities that may be depended upon at this place."""
    names: dict[str, str] = {}
    for index, item in enumerate(written):
        if not isinstance(item, Mapping) or not isinstance(item.get("name"), str) or not item["name"]:
            raise InvalidPipeline(f"The activity at '{where}[{index}]' has no name.")
        if not NAME.fullmatch(item["name"]):
            raise InvalidPipeline(
                f"The name of the activity at '{where}[{index}]' is not valid: '{item['name'][:80]}'. It has at most "
                "55 characters, starts with a letter, a digit or an underscore and has none of . + ? / < > * % & : \\."
            )
        names[item["name"].lower()] = item["name"]
    return names


def _read_activity(
    written: Mapping[str, Any], names: Mapping[str, str], where: str, inside: tuple[str, ...]
) -> ActivityDefinition:
    name, kind = written["name"], written.get("type")
    if not isinstance(kind, str) or not kind:
        raise InvalidPipeline(f"The activity '{name}' at '{where}' has no type.")
    for part in ("typeProperties", "policy", "linkedServiceName"):
        if not isinstance(written.get(part) or {}, Mapping):
            raise InvalidPipeline(f"The property '{part}' of activity '{name}' must be an object.")
    for part in ("inputs", "outputs", "userProperties"):
        _objects(written, part, name)
    misplaced = misplaced_expression(written)
    if misplaced is not None and _inactive_as(written) is None:
        raise InvalidPipeline(f"The property '{misplaced}' of activity '{name}' must not be an expression.")
    _check_nesting(name, kind.lower(), inside)
    return ActivityDefinition(
        name=name,
        type=kind,
        properties=written,
        depends_on=tuple(_read_dependency(item, name, names) for item in _objects(written, "dependsOn", name)),
        inactive_as=_inactive_as(written),
        graphs=_read_nested(written, where, (*inside, kind.lower())),
    )


def _read_dependency(written: Mapping[str, Any], name: str, names: Mapping[str, str]) -> Dependency:
    target = str(written.get("activity"))
    if target.lower() not in names:
        raise InvalidPipeline(
            f"The template validation failed: 'The action(s) '{target}' referenced by 'runAfter' in action '{name}' "
            "are not defined in the template'."
        )
    conditions = written.get("dependencyConditions") or ["Succeeded"]
    if not isinstance(conditions, list | tuple):
        raise InvalidPipeline(f"The 'dependencyConditions' of activity '{name}' on '{target}' must be a list.")
    unknown = [condition for condition in conditions if str(condition).lower() not in CONDITIONS]
    if unknown:
        raise InvalidPipeline(f"Activity '{name}' has the unknown dependency condition '{unknown[0]}' on '{target}'.")
    return Dependency(names[target.lower()], frozenset(CONDITIONS[str(item).lower()] for item in conditions))


def _inactive_as(written: Mapping[str, Any]) -> Outcome | None:
    if str(written.get("state") or "Active").lower() != "inactive":
        return None
    marked = str(written.get("onInactiveMarkAs") or "Succeeded").lower()
    try:
        return next(outcome for outcome in Outcome if outcome.value.lower() == marked)
    except StopIteration:
        raise InvalidPipeline(
            f"Activity '{written['name']}' has the unknown 'onInactiveMarkAs' value '{written['onInactiveMarkAs']}'."
        ) from None


def _read_nested(written: Mapping[str, Any], where: str, inside: tuple[str, ...]) -> dict[str, Graph]:
    kind, properties = inside[-1], written.get("typeProperties") or {}
    if kind in LOOPS:
        places = {"activities": properties.get("activities")}
    elif kind == "ifcondition":
        places = {key: properties.get(key) for key in ("ifTrueActivities", "ifFalseActivities")}
    elif kind == "switch":
        places = {"defaultActivities": properties.get("defaultActivities")}
        for index, case in enumerate(_objects(properties, "cases", written["name"])):
            places[f"cases[{index}].activities"] = case.get("activities")
    else:
        return {}
    return {
        place: _read_graph(activities or [], f"{where}.typeProperties.{place}", inside)
        for place, activities in places.items()
    }


def _objects(written: Mapping[str, Any], key: str, name: str) -> Sequence[Mapping[str, Any]]:
    found = written.get(key) or []
    if not isinstance(found, list | tuple) or not all(isinstance(item, Mapping) for item in found):
        raise InvalidPipeline(f"The property '{key}' of activity '{name}' must be a list of objects.")
    return found


def _check_nesting(name: str, kind: str, inside: tuple[str, ...]) -> None:
    """Loops do not stand in loops, containers not in branches, Validation in no container (documented, observed)."""
    if not inside:
        return
    forbidden = (
        (kind in LOOPS and any(outer in LOOPS for outer in inside))
        or (kind in LOOPS | BRANCHES and inside[-1] in BRANCHES)
        or kind == "validation"
    )
    if forbidden:
        raise InvalidPipeline(f"Activity '{name}' of type '{kind}' cannot be nested in an activity of '{inside[-1]}'.")


def _check_acyclic(graph: Graph) -> None:
    """Peel off activities whose predecessors are all peeled; what remains depends on itself."""
    waiting = {activity.name: len(activity.depends_on) for activity in graph.activities}
    ready = [name for name, count in waiting.items() if not count]
    while ready:
        name = ready.pop()
        del waiting[name]
        for dependent in graph.dependents[name]:
            waiting[dependent.name] -= 1
            if not waiting[dependent.name]:
                ready.append(dependent.name)
    if waiting:
        raise InvalidPipeline(
            "The template validation failed: 'The template actions "
            + ", ".join(f"'{name}'" for name in waiting)
            + " have circular dependencies'."
        )


def _check_unique(activities: Sequence[ActivityDefinition]) -> None:
    seen: set[str] = set()
    for activity in activities:
        if activity.name.lower() in seen:
            raise InvalidPipeline(f"The activity name '{activity.name}' is used more than once in the pipeline.")
        seen.add(activity.name.lower())


def _object(properties: Mapping[str, Any], key: str) -> Mapping[str, Mapping[str, Any]]:
    found = properties.get(key) or {}
    if not isinstance(found, Mapping) or not all(isinstance(spec, Mapping) for spec in found.values()):
        raise InvalidPipeline(f"The property '{key}' of a pipeline maps names to objects with a 'type'.")
    return found


def _concurrency(properties: Mapping[str, Any]) -> int | None:
    written = properties.get("concurrency")
    if written is None:
        return None
    if not isinstance(written, int) or isinstance(written, bool) or written < 1:
        raise InvalidPipeline("The property 'concurrency' of a pipeline must be a whole number of at least 1.")
    return written
