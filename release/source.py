"""The factory's source as Data Factory Studio keeps it in Git: one JSON file per resource, a folder per kind."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release.errors import ReleaseError

DEFINITION_FILE = "arm-template-parameters-definition.json"

_FOLDER_KINDS = {
    "pipeline": "pipelines",
    "dataset": "datasets",
    "linkedService": "linkedServices",
    "trigger": "triggers",
    "credential": "credentials",
}
"""Git folder → resource type, the latter in ARM's spelling."""

_UNSUPPORTED_FOLDERS = ("dataflow", "integrationRuntime", "managedVirtualNetwork", "powerquery", "changeDataCapture")


@dataclass(frozen=True)
class FactoryResource:
    """One resource: its kind (`pipelines`, `linkedServices` …), its name, its `properties`, and the file it is from."""

    kind: str
    name: str
    properties: Mapping[str, Any]
    path: Path


@dataclass(frozen=True)
class FactorySource:
    """A factory's resources, its global parameters (`name → {type, value}`) and its parameters definition."""

    folder: Path
    resources: tuple[FactoryResource, ...]
    global_parameters: Mapping[str, Mapping[str, Any]]
    definition: Mapping[str, Any]

    @classmethod
    def load(cls, folder: Path) -> "FactorySource":
        """Read the folder. Raises ReleaseError naming the file and the place."""
        if not folder.is_dir():
            raise ReleaseError(f"{folder}: there is no such folder of a factory")
        unsupported = [name for name in _UNSUPPORTED_FOLDERS if any((folder / name).glob("**/*.json"))]
        if unsupported:
            raise ReleaseError(
                f"{folder / unsupported[0]}: deploying resources of this kind is not supported yet; "
                "add the kind to release/source.py and to release/factory.py"
            )
        resources = tuple(
            _resource(kind, path)
            for name, kind in _FOLDER_KINDS.items()
            for path in sorted((folder / name).glob("*.json"))
        )
        return cls(folder, resources, _global_parameters(folder), read_json(folder / DEFINITION_FILE))

    def of_kind(self, kind: str) -> tuple[FactoryResource, ...]:
        return tuple(resource for resource in self.resources if resource.kind == kind)


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file. Raises ReleaseError with line and column."""
    try:
        document = json.loads(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise ReleaseError(f"{path}: the file is missing") from error
    except json.JSONDecodeError as error:
        raise ReleaseError(f"{path}: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except UnicodeDecodeError as error:
        raise ReleaseError(f"{path}: byte {error.start} is not UTF-8") from error
    if not isinstance(document, dict):
        raise ReleaseError(f"{path}: a JSON object is expected")
    return document


def _resource(kind: str, path: Path) -> FactoryResource:
    document = read_json(path)
    name, properties = document.get("name"), document.get("properties")
    if name != path.stem:
        raise ReleaseError(f"{path}: at 'name': {path.stem!r} is expected, as the file is called, not {name!r}")
    if not isinstance(properties, Mapping):
        raise ReleaseError(f"{path}: at 'properties': an object is expected")
    return FactoryResource(kind, path.stem, properties, path)


def _global_parameters(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    files = sorted((folder / "factory").glob("*.json"))
    if not files:
        return {}
    if len(files) > 1:
        raise ReleaseError(f"{folder / 'factory'}: one file is expected, not {len(files)}")
    parameters: Mapping[str, Mapping[str, Any]] = read_json(files[0]).get("properties", {}).get("globalParameters", {})
    return parameters
