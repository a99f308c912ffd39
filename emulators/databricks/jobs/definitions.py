"""What a client may ask of Jobs: checking job settings and submissions, and bringing both old and new forms to one.

Inside there is only the tasks[] form. The flat form of API 2.0, which Data Factory sends, becomes one task and the
format SINGLE_TASK. What this emulator cannot do is refused here, by name, before anything runs.
"""

import re
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from emulators.databricks.arguments import Arguments
from emulators.databricks.clusters.libraries import require_libraries
from emulators.databricks.clusters.specification import require_supported
from emulators.databricks.errors import InvalidParameterValue, MalformedRequest, NotSupported
from emulators.databricks.jobs.conditions import RUN_IF
from emulators.databricks.jobs.task_kinds import checked

Settings = dict[str, Any]
Task = dict[str, Any]

MAX_TASKS = 100
SINGLE_TASK, MULTI_TASK = "SINGLE_TASK", "MULTI_TASK"
_FLAT_KEY = "main"
_TASK_KEY = re.compile(r"[\w-]{1,100}")
_REFUSED_SETTINGS = {
    "git_source": "code runs from the workspace: import it there",
    "trigger": "jobs run when they are told to: call jobs/run-now",
    "continuous": "jobs run when they are told to: call jobs/run-now",
}
_FLAT_FIELDS = (
    "existing_cluster_id",
    "new_cluster",
    "libraries",
    "max_retries",
    "min_retry_interval_millis",
    "retry_on_timeout",
)


def normalised(settings: Mapping[str, Any]) -> Settings:
    """Job settings in the tasks[] form with the server's defaults.

    Raises InvalidParameterValue, MalformedRequest, or NotSupported naming what to do instead.
    """
    _refuse_unsupported(settings)
    given = Arguments(settings)
    _require_types(given)
    if given.integer("timeout_seconds") < 0:
        raise InvalidParameterValue("timeout_seconds must not be negative; 0 means no limit.")
    flat = "tasks" not in given
    tasks = [_flat_task(settings)] if flat else given.items("tasks")
    clusters = _job_clusters(given)
    result = {
        **{name: value for name, value in given.values.items() if not _belongs_to_task(name, flat)},
        "format": SINGLE_TASK if flat else MULTI_TASK,
        "timeout_seconds": given.integer("timeout_seconds"),
        "max_concurrent_runs": given.integer("max_concurrent_runs", 1),
        "email_notifications": given.mapping("email_notifications"),
        "tasks": [_task(task, clusters) for task in tasks],
    }
    _require_graph(result["tasks"])
    return result


def flattened(settings: Settings) -> Settings:
    """Settings of a SINGLE_TASK job as API 2.0 shows them: the task's fields at the top."""
    task = settings["tasks"][0]
    own = {name: value for name, value in settings.items() if name != "tasks"}
    return {**{name: value for name, value in task.items() if _belongs_to_task(name, True)}, **own}


def _require_types(given: Arguments) -> None:
    """What is kept now and read later must have its type now. Raises MalformedRequest, InvalidParameterValue."""
    for name in ("name", "run_name"):
        given.text(name)
    given.mapping("queue")
    if given.integer("max_concurrent_runs", 1) < 0:
        raise InvalidParameterValue("max_concurrent_runs must not be negative.")
    for parameter in given.items("parameters"):
        entry = Arguments(parameter if isinstance(parameter, dict) else {})
        entry.required_text("name")
        if "default" not in entry:
            raise InvalidParameterValue(f"The job parameter '{entry.text('name')}' needs a default.")
        entry.text("default")


def _belongs_to_task(name: str, flat: bool) -> bool:
    return flat and (name.endswith("_task") or name in _FLAT_FIELDS)


def _refuse_unsupported(settings: Mapping[str, Any]) -> None:
    for field, instead in _REFUSED_SETTINGS.items():
        if settings.get(field):
            raise NotSupported(f"The databricks emulator does not support '{field}' in a job: {instead}.")
    schedule = settings.get("schedule")
    if isinstance(schedule, dict) and schedule.get("pause_status", "UNPAUSED") != "PAUSED":
        raise NotSupported(
            "The databricks emulator does not start jobs by schedule: give the schedule pause_status PAUSED and call "
            "jobs/run-now, or add schedules to emulators/databricks/jobs."
        )


def _flat_task(settings: Mapping[str, Any]) -> Task:
    fields = {name: value for name, value in settings.items() if value is not None and _belongs_to_task(name, True)}
    if not any(name.endswith("_task") for name in fields):
        raise InvalidParameterValue("The run needs tasks, or one task definition such as notebook_task.")
    if not fields.get("existing_cluster_id") and not fields.get("new_cluster"):
        raise InvalidParameterValue("One of existing_cluster_id and new_cluster must be specified.")
    return {"task_key": _FLAT_KEY, **fields}


def _job_clusters(given: Arguments) -> dict[str, Any]:
    clusters: dict[str, Any] = {}
    for cluster in given.items("job_clusters"):
        entry = Arguments(cluster if isinstance(cluster, dict) else {})
        key = entry.required_text("job_cluster_key")
        clusters[key] = entry.mapping("new_cluster")
        require_supported(clusters[key])
    return clusters


def _task(task: object, job_clusters: Mapping[str, Any]) -> Task:
    if not isinstance(task, dict):
        raise MalformedRequest("Could not parse request object: every entry of 'tasks' must be an object.")
    given = Arguments(task)
    key = given.required_text("task_key")
    if not _TASK_KEY.fullmatch(key):
        raise InvalidParameterValue(f"Task key '{key}' must be 1 to 100 letters, digits, dashes and underscores.")
    definition = checked(given, key)
    _require_compute(given, job_clusters)
    require_libraries(given.items("libraries"))
    return {
        **given.values,
        "run_if": _run_if(given),
        "depends_on": _dependencies(given),
        **definition,
        "timeout_seconds": _at_least(given, "timeout_seconds", 0),
        "max_retries": _at_least(given, "max_retries", -1),
        "min_retry_interval_millis": _at_least(given, "min_retry_interval_millis", 0),
        "retry_on_timeout": given.flag("retry_on_timeout"),
    }


def _require_compute(given: Arguments, job_clusters: Mapping[str, Any]) -> None:
    for name in ("existing_cluster_id", "environment_key"):
        given.text(name)
    named = [name for name in ("existing_cluster_id", "new_cluster", "job_cluster_key") if given.values.get(name)]
    if len(named) > 1:
        raise InvalidParameterValue(f"Only one of {', '.join(named)} may be specified for a task.")
    require_supported(given.mapping("new_cluster"))
    key = given.text("job_cluster_key")
    if key and key not in job_clusters:
        raise InvalidParameterValue(f"Job cluster '{key}' is not defined in field 'job_clusters'.")


def _run_if(given: Arguments) -> str:
    value = given.text("run_if", "ALL_SUCCESS")
    if value not in RUN_IF:
        raise InvalidParameterValue(f"Unknown run_if '{value}': use {', '.join(RUN_IF)}.")
    return value


def _dependencies(given: Arguments) -> list[dict[str, str]]:
    dependencies: list[dict[str, str]] = []
    for dependency in given.items("depends_on"):
        if not isinstance(dependency, dict) or not isinstance(dependency.get("task_key"), str):
            raise InvalidParameterValue("Every entry of depends_on needs a task_key.")
        if dependency.get("outcome"):
            raise NotSupported(
                "The databricks emulator has no condition_task, so 'outcome' in depends_on means nothing."
            )
        dependencies.append({"task_key": dependency["task_key"]})
    return dependencies


def _at_least(given: Arguments, name: str, least: int) -> int:
    value = given.integer(name)
    if value < least:
        raise InvalidParameterValue(f"{name} must be at least {least}, not {value}.")
    return value


def _require_graph(tasks: list[Task]) -> None:
    keys = [task["task_key"] for task in tasks]
    if not 1 <= len(keys) <= MAX_TASKS:
        raise InvalidParameterValue(f"A job has 1 to {MAX_TASKS} tasks, not {len(keys)}.")
    if len(set(keys)) != len(keys):
        raise InvalidParameterValue("Task keys must be unique within a job.")
    graph = {task["task_key"]: [each["task_key"] for each in task["depends_on"]] for task in tasks}
    for key, dependencies in graph.items():
        for missing in set(dependencies) - set(keys):
            raise InvalidParameterValue(f"Task '{key}' depends on '{missing}', which is not a task of this job.")
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise InvalidParameterValue(
            f"The tasks depend on each other in a circle: {' -> '.join(error.args[1])}."
        ) from error
