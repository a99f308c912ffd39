"""The pure rules of jobs: run_if, run results, state forms, definitions, parameters."""

from dataclasses import replace
from typing import Any

import pytest

from emulators.databricks.errors import DatabricksError, InvalidParameterValue, NotSupported
from emulators.databricks.jobs import states
from emulators.databricks.jobs.conditions import obstacle, run_ending
from emulators.databricks.jobs.definitions import normalised
from emulators.databricks.jobs.parameters import substituted
from emulators.databricks.jobs.records import Attempt, Run, cut, run_from_document, run_to_document
from emulators.databricks.jobs.states import LifeCycle, State, require_transition

GOOD, BAD, STOPPED = states.SUCCEEDED, states.WORKLOAD_FAILED, states.CANCELED


@pytest.mark.parametrize(
    ("run_if", "upstream", "expected"),
    [
        ("ALL_SUCCESS", [GOOD, GOOD], None),
        ("ALL_SUCCESS", [GOOD, BAD], "UPSTREAM_FAILED"),
        ("ALL_SUCCESS", [GOOD, STOPPED], "UPSTREAM_CANCELED"),
        ("ALL_SUCCESS", [GOOD, states.EXCLUDED], None),
        ("ALL_SUCCESS", [states.UPSTREAM_FAILED], "UPSTREAM_FAILED"),
        ("ALL_DONE", [BAD, STOPPED], None),
        ("NONE_FAILED", [GOOD, STOPPED], None),
        ("NONE_FAILED", [GOOD, BAD], "UPSTREAM_FAILED"),
        ("AT_LEAST_ONE_SUCCESS", [GOOD, BAD], None),
        ("AT_LEAST_ONE_SUCCESS", [BAD, BAD], "UPSTREAM_FAILED"),
        ("ALL_FAILED", [BAD, BAD], None),
        ("ALL_FAILED", [BAD, GOOD], "EXCLUDED"),
        ("AT_LEAST_ONE_FAILED", [GOOD, BAD], None),
        ("AT_LEAST_ONE_FAILED", [GOOD], "EXCLUDED"),
        ("ALL_FAILED", [], None),
    ],
)
def test_run_if(run_if: str, upstream: list[states.Ending], expected: str | None) -> None:
    found = obstacle(run_if, upstream)
    assert (found.result if found else None) == expected


def test_the_first_cause_is_named_at_run_level() -> None:
    tasks = {"a": BAD, "b": states.UPSTREAM_FAILED}
    ending = run_ending(tasks, {"a": [], "b": ["a"]}, single=False)
    assert (ending.life_cycle, ending.result) == (LifeCycle.INTERNAL_ERROR, "FAILED")
    assert ending.message == "Task a failed with message: Workload failed, see run output for details."


def test_a_run_may_not_leave_its_ending() -> None:
    with pytest.raises(states.ImpossibleTransition):
        require_transition(LifeCycle.TERMINATED, LifeCycle.RUNNING)
    with pytest.raises(states.ImpossibleTransition):
        require_transition(LifeCycle.RUNNING, LifeCycle.PENDING)


@pytest.mark.parametrize("ending", [GOOD, BAD, STOPPED, states.TOO_MANY_RUNS, states.CLOUD_STOPPED])
def test_v2_knows_one_terminal_state(ending: states.Ending) -> None:
    state = states.ended(ending)
    assert states.status_v2(state)["state"] == "TERMINATED"
    assert states.state_v1(state)["life_cycle_state"] == ending.life_cycle
    assert states.status_v2(state)["termination_details"]["message"] == states.state_v1(state)["state_message"]


def test_waiting_states_in_both_forms() -> None:
    retry = State(LifeCycle.WAITING_FOR_RETRY)
    assert (states.state_v1(retry)["life_cycle_state"], states.status_v2(retry)["state"]) == (
        "WAITING_FOR_RETRY",
        "WAITING",
    )
    queued = states.queued("MAX_CONCURRENT_RUNS_REACHED")
    assert states.status_v2(queued)["queue_details"]["code"] == "MAX_CONCURRENT_RUNS_REACHED"
    assert "result_state" not in states.state_v1(queued)


def flat(**changes: Any) -> dict[str, Any]:
    return {"existing_cluster_id": "c", "notebook_task": {"notebook_path": "/n"}, **changes}


def test_the_flat_form_becomes_one_task() -> None:
    settings = normalised(flat(run_name="r", libraries=[{"pypi": {"package": "x"}}], max_retries=2))
    assert settings["format"] == "SINGLE_TASK"
    assert "notebook_task" not in settings
    only = settings["tasks"][0]
    assert only["notebook_task"]["base_parameters"] == {}
    assert (only["max_retries"], only["libraries"]) == (2, [{"pypi": {"package": "x"}}])


def tasks(*each: dict[str, Any]) -> dict[str, Any]:
    return {"tasks": [{"notebook_task": {"notebook_path": "/n"}, **task} for task in each]}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "needs tasks"),
        ({"tasks": []}, "1 to 100 tasks"),
        ({"tasks": ["x"]}, "must be an object"),
        (tasks({}), "task_key"),
        (tasks({"task_key": "a b"}), "letters, digits"),
        (tasks({"task_key": "a"}, {"task_key": "a"}), "unique"),
        (tasks({"task_key": "a", "depends_on": [{"task_key": "z"}]}), "is not a task of this job"),
        (tasks({"task_key": "a", "depends_on": [{"task_key": "a"}]}), "in a circle: a -> a"),
        (tasks({"task_key": "a", "run_if": "SOMETIMES"}), "Unknown run_if"),
        (tasks({"task_key": "a", "max_retries": -2}), "at least -1"),
        (tasks({"task_key": "a", "spark_jar_task": {"main_class_name": "x"}}), "exactly one task definition"),
        (tasks({"task_key": "a", "job_cluster_key": "k"}), "not defined in field 'job_clusters'"),
        (
            tasks({"task_key": "a", "new_cluster": {}, "existing_cluster_id": "c"} | {"new_cluster": {"x": 1}}),
            "Only one of",
        ),
        (tasks({"task_key": "a", "libraries": [{"pypi": {"package": "p"}, "jar": "j"}]}), "exactly one of"),
        (flat(notebook_task={"notebook_path": "/n", "base_parameters": {"a": 1}}), "must be a string, not a number"),
    ],
)
def test_wrong_definitions_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(DatabricksError, match=words):
        normalised(settings)


@pytest.mark.parametrize(
    "settings",
    [
        {"tasks": [{"task_key": "a", "dbt_task": {}}]},
        flat(git_source={"git_url": "x"}),
        flat(continuous={"pause_status": "UNPAUSED"}),
        flat(schedule={"quartz_cron_expression": "x"}),
        flat(notebook_task={"notebook_path": "n", "source": "GIT"}),
        flat(existing_cluster_id=None, new_cluster={"docker_image": {"url": "x"}}),
    ],
)
def test_unsupported_definitions_are_refused_by_name(settings: dict[str, Any]) -> None:
    with pytest.raises(NotSupported, match="databricks emulator"):
        normalised(settings)


def test_a_paused_schedule_promises_nothing_and_is_kept() -> None:
    assert normalised(flat(schedule={"pause_status": "PAUSED"}))["schedule"] == {"pause_status": "PAUSED"}


def test_references_that_nobody_knows_stay() -> None:
    answer = {"job.id": "7"}.get
    assert substituted("a {{job.id}} {{ job.id }} {{x.y}} {{", answer) == "a 7 7 {{x.y}} {{"


def test_a_cut_never_splits_a_character() -> None:
    assert cut("aä", 2) == ("a", True)
    assert cut("aä", 3) == ("aä", False)


def test_a_run_survives_its_document() -> None:
    settings = normalised(flat())
    attempt = Attempt(2, settings["tasks"][0], states.ended(BAD), resolved={"a": "b"})
    run = Run(1, 3, "SUBMIT_RUN", "me", settings, states.queued("MAX_CONCURRENT_RUNS_REACHED"), 5, attempts=[attempt])
    assert run_from_document(run_to_document(run)) == run
    assert replace(run, end_time=1) != run


def test_an_invalid_parameter_is_an_error_of_the_service() -> None:
    assert (InvalidParameterValue("x").status, InvalidParameterValue("x").code) == (400, "INVALID_PARAMETER_VALUE")
