"""The data sets and linked services that a Web activity hands to its endpoint, beside what its body says.

Each goes as `{"name", "properties"}`, its expressions evaluated. Secrets of linked services go in the clear: the
documentation's own endpoint takes the connection string out of the body and connects with it.
"""

import json
from collections.abc import Mapping
from typing import Any

from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.resources import Properties
from emulators.datafactory.expressions import ExpressionError, Scope, evaluate_value

DATASETS, LINKED_SERVICES = "datasets", "linkedServices"


async def payload(activity: Activity, services: ActivityServices) -> Any:
    """The activity's body with what it hands over; raises ActivityFailed for a body that has no room for that."""
    properties = activity.type_properties
    body = properties.get("body")
    datasets, linked = properties.get(DATASETS) or [], properties.get(LINKED_SERVICES) or []
    if not datasets and not linked:
        return body
    handed: dict[str, Any] = {}
    if datasets:
        handed[DATASETS] = [_dataset(reference, activity) for reference in datasets]
    if linked:
        handed[LINKED_SERVICES] = [await _linked_service(reference, activity, services) for reference in linked]
    return {**_members(body), **handed}


def _members(body: Any) -> Mapping[str, Any]:
    """The body as an object: a body of text is read as JSON, no body is an empty one (both assumed)."""
    if body is None or body == "":
        return {}
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            body = None
    if not isinstance(body, Mapping):
        raise ActivityFailed(
            "2105", f"With '{DATASETS}' or '{LINKED_SERVICES}' the body must be a JSON object, to which they are added."
        )
    return body


def _dataset(reference: Any, activity: Activity) -> dict[str, Any]:
    name = _name(reference, DATASETS)
    found = activity.resources.dataset(name)
    if found is None:
        raise ActivityFailed(
            "BadRequest", f"The dataset '{name}' that activity '{activity.name}' refers to does not exist."
        )
    spelled, written = found
    parameters = {key: spec.get("defaultValue") for key, spec in (written.get("parameters") or {}).items()}
    parameters.update(reference.get("parameters") or {})
    try:
        properties = evaluate_value(_without_parameters(written), Scope(dataset=parameters))
    except ExpressionError as error:
        raise ActivityFailed(error.code, f"In the dataset '{spelled}': {error.message}") from error
    return {"name": spelled, "properties": properties}


async def _linked_service(reference: Any, activity: Activity, services: ActivityServices) -> dict[str, Any]:
    _name(reference, LINKED_SERVICES)
    linked = await services.resolve(reference, activity.resources, f"activity '{activity.name}'")
    _, written = activity.resources.linked_service(linked.name) or (linked.name, {})
    return {"name": linked.name, "properties": {**_without_parameters(written), "typeProperties": linked.properties}}


def _name(reference: Any, where: str) -> str:
    name = reference.get("referenceName") if isinstance(reference, Mapping) else None
    if not isinstance(name, str) or not isinstance(reference.get("parameters") or {}, Mapping):
        raise ActivityFailed("2104", f"'{where}' must hold references, objects with 'referenceName' and 'type'.")
    return name


def _without_parameters(written: Properties) -> dict[str, Any]:
    """The parameters have been filled in; what is left has none."""
    return {key: value for key, value in written.items() if key != "parameters"}
