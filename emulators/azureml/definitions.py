"""Published pipelines as files: one TOML file is one pipeline endpoint with its versions.

Everything is checked when the file is read, so a mistake is told at the start with the file, the key and the mend,
and not in the middle of a run.
"""

import re
import tomllib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

ParameterValue = str | int | float | bool

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_PARAMETER = re.compile(r"[A-Za-z_][\w-]*")


class DefinitionError(ValueError):
    """A definition file that cannot be used; the text names the file, the key and the mend."""

    def __init__(self, file: Path, key: str, mend: str) -> None:
        super().__init__(f"{file}: {key}: {mend}" if key else f"{file}: {mend}")


@dataclass(frozen=True)
class Datastore:
    """A datastore of the workspace: a blob container under a name."""

    name: str
    container: str


@dataclass(frozen=True)
class Step:
    """One script with its arguments.

    `{parameter}` in an argument stands for the parameter's value, `{data:parameter}` for the local path of the blob
    that the parameter names in the datastore.
    """

    name: str
    script: str
    arguments: tuple[str, ...]

    def data_parameters(self) -> set[str]:
        """The parameters that name blobs."""
        return {name for kind, name in self._placeholders() if kind == "data"}

    def parameters(self) -> set[str]:
        """Every parameter that the arguments speak of."""
        return {name for _, name in self._placeholders()}

    def filled(self, parameters: Mapping[str, ParameterValue], files: Mapping[str, Path]) -> list[str]:
        """The arguments with values and local paths in place."""

        def value(match: re.Match[str]) -> str:
            kind, name = _placeholder(match)
            return str(files[name]) if kind == "data" else as_text(parameters[name])

        return [_PLACEHOLDER.sub(value, argument) for argument in self.arguments]

    def _placeholders(self) -> Iterable[tuple[str, str]]:
        for argument in self.arguments:
            yield from map(_placeholder, _PLACEHOLDER.finditer(argument))


def _placeholder(match: re.Match[str]) -> tuple[str, str]:
    kind, separator, name = match[1].partition(":")
    return (kind, name) if separator else ("", kind)


def as_text(value: ParameterValue) -> str:
    """A parameter's value as scripts get it; booleans as Python writes them (assumed)."""
    return str(value)


@dataclass(frozen=True)
class Pipeline:
    """One published version. `parameters` are the defaults, whose types are the parameters' types."""

    id: str
    version: str
    parameters: Mapping[str, ParameterValue]
    datastore: Datastore | None
    steps: Sequence[Step]

    def data_parameters(self) -> set[str]:
        return set().union(*(step.data_parameters() for step in self.steps))


@dataclass(frozen=True)
class Endpoint:
    """A pipeline endpoint: a name for several versions, one of which is the default. `folder` holds the scripts."""

    id: str
    name: str
    default_version: str
    pipelines: Sequence[Pipeline]
    folder: Path

    def version(self, version: str | None) -> Pipeline | None:
        """The pipeline of a version (None: the default one), or None."""
        wished = version or self.default_version
        return next((pipeline for pipeline in self.pipelines if pipeline.version == wished), None)


class Catalogue:
    """Every endpoint and pipeline of the workspace; ids are compared without case."""

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.endpoints = list(endpoints)

    @classmethod
    def read(cls, files: Iterable[Path]) -> "Catalogue":
        """Read definition files. Raises DefinitionError, also when two files use one id or name."""
        endpoints: list[Endpoint] = []
        owners: dict[str, Path] = {}
        for file in files:
            endpoint = read_definition(file)
            for key in (endpoint.id, endpoint.name, *(pipeline.id for pipeline in endpoint.pipelines)):
                if key.lower() in owners:
                    raise DefinitionError(file, "id", f"'{key}' is used twice (also in {owners[key.lower()]})")
                owners[key.lower()] = file
            endpoints.append(endpoint)
        return cls(endpoints)

    def endpoint(self, key: str) -> Endpoint | None:
        """The endpoint of an id or name, or None."""
        folded = key.lower()
        return next((one for one in self.endpoints if folded in (one.id.lower(), one.name.lower())), None)

    def pipeline(self, pipeline_id: str) -> tuple[Endpoint, Pipeline] | None:
        """The pipeline of an id with its endpoint, or None."""
        folded = pipeline_id.lower()
        return next((pair for pair in self.pipelines() if pair[1].id.lower() == folded), None)

    def pipelines(self) -> list[tuple[Endpoint, Pipeline]]:
        return [(endpoint, pipeline) for endpoint in self.endpoints for pipeline in endpoint.pipelines]


def read_definition(file: Path) -> Endpoint:
    """Read and check one definition file. Raises DefinitionError."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise DefinitionError(file, "", f"cannot be read ({error.strerror})") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DefinitionError(file, "", f"is not valid TOML: {error}") from error
    return _Reader(file).endpoint(document)


class _Reader:
    """Checks a parsed document key by key."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def endpoint(self, document: Mapping[str, Any]) -> Endpoint:
        self._only(document, "", {"endpoint", "pipelines"})
        head = self._table(document, "endpoint", "endpoint")
        self._only(head, "endpoint", {"id", "name", "default_version"})
        tables = self._tables(document, "pipelines", "pipelines")
        pipelines = [self._pipeline(table, f"pipelines[{index}]") for index, table in enumerate(tables)]
        endpoint = Endpoint(
            id=self._guid(head, "endpoint.id"),
            name=self._text(head, "endpoint.name"),
            default_version=self._text(head, "endpoint.default_version"),
            pipelines=pipelines,
            folder=self._file.parent.resolve(),
        )
        versions = [pipeline.version for pipeline in pipelines]
        if len(set(versions)) != len(versions):
            raise self._error("pipelines", "two pipelines have the same version; give each its own")
        if endpoint.version(None) is None:
            raise self._error(
                "endpoint.default_version",
                f"there is no pipeline of version '{endpoint.default_version}'; there is {', '.join(versions)}",
            )
        return endpoint

    def _pipeline(self, table: Mapping[str, Any], key: str) -> Pipeline:
        self._only(table, key, {"id", "version", "parameters", "datastore", "steps"})
        tables = self._tables(table, "steps", f"{key}.steps")
        pipeline = Pipeline(
            id=self._guid(table, f"{key}.id"),
            version=self._text(table, f"{key}.version"),
            parameters=self._parameters(table, f"{key}.parameters"),
            datastore=self._datastore(table, f"{key}.datastore"),
            steps=[self._step(step, f"{key}.steps[{index}]") for index, step in enumerate(tables)],
        )
        self._check_steps(pipeline, key)
        return pipeline

    def _check_steps(self, pipeline: Pipeline, key: str) -> None:
        names = [step.name for step in pipeline.steps]
        if len(set(names)) != len(names):
            raise self._error(f"{key}.steps", "two steps have the same name; give each its own")
        for index, step in enumerate(pipeline.steps):
            place = f"{key}.steps[{index}].arguments"
            unknown = step.parameters() - set(pipeline.parameters)
            if unknown:
                raise self._error(place, f"{sorted(unknown)} is not in {key}.parameters; declare it there")
            if step.data_parameters() and pipeline.datastore is None:
                raise self._error(place, f"'{{data:…}}' needs a datastore; add [{key}.datastore] with name, container")
            texts = {name for name in step.data_parameters() if isinstance(pipeline.parameters[name], str)}
            if texts != step.data_parameters():
                raise self._error(place, "a parameter that names a blob must be a string")

    def _parameters(self, table: Mapping[str, Any], key: str) -> dict[str, ParameterValue]:
        given = self._table(table, "parameters", key) if "parameters" in table else {}
        for name, value in given.items():
            if not _PARAMETER.fullmatch(name):
                raise self._error(f"{key}.{name}", "is no parameter name; use letters, digits, '_' and '-'")
            if not isinstance(value, str | int | float):
                raise self._error(f"{key}.{name}", "must be a string, a number or a boolean (its default)")
        return dict(given)

    def _datastore(self, table: Mapping[str, Any], key: str) -> Datastore | None:
        if "datastore" not in table:
            return None
        given = self._table(table, "datastore", key)
        self._only(given, key, {"name", "container"})
        return Datastore(self._text(given, f"{key}.name"), self._text(given, f"{key}.container"))

    def _step(self, table: Mapping[str, Any], key: str) -> Step:
        self._only(table, key, {"name", "script", "arguments"})
        arguments = table.get("arguments", [])
        if not isinstance(arguments, list) or not all(isinstance(argument, str) for argument in arguments):
            raise self._error(f"{key}.arguments", "must be a list of strings")
        step = Step(self._text(table, f"{key}.name"), self._text(table, f"{key}.script"), tuple(arguments))
        for kind, _ in step._placeholders():
            if kind not in ("", "data"):
                raise self._error(f"{key}.arguments", f"'{{{kind}:…}}' is unknown; there is '{{data:<parameter>}}'")
        self._check_script(step.script, f"{key}.script")
        return step

    def _check_script(self, script: str, key: str) -> None:
        path = PurePosixPath(script)
        if path.is_absolute() or ".." in path.parts:
            raise self._error(key, "must lie in the definition's folder; give a path relative to it without '..'")
        if not (self._file.parent / path).is_file():
            raise self._error(key, f"there is no file '{script}' beside the definition; add it or mend the name")

    def _table(self, table: Mapping[str, Any], name: str, key: str) -> Mapping[str, Any]:
        value = table.get(name)
        if not isinstance(value, dict):
            raise self._error(key, f"is missing or no table; add [{key}]")
        return value

    def _tables(self, table: Mapping[str, Any], name: str, key: str) -> Sequence[Mapping[str, Any]]:
        value = table.get(name)
        if not isinstance(value, list) or not value or not all(isinstance(item, dict) for item in value):
            raise self._error(key, f"is missing or no list of tables; add [[{key}]]")
        return value

    def _text(self, table: Mapping[str, Any], key: str) -> str:
        value = table.get(key.rpartition(".")[2])
        if not isinstance(value, str) or not value.strip():
            raise self._error(key, 'is missing or no text; give it as "…"')
        return value

    def _guid(self, table: Mapping[str, Any], key: str) -> str:
        value = self._text(table, key)
        try:
            return str(uuid.UUID(value))
        except ValueError as error:
            raise self._error(key, f"'{value}' is no GUID; give one like {uuid.UUID(int=1)}") from error

    def _only(self, table: Mapping[str, Any], key: str, known: set[str]) -> None:
        for name in table:
            if name not in known:
                raise self._error(f"{key}.{name}".lstrip("."), f"is unknown here; known are {', '.join(sorted(known))}")

    def _error(self, key: str, mend: str) -> DefinitionError:
        return DefinitionError(self._file, key, mend)
