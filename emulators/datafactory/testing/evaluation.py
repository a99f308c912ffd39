"""One activity alone: its expressions evaluated in a state that the test gives."""

import itertools
import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from emulators.datafactory.engine.creation import pipeline_parameters, prepare, system_variables
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.graph import Pipeline
from emulators.datafactory.engine.records import PipelineRun
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.engine.values import initial_variable
from emulators.datafactory.expressions import Scope, evaluate_value
from emulators.datafactory.testing.driver import counted_id, invoked_by
from emulators.datafactory.testing.stubs import Failure

PARTS = ("linkedServiceName", "inputs", "outputs", "policy", "userProperties")
"""Parts of an activity, beside its type properties, that may hold expressions."""


@dataclass(frozen=True)
class State:
    """What the activity would find: variables, the outputs (or failures) of others by name, the loop's item, …"""

    variables: Mapping[str, Any]
    activities: Mapping[str, Any]
    trigger: Mapping[str, Any]
    item: Any
    now: datetime


def evaluated_activity(
    resources: Resources, pipeline: str, activity: str, parameters: Mapping[str, Any], state: State
) -> dict[str, Any]:
    """The activity's JSON with every expression replaced by its value; raises ExpressionError, KeyError, RunRefused."""
    read = prepare(resources, pipeline, counted_id(1))
    definition = next((found for found in read.graph.walk() if found.name.lower() == activity.lower()), None)
    if definition is None:
        raise KeyError(f"pipeline '{read.name}' has no activity '{activity}'")
    scope = _scope(resources, read, pipeline_parameters(read, parameters, counted_id(1)), state)
    shown: dict[str, Any] = {"typeProperties": evaluate_value(definition.own_type_properties, scope)}
    for part in PARTS:
        if definition.properties.get(part):
            shown[part] = evaluate_value(definition.properties[part], scope)
    return shown


def evaluated_parts(
    found: tuple[str, Mapping[str, Any]] | None,
    what: str,
    given: Mapping[str, Any],
    scope_of: Callable[[Mapping[str, Any]], Scope],
) -> dict[str, Any]:
    """The parts of a dataset or linked service that may hold expressions, with the values of its parameters put in."""
    if found is None:
        raise KeyError(f"the factory has no {what}")
    _, written = found
    specs: Mapping[str, Any] = written.get("parameters") or {}
    unknown = sorted(set(given) - set(specs))
    if unknown:
        raise KeyError(f"the {what} has no parameter '{unknown[0]}'; it has: {', '.join(specs) or 'none'}")
    defaults = {name: spec["defaultValue"] for name, spec in specs.items() if "defaultValue" in spec}
    scope = scope_of({**defaults, **given})
    return {
        part: evaluate_value(written[part], scope)
        for part in ("typeProperties", "linkedServiceName", "schema")
        if written.get(part)
    }


def _scope(resources: Resources, pipeline: Pipeline, parameters: dict[str, Any], state: State) -> Scope:
    record = PipelineRun(counted_id(1), counted_id(1), pipeline.name, parameters, invoked_by(state.trigger))
    numbers = itertools.count(2)
    return Scope(
        pipeline=system_variables(resources, record, parameters, state.trigger, state.now),
        variables={name: initial_variable(spec) for name, spec in pipeline.variables.items()} | dict(state.variables),
        activities={name: _ended(name, output) for name, output in state.activities.items()},
        item=state.item,
        now=lambda: state.now,
        guid=lambda: uuid.UUID(counted_id(next(numbers))),
        random=random.Random(0).randrange,  # noqa: S311  the same test gives the same values
    )


def _ended(name: str, output: Any) -> dict[str, Any]:
    """What `activity('X')` gives for a stubbed predecessor."""
    if isinstance(output, Failure):
        error = ActivityError(output.code, output.message, output.failure_type).to_json(name)
        return {"ActivityName": name, "Status": "Failed", "Output": output.output, "Error": error}
    return {"ActivityName": name, "Status": "Succeeded", "Output": output, "Error": None}
