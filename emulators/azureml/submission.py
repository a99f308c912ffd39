"""Reading a submit request: the fields of the v1 REST API in any casing, parameters checked against the pipeline's."""

import re
from collections.abc import Mapping
from typing import Any

from emulators.azureml.definitions import Datastore, ParameterValue, Pipeline
from emulators.azureml.errors import InvalidField, UnknownParameters, UnsupportedField, UserError, WrongParameterType
from emulators.azureml.runs import Request

_EXPERIMENT = re.compile(r"[A-Za-z0-9][\w-]{0,254}")


def read_request(
    body: Mapping[str, Any], pipeline: Pipeline, *, default_experiment: str, parent_run_id: str | None
) -> Request:
    """The request of a submit body for `pipeline`. Raises UserError, naming what is wrong and what is declared."""
    fields = {name.lower(): value for name, value in body.items()}
    if fields.get("datasetdefinitionvalueassignments"):
        raise UnsupportedField("DataSetDefinitionValueAssignments")
    assigned = {
        **_object(fields, "ParameterAssignments"),
        **_paths(_object(fields, "DataPathAssignments"), pipeline),
    }
    return Request(
        experiment=_experiment(fields, default_experiment),
        parameters=assign(pipeline, assigned),
        tags=_texts(fields, "Tags"),
        properties=_texts(fields, "Properties"),
        description=str(fields.get("description") or ""),
        run_source=str(fields.get("runsource") or "Unavailable"),
        run_type=str(fields.get("runtype") or "HTTP"),
        parent_run_id=parent_run_id,
        continue_on_failure=_flag(fields, "ContinueRunOnStepFailure"),
    )


def assign(pipeline: Pipeline, given: Mapping[str, Any]) -> dict[str, ParameterValue]:
    """Every parameter of the pipeline with its value: the given one in the default's type, else the default.

    Values are texts on the wire; numbers and booleans are accepted. Raises UnknownParameters, WrongParameterType.
    """
    unknown = set(given) - set(pipeline.parameters)
    if unknown:
        raise UnknownParameters(unknown, pipeline.parameters)
    return {
        name: _converted(name, given[name], default) if name in given else default
        for name, default in pipeline.parameters.items()
    }


def _converted(name: str, value: Any, default: ParameterValue) -> ParameterValue:
    if not isinstance(value, str | int | float):
        raise WrongParameterType(name, "a text, a number or a boolean", value)
    if isinstance(default, str):
        return value if isinstance(value, str) else str(value)
    if isinstance(default, bool):
        return _boolean(name, value)
    kind: type[int] | type[float] = int if isinstance(default, int) else float
    wanted = "an integer" if kind is int else "a number"
    if isinstance(value, bool) or (kind is int and isinstance(value, float) and not value.is_integer()):
        raise WrongParameterType(name, wanted, value)
    try:
        return kind(value)
    except ValueError as error:
        raise WrongParameterType(name, wanted, value) from error


def _boolean(name: str, value: str | int | float) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise WrongParameterType(name, "true or false", value)
    return text == "true"


def _paths(given: Mapping[str, Any], pipeline: Pipeline) -> dict[str, str]:
    """Data paths as parameter values: `{"DataStoreName", "RelativePath"}` for a parameter that names a blob."""
    values: dict[str, str] = {}
    for name, path in given.items():
        if name not in pipeline.data_parameters():
            raise UserError(f"The pipeline has no data path '{name}'.", target="DataPathAssignments")
        if not isinstance(path, dict):
            raise InvalidField(f"DataPathAssignments.{name}", "an object with DataStoreName and RelativePath")
        folded = {key.lower(): value for key, value in path.items()}
        _require_datastore(name, folded.get("datastorename"), pipeline.datastore)
        relative = folded.get("relativepath")
        if not isinstance(relative, str):
            raise InvalidField(f"DataPathAssignments.{name}.RelativePath", "a text")
        values[name] = relative
    return values


def _require_datastore(name: str, given: object, declared: Datastore | None) -> None:
    if declared is None or given != declared.name:
        raise UserError(
            f"The data path '{name}' names the datastore {given!r}; the pipeline has "
            f"{declared.name if declared else 'none'!r}.",
            target="DataPathAssignments",
        )


def _experiment(fields: Mapping[str, Any], default: str) -> str:
    name = fields.get("experimentname") or default
    if not isinstance(name, str) or not _EXPERIMENT.fullmatch(name):
        raise InvalidField(
            "ExperimentName", "1 to 255 letters, digits, '_' and '-', beginning with a letter or a digit"
        )
    return name


def _object(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name.lower())
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidField(name, "an object")
    return value


def _texts(fields: Mapping[str, Any], name: str) -> dict[str, str]:
    value = _object(fields, name)
    if not all(isinstance(text, str) for text in value.values()):
        raise InvalidField(name, "an object of texts")
    return dict(value)


def _flag(fields: Mapping[str, Any], name: str) -> bool:
    value = fields.get(name.lower())
    if value is None:
        return False
    if not isinstance(value, bool):
        raise InvalidField(name, "true or false")
    return value
