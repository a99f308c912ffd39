"""A factory's resources as the engine sees them: name → `properties`, exactly the JSON that the REST API takes.

They come from a folder in the layout that Data Factory Studio writes in Git mode (`pipeline/`, `dataset/`,
`linkedService/`, `credential/`, `trigger/`, `factory/`), from parsed JSON documents, or from the emulated control
plane. Names are found whatever their case, as in Azure.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Properties = Mapping[str, Any]

_FOLDERS = {
    "pipeline": "pipelines",
    "dataset": "datasets",
    "linkedService": "linked_services",
    "trigger": "triggers",
    "credential": "credentials",
}
_TYPE_TAILS = {
    "pipelines": "pipelines",
    "datasets": "datasets",
    "linkedservices": "linked_services",
    "triggers": "triggers",
    "credentials": "credentials",
}
_CREDENTIAL_TYPES = frozenset({"ManagedIdentity", "ServicePrincipal"})


class InvalidResource(Exception):
    """A resource that cannot be read: the message names the file (or the position in the list) and the place."""


@dataclass(frozen=True)
class Resources:
    """Everything a run may refer to. A run keeps the resources it was started with, whatever is deployed meanwhile."""

    factory_name: str
    pipelines: Mapping[str, Properties] = field(default_factory=dict)
    datasets: Mapping[str, Properties] = field(default_factory=dict)
    linked_services: Mapping[str, Properties] = field(default_factory=dict)
    triggers: Mapping[str, Properties] = field(default_factory=dict)
    credentials: Mapping[str, Properties] = field(default_factory=dict)
    identities: frozenset[str] = frozenset()
    """The resource ids, in lower case, of the user-assigned managed identities that the factory has."""
    global_parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Name → `{"type": …, "value": …}`, as in the factory's `properties.globalParameters`."""
    read: dict[str, tuple[Properties, Any]] = field(default_factory=dict, repr=False, compare=False)
    """Pipelines that were read and checked already, by name, with the properties they were read from."""

    @classmethod
    def load(cls, folder: str | Path) -> "Resources":
        """Read a folder in Git layout; raises InvalidResource naming the file and the place."""
        root = Path(folder)
        if not root.is_dir():
            raise InvalidResource(f"{root}: there is no such folder of a factory")
        loader = _Collector(factory_name=root.resolve().name)
        for name, kind in _FOLDERS.items():
            for path in sorted((root / name).glob("*.json")):
                loader.add(kind, _read(path), str(path.relative_to(root)), expected_name=path.stem)
        for path in sorted((root / "factory").glob("*.json")):
            loader.add_factory(_read(path), str(path.relative_to(root)))
        return loader.collected()

    @classmethod
    def of(cls, documents: Iterable[Mapping[str, Any]], *, factory_name: str = "factory") -> "Resources":
        """Take parsed documents `{"name", "properties", "type"?}`; without `type` the kind is told by the content."""
        loader = _Collector(factory_name)
        for position, document in enumerate(documents):
            where = f"resources[{position}]"
            kind = _kind(document, where)
            if kind == "factory":
                loader.add_factory(document, where)
            else:
                loader.add(kind, document, where)
        return loader.collected()

    def pipeline(self, name: str) -> tuple[str, Properties] | None:
        """The pipeline of that name and how it is really spelled, whatever the case; None when there is none."""
        return find(self.pipelines, name)

    def dataset(self, name: str) -> tuple[str, Properties] | None:
        return find(self.datasets, name)

    def linked_service(self, name: str) -> tuple[str, Properties] | None:
        return find(self.linked_services, name)

    def credential(self, name: str) -> tuple[str, Properties] | None:
        return find(self.credentials, name)


def find(resources: Mapping[str, Properties], name: str) -> tuple[str, Properties] | None:
    """Look a name up, first as written, then regardless of case."""
    if name in resources:
        return name, resources[name]
    wanted = name.lower()
    return next(((known, found) for known, found in resources.items() if known.lower() == wanted), None)


def assigned_identities(identity: Any) -> frozenset[str]:
    """The user-assigned identities in a factory's `identity`: resource ids, in lower case."""
    assigned = identity.get("userAssignedIdentities") if isinstance(identity, Mapping) else None
    return frozenset(str(name).lower() for name in assigned) if isinstance(assigned, Mapping) else frozenset()


class _Collector:
    """Gathers resources and complains with the place."""

    def __init__(self, factory_name: str) -> None:
        self._factory_name = factory_name
        self._kinds: dict[str, dict[str, Properties]] = {kind: {} for kind in _FOLDERS.values()}
        self._global_parameters: Mapping[str, Mapping[str, Any]] = {}
        self._identities: frozenset[str] = frozenset()

    def add(self, kind: str, document: Mapping[str, Any], where: str, expected_name: str | None = None) -> None:
        name, properties = _envelope(document, where)
        if expected_name is not None and name != expected_name:
            raise InvalidResource(f"{where}: at 'name': the resource is named '{name}' but its file '{expected_name}'")
        if find(self._kinds[kind], name) is not None:
            raise InvalidResource(f"{where}: at 'name': there is already one of {kind} named '{name}'")
        self._kinds[kind][name] = properties

    def add_factory(self, document: Mapping[str, Any], where: str) -> None:
        self._factory_name = str(document.get("name") or self._factory_name)
        properties = document.get("properties") or {}
        parameters = properties.get("globalParameters") or {}
        for name, spec in parameters.items():
            if not isinstance(spec, Mapping) or "value" not in spec:
                raise InvalidResource(f"{where}: at 'properties.globalParameters.{name}': 'type' and 'value' expected")
        self._global_parameters = parameters
        self._identities = assigned_identities(document.get("identity"))

    def collected(self) -> Resources:
        return Resources(
            self._factory_name,
            pipelines=self._kinds["pipelines"],
            datasets=self._kinds["datasets"],
            linked_services=self._kinds["linked_services"],
            triggers=self._kinds["triggers"],
            credentials=self._kinds["credentials"],
            identities=self._identities,
            global_parameters=self._global_parameters,
        )


def _envelope(document: Mapping[str, Any], where: str) -> tuple[str, Properties]:
    name, properties = document.get("name"), document.get("properties")
    if not isinstance(name, str) or not name:
        raise InvalidResource(f"{where}: at 'name': a text is expected")
    if not isinstance(properties, Mapping):
        raise InvalidResource(f"{where}: at 'properties': an object is expected")
    return name, properties


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except json.JSONDecodeError as error:
        raise InvalidResource(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise InvalidResource(f"{path}: byte {error.start} is not UTF-8") from error
    if not isinstance(document, Mapping):
        raise InvalidResource(f"{path}: a JSON object is expected")
    return document


def _kind(document: Mapping[str, Any], where: str) -> str:
    """The kind of a document: its `type` when it has one (`Microsoft.DataFactory/factories/…`), else its content."""
    declared = str(document.get("type") or "").lower()
    if declared:
        tail = declared.rsplit("/", 1)[-1]
        if tail == "factories":
            return "factory"
        if tail in _TYPE_TAILS:
            return _TYPE_TAILS[tail]
        raise InvalidResource(f"{where}: at 'type': '{document['type']}' is not a kind of resource this reads")
    properties = document.get("properties")
    if not isinstance(properties, Mapping):
        raise InvalidResource(f"{where}: at 'properties': an object is expected")
    return _kind_by_content(properties)


def _kind_by_content(properties: Properties) -> str:
    if "globalParameters" in properties:
        return "factory"
    if "activities" in properties:
        return "pipelines"
    kind = str(properties.get("type") or "")
    if kind.endswith("Trigger") or "pipelines" in properties or "runtimeState" in properties:
        return "triggers"
    if kind in _CREDENTIAL_TYPES:
        return "credentials"
    return "datasets" if "linkedServiceName" in properties else "linked_services"
