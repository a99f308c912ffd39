"""Runs as the Jobs API shows them: Run, RunTask and RunOutput, in the shapes of 2.0, 2.1 and 2.2."""

from collections.abc import Callable
from typing import Any

from emulators.databricks.jobs.definitions import SINGLE_TASK
from emulators.databricks.jobs.records import Attempt, Output, Run
from emulators.databricks.jobs.states import state_v1, status_v2
from emulators.databricks.jobs.task_kinds import KINDS, NOTEBOOK, PYTHON
from emulators.databricks.settings import DatabricksSettings

Shown = dict[str, Any]
PageAddress = Callable[[Run], str]

PAGE_OF_TASKS = 100
_TASK_FIELDS = (
    "description",
    "run_if",
    *KINDS,
    "existing_cluster_id",
    "new_cluster",
    "job_cluster_key",
    "environment_key",
    "libraries",
    "depends_on",
    "timeout_seconds",
    "max_retries",
    "min_retry_interval_millis",
    "retry_on_timeout",
    "email_notifications",
)


class RunView:
    """Renders runs. `page_url` gives the address of a run's page for people."""

    def __init__(self, settings: DatabricksSettings, page_url: PageAddress) -> None:
        self._settings = settings
        self._page_url = page_url

    def run(self, run: Run, *, tasks: bool = True) -> Shown:
        """A Run without paging of its tasks; without `tasks` it is the short form that lists give."""
        first = run.attempts[0]
        shown: Shown = {
            "job_id": run.job_id,
            "run_id": run.run_id,
            "job_run_id": run.run_id,
            "number_in_job": run.number_in_job or run.run_id,
            "original_attempt_run_id": run.run_id,
            "attempt_number": 0,
            "run_name": run.name,
            "run_type": run.run_type,
            "run_page_url": self._page_url(run),
            "creator_user_name": run.creator,
            "trigger": run.trigger,
            "format": run.settings["format"],
            "start_time": run.start_time,
            "end_time": run.end_time,
            "state": state_v1(run.state),
            "status": status_v2(run.state),
            **self._durations(run),
        }
        if overriding := {name: value for name, value in run.parameters.items() if name != "job_parameters"}:
            shown["overriding_parameters"] = overriding
        if job_parameters := run.job_parameters():
            shown["job_parameters"] = job_parameters
        if run.single:
            shown["task"] = {first.kind: first.definition}
            shown["cluster_spec"] = _cluster_specification(first)
        if run.single and first.work_time:
            shown["cluster_instance"] = self._cluster_instance(first)
        if tasks:
            shown["tasks"] = [self.task(run, attempt) for attempt in run.attempts]
        return shown

    def task(self, run: Run, attempt: Attempt) -> Shown:
        """A RunTask: one attempt."""
        shown: Shown = {
            "run_id": attempt.run_id,
            "task_key": attempt.task_key,
            **{name: attempt.task[name] for name in _TASK_FIELDS if attempt.task.get(name)},
            "run_page_url": self._page_url(run),
            "attempt_number": attempt.number,
            "start_time": attempt.start_time,
            "end_time": attempt.end_time,
            "setup_duration": _span(attempt.start_time, attempt.work_time),
            "execution_duration": _span(attempt.work_time, attempt.end_time),
            "cleanup_duration": 0,
            "state": state_v1(attempt.state),
            "status": status_v2(attempt.state),
        }
        if attempt.original_run_id:
            shown["original_attempt_run_id"] = attempt.original_run_id
        if attempt.work_time and not attempt.task.get("environment_key"):
            shown["cluster_instance"] = self._cluster_instance(attempt)
        if attempt.resolved:
            name = "base_parameters" if attempt.kind == NOTEBOOK else "parameters"
            shown["resolved_values"] = {attempt.kind: {name: attempt.resolved}}
        return shown

    def output(self, run: Run, attempt: Attempt, output: Output | None) -> Shown:
        """A RunOutput.

        A notebook that never called exit has an empty `notebook_output`. A Python file has none; it has `logs`, which
        a notebook has not (documented).
        """
        shown: Shown = {"metadata": self._metadata(run, attempt)}
        if attempt.kind == NOTEBOOK:
            shown["notebook_output"] = {}
        if output is None:
            if attempt.state.ending and attempt.state.ending.result == "FAILED":
                shown["error"] = attempt.state.message
            return shown
        if output.result is not None:
            shown["notebook_output"] = {"result": output.result, "truncated": output.truncated}
        if attempt.kind == PYTHON:
            shown |= {"logs": output.logs, "logs_truncated": output.logs_truncated}
        if output.error is not None:
            shown["error"] = output.error
        if output.error_trace is not None:
            shown["error_trace"] = output.error_trace
        return shown

    def _metadata(self, run: Run, attempt: Attempt) -> Shown:
        """The task's run in the form of a Run, as get-output's metadata has it."""
        return {
            **self.run(run, tasks=False),
            **self.task(run, attempt),
            "job_run_id": run.run_id,
            "format": SINGLE_TASK,
            "task": {attempt.kind: attempt.definition},
            "cluster_spec": _cluster_specification(attempt),
        }

    def _durations(self, run: Run) -> Shown:
        latest = run.attempts[-1]
        if run.single or len(run.attempts) == 1:
            setup, work = _span(run.start_time, latest.work_time), _span(latest.work_time, latest.end_time)
        else:
            setup, work = 0, 0
        return {
            "setup_duration": setup,
            "execution_duration": work,
            "cleanup_duration": 0,
            "run_duration": _span(run.start_time, run.end_time),
            "queue_duration": 0,
        }

    def _cluster_instance(self, attempt: Attempt) -> Shown:
        cluster_id = attempt.task.get("existing_cluster_id") or self._settings.cluster_id
        return {"cluster_id": cluster_id, "spark_context_id": str(attempt.run_id)}


def first_page(shown: Shown, token: str) -> Shown:
    """The run with at most 100 tasks, from where `token` says, and the token of the rest (Jobs 2.2)."""
    start = int(token) if token.isdigit() else 0
    tasks = shown["tasks"]
    page = {**shown, "tasks": tasks[start : start + PAGE_OF_TASKS]}
    if start + PAGE_OF_TASKS < len(tasks):
        page["next_page_token"] = str(start + PAGE_OF_TASKS)
    return page


def _cluster_specification(attempt: Attempt) -> Shown:
    fields = ("existing_cluster_id", "new_cluster", "libraries")
    return {name: attempt.task[name] for name in fields if attempt.task.get(name)}


def _span(start: int, end: int) -> int:
    return end - start if start and end else 0
