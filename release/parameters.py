"""Which values of a factory differ per environment, and under which name: the parameters definition applied.

`arm-template-parameters-definition.json` mirrors the shape of the resources; where it says `=`, `-` or `|` a value
becomes a parameter of the published ARM template. Names are those that Data Factory Studio gives:
`<resource>_<path joined by _>` (documented, and observed in published factories). Here the same names set the
values before the resources are deployed one by one.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from release.errors import ReleaseError
from release.source import DEFINITION_FILE, FactoryResource, FactorySource

_ACTIONS = ("=", "-", "|")
Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Parameter:
    """A parameter of the factory: its published name, the resource it belongs to, the way to its value."""

    name: str
    resource: FactoryResource
    path: Path


def parameters(source: FactorySource) -> tuple[Parameter, ...]:
    """Every parameter that the definition file makes, in the order of the resources.

    Raises ReleaseError for a definition this does not understand, and where two values would share one name.
    """
    found: dict[str, Parameter] = {}
    for resource in source.resources:
        for parameter in _of_resource(resource, source):
            other = found.setdefault(parameter.name.lower(), parameter)
            if other is not parameter:
                raise ReleaseError(
                    f"{resource.path}: the parameter name {parameter.name!r} is also that of a value in "
                    f"{other.resource.path}: rename one of the resources"
                )
    return tuple(found.values())


def with_values(source: FactorySource, values: Mapping[str, Any], where: str) -> tuple[FactoryResource, ...]:
    """The resources with the given parameters set; `where` names the origin of the values in errors.

    Raises ReleaseError for a name that the factory does not have.
    """
    known = {parameter.name: parameter for parameter in parameters(source)}
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise ReleaseError(
            f"{where}: the factory has no parameter {unknown[0]!r}; it has {', '.join(sorted(known)) or 'none'} "
            f"(they come from {source.folder / DEFINITION_FILE})"
        )
    documents = {id(resource): {"properties": deepcopy(dict(resource.properties))} for resource in source.resources}
    for name, value in values.items():
        parameter = known[name]
        _set(documents[id(parameter.resource)], parameter.path, value)
    return tuple(
        FactoryResource(resource.kind, resource.name, documents[id(resource)]["properties"], resource.path)
        for resource in source.resources
    )


def _of_resource(resource: FactoryResource, source: FactorySource) -> Iterator[Parameter]:
    definition = _definition_of(resource, source)
    for names, path in _walk(definition, {"properties": resource.properties}, (), ()):
        yield Parameter("_".join((resource.name, *names)), resource, path)


def _definition_of(resource: FactoryResource, source: FactorySource) -> Any:
    by_kind = source.definition.get(f"Microsoft.DataFactory/factories/{resource.kind}", {})
    if resource.kind in ("linkedServices", "datasets"):
        # a connector's own entry is used instead of '*', never merged with it
        return by_kind.get(str(resource.properties.get("type")), by_kind.get("*", {}))
    return by_kind


def _walk(definition: Any, value: Any, names: tuple[str, ...], path: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
    if isinstance(definition, str):
        yield from _leaf(definition, value, names, path)
    elif isinstance(definition, Mapping) and isinstance(value, Mapping):
        for key, entry in value.items():
            inner = definition.get(key, definition.get("*"))
            if inner is not None:
                yield from _walk(inner, entry, (*names, key), (*path, key))
    elif isinstance(definition, list) and definition and isinstance(value, list):
        for index, entry in enumerate(value):
            # the array's own key gives way to the item's name or index
            yield from _walk(definition[0], entry, (*names[:-1], _item_name(definition, entry, index)), (*path, index))


def _leaf(definition: str, value: Any, names: tuple[str, ...], path: Path) -> Iterator[tuple[tuple[str, ...], Path]]:
    action, _, rest = definition.partition(":")
    if action not in _ACTIONS:
        return
    if rest.partition(":")[0]:
        raise ReleaseError(
            f"{DEFINITION_FILE}: at '{'.'.join(names)}': names of one's own ({definition!r}) are not supported yet"
        )
    wrapped = isinstance(value, Mapping) and value.get("type") in ("Expression", "SecureString")
    yield names, (*path, "value") if wrapped else path


def _item_name(definition: list[Any], item: Any, index: int) -> str:
    if len(definition) < 2:
        return str(index)
    for key in str(definition[1]).split("."):
        item = item.get(key) if isinstance(item, Mapping) else None
    return str(item)


def _set(document: Any, path: Path, value: Any) -> None:
    for key in path[:-1]:
        document = document[key]
    document[path[-1]] = value
