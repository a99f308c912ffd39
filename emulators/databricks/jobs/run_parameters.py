"""The parameters that jobs/run-now takes: which may stand beside which, and how large they may be."""

import json
from collections.abc import Sequence
from typing import Any

from emulators.databricks.arguments import Arguments
from emulators.databricks.errors import InvalidParameterValue
from emulators.databricks.jobs.task_kinds import NOTEBOOK, PYTHON, task_kind

_LIMIT = 10_000
"""Bytes of JSON, `{"python_params":["john doe","35"]}` and its kin (documented)."""


def run_parameters(given: Arguments, tasks: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Those given, by the field of the request. `tasks` are those of the job.

    Raises MalformedRequest, and InvalidParameterValue for too many bytes, for job parameters beside parameters of
    tasks, for characters beyond ASCII in python_params (documented), and for parameters that no task of the job takes.
    """
    taken: dict[str, Any] = {
        "job_parameters": given.texts("job_parameters"),
        "notebook_params": given.texts("notebook_params"),
        "python_params": given.text_list("python_params"),
    }
    parameters = {name: value for name, value in taken.items() if value}
    of_tasks = {"notebook_params": NOTEBOOK, "python_params": PYTHON}
    for name, kind in of_tasks.items():
        if name in parameters:
            _require_size(name, parameters[name])
            _require_taker(name, kind, tasks)
            if "job_parameters" in parameters:
                raise InvalidParameterValue(f"job_parameters and {name} cannot both be given.")
    for number, value in enumerate(parameters.get("python_params", [])):
        if not value.isascii():
            raise InvalidParameterValue(f"python_params[{number}] holds characters beyond ASCII: {value!r}.")
    return parameters


def _require_size(name: str, value: object) -> None:
    size = len(json.dumps({name: value}, ensure_ascii=False, separators=(",", ":")).encode())
    if size > _LIMIT:
        raise InvalidParameterValue(f"The JSON representation of {name} cannot exceed {_LIMIT} bytes; it has {size}.")


def _require_taker(name: str, kind: str, tasks: Sequence[dict[str, Any]]) -> None:
    """What reaches nobody is a mistake of the caller (assumed: the real service may take it in silence)."""
    if not any(task_kind(task) == kind for task in tasks):
        raise InvalidParameterValue(f"The job has no {kind} that {name} would reach.")
