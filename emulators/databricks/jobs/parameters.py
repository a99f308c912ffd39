"""The parameters a task gets: who wins where several give one, and what `{{…}}` stands for.

Precedence for a notebook (documented): job parameter, then run-now's notebook_params, then the task's base_parameters;
the widget's default in the notebook comes last. For a Python file (documented): run-now's python_params replace the
task's parameters, and a job parameter reaches it only by `{{job.parameters.<name>}}`. A reference that nothing answers
stays as it is written.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from emulators.databricks.jobs.records import Attempt, Run
from emulators.databricks.jobs.task_kinds import NOTEBOOK, PYTHON

_REFERENCE = re.compile(r"\{\{\s*([\w.\-]+)\s*\}\}")

TaskValues = Mapping[str, Mapping[str, Any]]


def task_parameters(run: Run, attempt: Attempt, values: TaskValues) -> dict[str, str] | list[str]:
    """What the widgets of a notebook hold, or the command line of a Python file.

    `values` are the task values of ended tasks.
    """
    answer = _answers(run, attempt, values)
    if attempt.kind == PYTHON:
        arguments: list[str] = run.parameters.get("python_params") or attempt.definition.get("parameters", [])
        return [substituted(text, answer) for text in arguments]
    base: dict[str, str] = attempt.definition.get("base_parameters", {})
    given: dict[str, str] = run.parameters.get("notebook_params", {})
    of_job = {each["name"]: each["value"] for each in run.job_parameters()}
    return {name: substituted(text, answer) for name, text in {**base, **given, **of_job}.items()}


def substituted(text: str, answer: Callable[[str], str | None]) -> str:
    """The text with every reference that `answer` knows filled in."""

    def replacement(match: re.Match[str]) -> str:
        known = answer(match.group(1))
        return match.group(0) if known is None else known

    return _REFERENCE.sub(replacement, text)


def _answers(run: Run, attempt: Attempt, values: TaskValues) -> Callable[[str], str | None]:
    fixed = _fixed(run, attempt)
    ended = {key: each.state.ending.result for key, each in run.latest().items() if each.state.ending}
    of_job = {each["name"]: each["value"] for each in run.job_parameters()}

    def answer(reference: str) -> str | None:
        if reference in fixed:
            return fixed[reference]
        if reference.startswith("job.parameters."):
            value = of_job.get(reference.removeprefix("job.parameters."))
            return None if value is None else substituted(value, fixed.get)
        if reference.startswith("tasks."):
            return _of_task(reference.split(".", 3), values, ended)
        return None

    return answer


def _fixed(run: Run, attempt: Attempt) -> dict[str, str]:
    started = datetime.fromtimestamp(run.start_time / 1000, UTC)
    of_notebook = {"task.notebook_path": attempt.definition["notebook_path"]} if attempt.kind == NOTEBOOK else {}
    return {
        **of_notebook,
        "job.id": str(run.job_id),
        "job.run_id": str(run.run_id),
        "job.name": run.name,
        "job.start_time.iso_date": f"{started:%Y-%m-%d}",
        "job.start_time.iso_datetime": f"{started:%Y-%m-%dT%H:%M:%SZ}",
        "job.start_time.timestamp_ms": str(run.start_time),
        "job.trigger.type": run.trigger.lower(),
        "task.name": attempt.task_key,
        "task.run_id": str(attempt.run_id),
        "task.execution_count": str(attempt.number + 1),
        # the older names, still documented as supported
        "job_id": str(run.job_id),
        "run_id": str(attempt.run_id),
        "parent_run_id": str(run.run_id),
        "task_key": attempt.task_key,
        "start_date": f"{started:%Y-%m-%d}",
        "start_time": str(run.start_time),
        "task_retry_count": str(attempt.number),
    }


def _of_task(parts: list[str], values: TaskValues, ended: Mapping[str, str]) -> str | None:
    """`tasks.<key>.values.<name>` or `tasks.<key>.result_state`."""
    if len(parts) == 3 and parts[2] == "result_state":
        result = ended.get(parts[1])
        return result.lower() if result else None
    if len(parts) == 4 and parts[2] == "values":
        value = values.get(parts[1], {}).get(parts[3])
        return value if value is None or isinstance(value, str) else json.dumps(value)
    return None
