"""The kinds of task that run here, one check of settings each, in one table. Another kind is refused by name."""

from collections.abc import Callable, Mapping
from typing import Any

from emulators.databricks.arguments import Arguments
from emulators.databricks.errors import InvalidParameterValue, NotSupported
from emulators.databricks.runtime.python_location import WrongLocation, locate
from emulators.databricks.runtime.unsupported import UnsupportedError

NOTEBOOK, PYTHON = "notebook_task", "spark_python_task"

_SOURCES = ("", "WORKSPACE")


def task_kind(task: Mapping[str, Any]) -> str:
    """The name of the field that says what a task does. Raises InvalidParameterValue, NotSupported."""
    kinds = [name for name, value in task.items() if name.endswith("_task") and value is not None]
    if len(kinds) != 1:
        raise InvalidParameterValue(
            f"Task '{task.get('task_key')}' must have exactly one task definition such as notebook_task; "
            f"it has {', '.join(sorted(kinds)) or 'none'}."
        )
    if kinds[0] not in KINDS:
        raise NotSupported(
            f"The databricks emulator does not run {kinds[0]} (task '{task.get('task_key')}'); it runs "
            f"{', '.join(KINDS)}. To support it add its kind to emulators/databricks/jobs and to the runtime."
        )
    return kinds[0]


def checked(given: Arguments, key: str) -> dict[str, Any]:
    """The definition of the task `key` with the server's defaults, under the name of its kind.

    Raises InvalidParameterValue, MalformedRequest, NotSupported.
    """
    kind = task_kind(given.values)
    return {kind: KINDS[kind](Arguments(given.mapping(kind)), key)}


def _notebook_task(given: Arguments, key: str) -> dict[str, Any]:
    path = given.text("notebook_path")
    if not path:
        raise InvalidParameterValue(f"Missing required field: settings.task.notebook_task.notebook_path (task '{key}')")
    _require_source(given, "notebooks")
    if not path.startswith("/"):
        raise InvalidParameterValue(
            f"Invalid notebook_path: {path}. Only absolute paths are currently supported. Paths must begin with '/'."
        )
    return {**given.values, "base_parameters": given.texts("base_parameters"), "source": "WORKSPACE"}


def _spark_python_task(given: Arguments, key: str) -> dict[str, Any]:
    file = given.text("python_file")
    if not file:
        raise InvalidParameterValue(
            f"Missing required field: settings.task.spark_python_task.python_file (task '{key}')"
        )
    _require_source(given, "Python files")
    try:
        locate(file)
    except WrongLocation as error:
        raise InvalidParameterValue(f"Invalid python_file (task '{key}'): {error}") from error
    except UnsupportedError as error:
        raise NotSupported(f"The databricks emulator cannot run task '{key}': {error}") from error
    return {**given.values, "parameters": given.text_list("parameters"), "source": "WORKSPACE"}


def _require_source(given: Arguments, what: str) -> None:
    source = given.text("source")
    if source == "GIT":
        raise NotSupported(f"The databricks emulator does not run {what} from Git: import them into the workspace.")
    if source not in _SOURCES:
        raise InvalidParameterValue(f"Unknown source '{source}': use WORKSPACE or GIT.")


KINDS: Mapping[str, Callable[[Arguments, str], dict[str, Any]]] = {
    NOTEBOOK: _notebook_task,
    PYTHON: _spark_python_task,
}
"""Name of the task's field → check of its settings."""
