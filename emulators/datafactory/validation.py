"""What Data Factory refuses when a document is created: names, shapes, references to what does not exist.

Pure: the caller brings the documents that exist. The control plane asks before it stores anything, the release checks
ask before anything is deployed; both get the same refusals.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.engine.pipeline import InvalidPipeline, read_pipeline
from emulators.datafactory.errors import BadRequest, InvalidReference, InvalidResourceName

FACTORY_NAME = re.compile(r"(?=.{3,63}\Z)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
ENTITY_NAME = re.compile(r"(?=.{1,260}\Z)[A-Za-z0-9_][^<>*#.%&:\\+?/\x00-\x1f]*")

REFERENCES = {
    "LinkedServiceReference": "linkedservices",
    "DatasetReference": "datasets",
    "PipelineReference": "pipelines",
    "DataFlowReference": "dataflows",
    "TriggerReference": "triggers",
    "CredentialReference": "credentials",
    "IntegrationRuntimeReference": "integrationruntimes",
}
"""Reference type → the kind of document it names."""

_BUILT_IN = frozenset({("integrationruntimes", "autoresolveintegrationruntime")})

_PARAMETER_TYPES = frozenset({"string", "int", "float", "bool", "array", "object", "securestring"})

Exists = Callable[[str, str], bool]
"""`(kind, name)` → whether such a document exists, the name in whatever case."""


@dataclass(frozen=True)
class Reference:
    """One document's mention of another."""

    kind: str
    name: str


def check_factory_name(name: str) -> None:
    """Raise InvalidResourceName unless 3 to 63 letters, digits and single inner hyphens (documented)."""
    if not FACTORY_NAME.fullmatch(name):
        raise InvalidResourceName(
            f"The factory name '{name}' is invalid: 3 to 63 letters, digits and hyphens are allowed; "
            "a hyphen stands between letters or digits.",
            target="name",
        )


def check_entity_name(kind: str, name: str) -> None:
    """Raise InvalidResourceName unless the name fits the documented pattern of documents in a factory."""
    if not ENTITY_NAME.fullmatch(name):
        raise InvalidResourceName(
            f"The name '{name}' of one of {kind} is invalid: it has 1 to 260 characters, starts with a letter, a digit "
            "or an underscore and contains none of < > * # . % & : \\ + ? /.",
            target="name",
        )


def check_document(kind: str, name: str, properties: Any, exists: Exists, target: str) -> None:
    """Check a document that is about to be stored; `target` is its resource id, for the refusals.

    Raises InvalidResourceName, BadRequest or InvalidReference. A document may not refer to itself before it exists,
    which is how a pipeline that executes itself is refused too.
    """
    check_entity_name(kind, name)
    if not isinstance(properties, Mapping):
        raise BadRequest("The request body needs the object 'properties'.", target=target)
    _CHECKS[kind](name, properties, target)
    _check_parameters(properties, target)
    for reference in references(properties):
        if (reference.kind, reference.name.lower()) not in _BUILT_IN and not exists(reference.kind, reference.name):
            raise InvalidReference(reference.name, target)


def references(value: Any) -> Iterator[Reference]:
    """Every reference to another document inside of a document's JSON, in order of writing."""
    if isinstance(value, Mapping):
        kind = REFERENCES.get(str(value.get("type")))
        name = value.get("referenceName")
        if kind is not None and isinstance(name, str):
            yield Reference(kind, name)
        for item in value.values():
            yield from references(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from references(item)


def check_global_parameters(parameters: Any, target: str) -> None:
    """Global parameters map names to `{"type", "value"}` (documented); raises BadRequest otherwise."""
    if not isinstance(parameters, Mapping):
        raise BadRequest("Global parameters map names to objects with 'type' and 'value'.", target=target)
    for name, specification in parameters.items():
        if not isinstance(specification, Mapping) or "value" not in specification:
            raise BadRequest(f"The global parameter '{name}' needs 'type' and 'value'.", target=target)
        declared = str(specification.get("type"))
        if declared.lower() not in _PARAMETER_TYPES - {"securestring"}:
            raise BadRequest(f"The global parameter '{name}' has the unknown type '{declared}'.", target=target)


def _check_parameters(properties: Mapping[str, Any], target: str) -> None:
    declared = properties.get("parameters") or {}
    if not isinstance(declared, Mapping):
        raise BadRequest("The property 'parameters' maps names to objects with a 'type'.", target=target)
    for name, specification in declared.items():
        kind = specification.get("type") if isinstance(specification, Mapping) else None
        if str(kind).lower() not in _PARAMETER_TYPES:
            raise BadRequest(f"The parameter '{name}' has the unknown type '{kind}'.", target=target)


def _check_typed(name: str, properties: Mapping[str, Any], target: str) -> None:
    """Every document but a pipeline says what it is and keeps the rest in an object."""
    if not isinstance(properties.get("type"), str) or not properties["type"]:
        raise BadRequest(f"The document '{name}' needs the property 'type'.", target=target)
    if not isinstance(properties.get("typeProperties", {}), Mapping):
        raise BadRequest(f"The property 'typeProperties' of '{name}' must be an object.", target=target)


def _check_linked_service(name: str, properties: Mapping[str, Any], target: str) -> None:
    _check_typed(name, properties, target)
    if "typeProperties" not in properties:
        raise BadRequest(f"The linked service '{name}' needs the object 'typeProperties'.", target=target)


def _check_dataset(name: str, properties: Mapping[str, Any], target: str) -> None:
    _check_typed(name, properties, target)
    _check_reference(properties.get("linkedServiceName"), "LinkedServiceReference", f"dataset '{name}'", target)


def _check_pipeline(name: str, properties: Mapping[str, Any], target: str) -> None:
    try:
        read_pipeline(name, properties)
    except InvalidPipeline as error:
        raise BadRequest(str(error), target=target) from error


def _check_trigger(name: str, properties: Mapping[str, Any], target: str) -> None:
    _check_typed(name, properties, target)
    single = properties.get("pipeline")
    written = [single] if single is not None else properties.get("pipelines", [])
    if not isinstance(written, list):
        raise BadRequest(f"The property 'pipelines' of trigger '{name}' must be a list.", target=target)
    for item in written:
        reference = item.get("pipelineReference") if isinstance(item, Mapping) else None
        _check_reference(reference, "PipelineReference", f"trigger '{name}'", target)
        if not isinstance(item.get("parameters", {}), Mapping | None):
            raise BadRequest(f"The parameters of trigger '{name}' must be an object.", target=target)


def _check_reference(value: Any, kind: str, owner: str, target: str) -> None:
    fits = isinstance(value, Mapping) and value.get("type") == kind and isinstance(value.get("referenceName"), str)
    if not fits:
        raise BadRequest(f"The {owner} needs a reference of type '{kind}' with a 'referenceName'.", target=target)


_CHECKS: Mapping[str, Callable[[str, Mapping[str, Any], str], None]] = {
    "linkedservices": _check_linked_service,
    "datasets": _check_dataset,
    "pipelines": _check_pipeline,
    "triggers": _check_trigger,
    "credentials": _check_typed,
    "integrationruntimes": _check_typed,
    "dataflows": _check_typed,
}
