"""Where the service takes no expression: names of what is referred to, and the switches and numbers of the list below.

The API's models declare these as plain texts, numbers and Booleans, so a pipeline with an expression there cannot be
created (its sentence is assumed). Evaluating them here would let a pipeline pass that fails on its first deployment;
taking them as they stand would be worse: `secureOutput` as an expression would secure nothing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

TYPE_PROPERTIES = {
    "executepipeline": ("waitOnCompletion",),
    "foreach": ("isSequential", "batchCount"),
    "setvariable": ("setSystemVariable",),
    "webhook": ("method",),
}
"""Activity type in lower case → type properties that must be written out."""

POLICY = ("retryIntervalInSeconds", "secureInput", "secureOutput")


def misplaced_expression(activity: Mapping[str, Any]) -> str | None:
    """Where in an activity's JSON the first expression stands that must not be one; None when there is none."""
    return next((place for place, value in _literals(activity) if _is_expression(value)), None)


def _literals(activity: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    properties, policy = activity.get("typeProperties") or {}, activity.get("policy") or {}
    for name in TYPE_PROPERTIES.get(str(activity.get("type")).lower(), ()):
        yield f"typeProperties.{name}", properties.get(name)
    for name in POLICY:
        yield f"policy.{name}", policy.get(name)
    yield "linkedServiceName.referenceName", _name(activity.get("linkedServiceName"))
    yield "typeProperties.pipeline.referenceName", _name(properties.get("pipeline"))
    yield "typeProperties.dataset.referenceName", _name(properties.get("dataset"))
    for part in ("inputs", "outputs"):
        for index, reference in enumerate(activity.get(part) or []):
            yield f"{part}[{index}].referenceName", _name(reference)


def _name(reference: Any) -> Any:
    return reference.get("referenceName") if isinstance(reference, Mapping) else None


def _is_expression(value: Any) -> bool:
    """Whether the service would take the value for an expression: `@…`, `…@{…}…`, or an object that says so."""
    if isinstance(value, Mapping):
        return True
    return isinstance(value, str) and (value.startswith("@") or "@{" in value)
