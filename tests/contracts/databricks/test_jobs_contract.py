"""Jobs through databricks-sdk: what Data Factory, the command line and people rely on."""

import io
from typing import Any

import httpx
import pytest
from databricks.sdk import errors
from databricks.sdk.errors import InvalidParameterValue, ResourceDoesNotExist
from databricks.sdk.service import jobs

from emulators.databricks.runtime.runs import NotebookRunSpec, RunResult, RunSpec

FAILED = RunResult("FAILED", None, "NameError: name 'x' is not defined", "Traceback\nNameError", "hello\n", None)


def exits_with(value: str | None) -> Any:
    async def behaviour(_: NotebookRunSpec) -> RunResult:
        return RunResult("SUCCESS", value, None, None, "", None)

    return behaviour


async def fails(_: NotebookRunSpec) -> RunResult:
    return FAILED


def flat(**extra: Any) -> dict[str, Any]:
    """What Data Factory sends."""
    return {
        "run_name": "ADF_factory_pipeline_activity_0f0f0f0f-0000-0000-0000-000000000000",
        "existing_cluster_id": "1122-000000-drydock",
        "notebook_task": {"notebook_path": "/Shared/n", "base_parameters": {"a": "1"}},
        **extra,
    }


async def test_a_submitted_notebook_gets_its_parameters_and_gives_its_result(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = exits_with('{"status": "accepted"}')
    run_id = await workspace.submit(make_task(parameters={"file": "a b.csv"}), run_name="one")
    run = await workspace.ended(run_id)
    assert (run.state.life_cycle_state, run.state.result_state) == (
        jobs.RunLifeCycleState.TERMINATED,
        jobs.RunResultState.SUCCESS,
    )
    assert run.status.termination_details.code is jobs.TerminationCodeCode.SUCCESS
    assert run.run_type is jobs.RunType.SUBMIT_RUN
    assert run.tasks[0].cluster_instance.cluster_id == "1122-000000-drydock"
    output = await workspace.call(workspace.client.jobs.get_run_output, run.tasks[0].run_id)
    assert output.notebook_output.result == '{"status": "accepted"}'
    assert output.notebook_output.truncated is False
    assert output.metadata.run_id == run.tasks[0].run_id
    assert workspace.runner.specs[0].parameters == {"file": "a b.csv"}
    assert workspace.runner.specs[0].run_id == run.tasks[0].run_id


async def test_the_output_of_a_single_task_run_can_be_asked_by_the_runs_own_id(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = exits_with("done")
    run_id = await workspace.submit(make_task())
    await workspace.ended(run_id)
    assert (await workspace.call(workspace.client.jobs.get_run_output, run_id)).notebook_output.result == "done"


async def test_a_notebook_that_never_exits_with_a_value_has_no_result(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    run_id = await workspace.submit(make_task())
    await workspace.ended(run_id)
    raw = await workspace.call(
        workspace.client.api_client.do, "GET", "/api/2.2/jobs/runs/get-output", query={"run_id": run_id}
    )
    assert raw["notebook_output"] == {}
    assert "error" not in raw


async def test_a_result_over_five_megabytes_is_cut_and_flagged(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = exits_with("ä" * 3 * 1024 * 1024)
    run_id = await workspace.submit(make_task())
    await workspace.ended(run_id)
    output = (await workspace.call(workspace.client.jobs.get_run_output, run_id)).notebook_output
    assert output.truncated is True
    assert len(output.result.encode()) == 5 * 1024 * 1024


async def test_a_failed_task_shows_as_internal_error_at_run_level(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = fails
    run = await workspace.ended(await workspace.submit(make_task("prepare")))
    assert run.state.as_dict() == {
        "life_cycle_state": "INTERNAL_ERROR",
        "result_state": "FAILED",
        "state_message": "Task prepare failed with message: Workload failed, see run output for details.",
        "user_cancelled_or_timedout": False,
    }
    failed = run.tasks[0]
    assert failed.state.life_cycle_state is jobs.RunLifeCycleState.TERMINATED
    assert failed.status.termination_details.as_dict() == {
        "code": "RUN_EXECUTION_ERROR",
        "type": "CLIENT_ERROR",
        "message": "Workload failed, see run output for details",
    }
    output = await workspace.call(workspace.client.jobs.get_run_output, failed.run_id)
    assert (output.error, output.error_trace) == (FAILED.error, FAILED.error_trace)


@pytest.mark.parametrize("version", ["2.0", "2.1", "2.2"])
async def test_the_flat_form_ends_as_its_task_did(workspace: Any, version: str) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = fails
    api = workspace.client.api_client
    submitted = await workspace.call(api.do, "POST", f"/api/{version}/jobs/runs/submit", body=flat())
    run = await workspace.ended(submitted["run_id"])
    assert run.state.life_cycle_state is jobs.RunLifeCycleState.TERMINATED
    assert run.state.result_state is jobs.RunResultState.FAILED
    assert run.state.state_message == "Workload failed, see run output for details"
    output = await workspace.call(
        api.do, "GET", f"/api/{version}/jobs/runs/get-output", query={"run_id": submitted["run_id"]}
    )
    assert output["error"] == FAILED.error


async def test_tasks_run_in_the_order_of_their_dependencies(workspace: Any, make_task: Any) -> None:
    for path in ("/Shared/a", "/Shared/b", "/Shared/c"):
        await workspace.notebook(path)
    run_id = await workspace.submit(
        make_task("c", "/Shared/c", after=("b",)),
        make_task("b", "/Shared/b", after=("a",)),
        make_task("a", "/Shared/a"),
    )
    assert (await workspace.ended(run_id)).state.result_state is jobs.RunResultState.SUCCESS
    assert [spec.notebook_path for spec in workspace.runner.specs] == ["/Shared/a", "/Shared/b", "/Shared/c"]
    with pytest.raises(InvalidParameterValue, match="multiple tasks is not supported"):
        await workspace.call(workspace.client.jobs.get_run_output, run_id)


async def test_run_if_decides_after_a_failure(workspace: Any, make_task: Any) -> None:
    for path in ("/Shared/a", "/Shared/b"):
        await workspace.notebook(path)
    workspace.runner.behaviours["/Shared/a"] = fails
    run = await workspace.ended(
        await workspace.submit(
            make_task("a", "/Shared/a"),
            make_task("then", "/Shared/b", after=("a",)),
            make_task("always", "/Shared/b", after=("a",), run_if=jobs.RunIf.ALL_DONE),
            make_task("clean", "/Shared/b", after=("a",), run_if=jobs.RunIf.AT_LEAST_ONE_FAILED),
        )
    )
    results = {each.task_key: each.state.result_state.value for each in run.tasks}
    assert results == {"a": "FAILED", "then": "UPSTREAM_FAILED", "always": "SUCCESS", "clean": "SUCCESS"}
    assert run.state.result_state is jobs.RunResultState.FAILED


async def test_a_failed_inner_task_with_good_leaves_is_success_with_failures(workspace: Any, make_task: Any) -> None:
    for path in ("/Shared/a", "/Shared/b"):
        await workspace.notebook(path)
    workspace.runner.behaviours["/Shared/a"] = fails
    run = await workspace.ended(
        await workspace.submit(
            make_task("a", "/Shared/a"), make_task("b", "/Shared/b", after=("a",), run_if=jobs.RunIf.ALL_DONE)
        )
    )
    assert run.state.result_state is jobs.RunResultState.SUCCESS_WITH_FAILURES


async def test_task_values_and_references_reach_later_tasks(workspace: Any, make_task: Any) -> None:
    for path in ("/Shared/a", "/Shared/b"):
        await workspace.notebook(path)

    async def sets_value(_: NotebookRunSpec) -> RunResult:
        return RunResult("SUCCESS", None, None, None, "", None, {"rows": 12})

    workspace.runner.behaviours["/Shared/a"] = sets_value
    parameters = {"rows": "{{tasks.a.values.rows}}", "run": "{{job.run_id}}", "x": "{{unknown}}"}
    run_id = await workspace.submit(
        make_task("a", "/Shared/a"), make_task("b", "/Shared/b", after=("a",), parameters=parameters)
    )
    await workspace.ended(run_id)
    assert workspace.runner.specs[1].parameters == {"rows": "12", "run": str(run_id), "x": "{{unknown}}"}
    assert workspace.runner.specs[1].context.task_values == {"a": {"rows": 12}}


async def test_a_failed_task_is_retried_as_often_as_it_may(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = fails
    run = await workspace.ended(await workspace.submit(make_task(max_retries=2)))
    assert [each.attempt_number for each in run.tasks] == [0, 1, 2]
    assert len({each.run_id for each in run.tasks}) == 3


async def test_a_running_notebook_can_be_cancelled(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = workspace.runner.never_ends
    run_id = await workspace.submit(make_task())
    await workspace.reached(run_id, "RUNNING")
    await workspace.call(workspace.client.jobs.cancel_run, run_id)
    run = await workspace.ended(run_id)
    assert run.state.life_cycle_state is jobs.RunLifeCycleState.TERMINATED
    assert run.state.result_state is jobs.RunResultState.CANCELED
    assert run.state.user_cancelled_or_timedout is True
    assert run.status.termination_details.code is jobs.TerminationCodeCode.USER_CANCELED
    await workspace.call(workspace.client.jobs.cancel_run, run_id)  # once more is no error


async def test_more_notebooks_than_places_wait_and_can_be_cancelled_waiting(
    tmp_path: Any, runner: Any, serve_workspace: Any, make_task: Any
) -> None:
    async with serve_workspace(tmp_path, runner, max_concurrent_notebooks=1) as workspace:
        await workspace.notebook()
        runner.behaviours["/Shared/n"] = runner.never_ends
        first, second = await workspace.submit(make_task()), await workspace.submit(make_task())
        waiting = await workspace.reached(second, "QUEUED")
        assert waiting.status.queue_details.code is jobs.QueueDetailsCodeCode.ACTIVE_RUNS_LIMIT_REACHED
        await workspace.call(workspace.client.jobs.cancel_run, second)
        assert (await workspace.ended(second)).state.result_state is jobs.RunResultState.CANCELED
        third = await workspace.submit(make_task())
        await workspace.reached(third, "QUEUED")
        await workspace.call(workspace.client.jobs.cancel_run, first)
        await workspace.reached(third, "RUNNING")
        assert runner.most_active == 1


async def test_the_notebooks_time_limit_is_the_runtimes_and_ends_as_timedout(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()

    async def runs_into_limit(spec: NotebookRunSpec) -> RunResult:
        assert spec.timeout_seconds == 3
        return RunResult("TIMEDOUT", None, None, None, "", None)

    workspace.runner.behaviours["/Shared/n"] = runs_into_limit
    run = await workspace.ended(await workspace.submit(make_task(timeout_seconds=3)))
    assert run.state.life_cycle_state is jobs.RunLifeCycleState.TERMINATED
    assert run.state.result_state is jobs.RunResultState.TIMEDOUT


async def test_an_idempotency_token_stands_for_one_run(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    first = await workspace.submit(make_task(), idempotency_token="t")
    assert await workspace.submit(make_task(), idempotency_token="t") == first
    await workspace.ended(first)
    await workspace.call(workspace.client.jobs.delete_run, first)
    with pytest.raises(InvalidParameterValue, match="was deleted"):
        await workspace.submit(make_task(), idempotency_token="t")


async def test_a_path_that_is_no_notebook_fails_the_run_by_name(workspace: Any, make_task: Any) -> None:
    await workspace.call(workspace.client.workspace.upload, "/Shared/x.py", b"print(1)", format=_auto())
    run = await workspace.ended(await workspace.submit(make_task(path="/Shared/x")))
    assert 'Unable to access the notebook "/Shared/x"' in run.state.state_message
    assert run.tasks[0].state.life_cycle_state is jobs.RunLifeCycleState.INTERNAL_ERROR
    assert run.tasks[0].status.termination_details.code is jobs.TerminationCodeCode.RESOURCE_NOT_FOUND


async def test_a_library_that_is_not_there_fails_the_run_by_name(workspace: Any) -> None:
    await workspace.notebook()
    for library, good in (({"pypi": {"package": "pytest"}}, True), ({"whl": "dbfs:/x.whl"}, False)):
        submitted = await workspace.call(
            workspace.client.api_client.do, "POST", "/api/2.0/jobs/runs/submit", body=flat(libraries=[library])
        )
        run = await workspace.ended(submitted["run_id"])
        assert (run.state.result_state is jobs.RunResultState.SUCCESS) is good
        assert ("Library installation failed" in run.state.state_message) is not good


async def test_a_runtime_that_breaks_ends_the_run_and_says_so(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()

    async def breaks(_: NotebookRunSpec) -> RunResult:
        raise OSError("no Java")

    workspace.runner.behaviours["/Shared/n"] = breaks
    run = await workspace.ended(await workspace.submit(make_task()))
    assert run.state.life_cycle_state is jobs.RunLifeCycleState.INTERNAL_ERROR
    assert "no Java" in run.state.state_message


async def test_unknown_runs_and_jobs_are_told_as_databricks_does(workspace: Any) -> None:
    with pytest.raises(ResourceDoesNotExist, match="Run 5 does not exist"):
        await workspace.call(workspace.client.jobs.get_run, 5)
    with pytest.raises(ResourceDoesNotExist, match="Job 5 does not exist"):
        await workspace.call(workspace.client.jobs.get, 5)


async def test_what_is_not_supported_is_refused_by_name(workspace: Any) -> None:
    task = jobs.SubmitTask(task_key="q", sql_task=jobs.SqlTask(warehouse_id="w"), existing_cluster_id="x")
    with pytest.raises(errors.NotImplemented, match="does not run sql_task"):
        await workspace.submit(task)
    with pytest.raises(errors.NotImplemented, match="schedule"):
        await workspace.call(
            workspace.client.jobs.create,
            name="nightly",
            schedule=jobs.CronSchedule("0 0 0 * * ?", "UTC"),
            tasks=[jobs.Task(task_key="a", notebook_task=jobs.NotebookTask("/Shared/n"))],
        )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"existing_cluster_id": "nope"}, "Cluster nope does not exist"),
        ({"notebook_task": {"notebook_path": "relative"}}, "Only absolute paths"),
        ({"notebook_task": {}}, "settings.task.notebook_task.notebook_path"),
        ({"notebook_task": {"notebook_path": "/n", "base_parameters": {"a": None}}}, "base_parameters.a"),
        ({"existing_cluster_id": None}, "One of existing_cluster_id and new_cluster"),
        ({"timeout_seconds": -1}, "must not be negative"),
    ],
)
async def test_a_wrong_submission_is_refused(workspace: Any, change: dict[str, Any], words: str) -> None:
    with pytest.raises(Exception, match=words):
        await workspace.call(
            workspace.client.api_client.do, "POST", "/api/2.1/jobs/runs/submit", body={**flat(), **change}
        )


async def test_jobs_are_created_changed_run_and_deleted(workspace: Any) -> None:
    await workspace.notebook()
    api = workspace.client.jobs
    notebook = jobs.NotebookTask("/Shared/n", base_parameters={"a": "task", "b": "task", "c": "task"})
    created = await workspace.call(
        api.create,
        name="ingest",
        parameters=[jobs.JobParameterDefinition("a", "default")],
        tasks=[jobs.Task(task_key="only", notebook_task=notebook, existing_cluster_id="1122-000000-drydock")],
    )
    assert [each.job_id for each in await workspace.listed(api.list, name="INGEST")] == [created.job_id]
    run = await workspace.call(api.run_now, created.job_id, job_parameters={"a": "given"})
    assert (await workspace.ended(run.run_id)).run_type is jobs.RunType.JOB_RUN
    assert workspace.runner.specs[0].parameters == {"a": "given", "b": "task", "c": "task"}
    run = await workspace.call(api.run_now, created.job_id, notebook_params={"a": "given", "b": "given"})
    await workspace.ended(run.run_id)
    assert workspace.runner.specs[1].parameters == {"a": "default", "b": "given", "c": "task"}
    await workspace.call(api.update, created.job_id, new_settings=jobs.JobSettings(name="renamed"))
    assert (await workspace.call(api.get, created.job_id)).settings.name == "renamed"
    listed = await workspace.listed(api.list_runs, job_id=created.job_id)
    assert listed[0].run_id == run.run_id
    await workspace.call(api.delete, created.job_id)
    assert await workspace.listed(api.list) == []


async def test_a_job_with_a_python_file_takes_job_parameters_by_reference_and_python_params(workspace: Any) -> None:
    await workspace.call(workspace.client.dbfs.upload, "/jobs/load.py", io.BytesIO(b"print(1)"))
    api = workspace.client.jobs
    file = jobs.SparkPythonTask("dbfs:/jobs/load.py", ["--day", "{{job.parameters.day}}"], jobs.Source.WORKSPACE)
    created = await workspace.call(
        api.create,
        name="load",
        parameters=[jobs.JobParameterDefinition("day", "default")],
        tasks=[jobs.Task(task_key="only", spark_python_task=file, existing_cluster_id="1122-000000-drydock")],
    )
    kept = (await workspace.call(api.get, created.job_id)).settings.tasks[0].spark_python_task
    assert kept == file

    async def prints(_: RunSpec) -> RunResult:
        return RunResult("SUCCESS", None, None, None, "loaded\n", None)

    workspace.runner.behaviours["dbfs:/jobs/load.py"] = prints
    by_job = await workspace.call(api.run_now, created.job_id, job_parameters={"day": "monday"})
    run = await workspace.ended(by_job.run_id)
    assert run.tasks[0].spark_python_task == file
    assert run.tasks[0].resolved_values.spark_python_task.parameters == ["--day", "monday"]
    output = await workspace.call(api.get_run_output, run.tasks[0].run_id)
    assert (output.logs, output.logs_truncated, output.notebook_output) == ("loaded\n", False, None)
    by_hand = await workspace.call(api.run_now, created.job_id, python_params=["--all"])
    run = await workspace.ended(by_hand.run_id)
    assert run.overriding_parameters.python_params == ["--all"]
    assert [spec.parameters for spec in workspace.runner.specs] == [["--day", "monday"], ["--all"]]


async def test_a_python_file_that_is_not_there_fails_the_run_by_name(workspace: Any) -> None:
    task = jobs.SubmitTask(
        task_key="p", spark_python_task=jobs.SparkPythonTask("dbfs:/none.py"), existing_cluster_id="1122-000000-drydock"
    )
    run = await workspace.ended(await workspace.submit(task))
    assert "Cannot read the python file dbfs:/none.py" in run.state.state_message
    assert run.tasks[0].status.termination_details.code is jobs.TerminationCodeCode.RESOURCE_NOT_FOUND


async def test_a_repair_is_refused_by_name(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    run_id = await workspace.submit(make_task())
    await workspace.ended(run_id)
    with pytest.raises(errors.NotImplemented, match=r"POST /api/2\.2/jobs/runs/repair"):
        await workspace.call(workspace.client.jobs.repair_run, run_id, rerun_all_failed_tasks=True)


async def test_lists_come_in_pages_newest_first_and_by_filter(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    api = workspace.client.jobs
    tasks = [jobs.Task(task_key="only", notebook_task=jobs.NotebookTask("/Shared/n"))]
    made = [(await workspace.call(api.create, name=f"job {number}", tasks=tasks)).job_id for number in range(3)]
    assert [each.job_id for each in await workspace.listed(api.list, limit=1)] == made[::-1]
    runs = [(await workspace.call(api.run_now, made[0])).run_id]
    await workspace.ended(runs[0])
    runs += [await workspace.submit(make_task()) for _ in range(2)]
    for run_id in runs:
        await workspace.ended(run_id)
    assert [each.run_id for each in await workspace.listed(api.list_runs, limit=1)] == runs[::-1]
    assert [each.run_id for each in await workspace.listed(api.list_runs, job_id=made[0])] == runs[:1]
    submitted = await workspace.listed(api.list_runs, run_type=jobs.RunType.SUBMIT_RUN, completed_only=True)
    assert [each.run_id for each in submitted] == runs[:0:-1]
    assert await workspace.listed(api.list_runs, active_only=True) == []
    with pytest.raises(InvalidParameterValue, match="Invalid limit"):
        await workspace.listed(api.list_runs, limit=1000)


async def test_more_than_a_hundred_attempts_come_in_pages(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = fails
    run = await workspace.ended(await workspace.submit(make_task(max_retries=120)))
    assert [each.attempt_number for each in run.tasks] == list(range(121))


async def test_a_flat_job_is_shown_flat_by_the_oldest_api(workspace: Any) -> None:
    api = workspace.client.api_client
    notebook = {"notebook_path": "/Shared/n"}
    body = {"name": "old", "existing_cluster_id": "1122-000000-drydock", "notebook_task": notebook}
    created = await workspace.call(api.do, "POST", "/api/2.0/jobs/create", body=body)
    flat_form = await workspace.call(api.do, "GET", "/api/2.0/jobs/get", query=created)
    assert flat_form["settings"]["notebook_task"]["notebook_path"] == "/Shared/n"
    assert "tasks" not in flat_form["settings"]
    job = await workspace.call(workspace.client.jobs.get, created["job_id"])
    assert job.settings.tasks[0].notebook_task.notebook_path == "/Shared/n"


async def test_a_job_runs_no_more_often_at_once_than_it_may(workspace: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = workspace.runner.never_ends
    api = workspace.client.jobs
    tasks = [jobs.Task(task_key="only", notebook_task=jobs.NotebookTask("/Shared/n"))]
    strict = await workspace.call(api.create, name="strict", tasks=tasks)
    queued = await workspace.call(api.create, name="queued", tasks=tasks, queue=jobs.QueueSettings(enabled=True))
    for job, expected in ((strict.job_id, "SKIPPED"), (queued.job_id, "QUEUED")):
        first = (await workspace.call(api.run_now, job)).run_id
        second = (await workspace.call(api.run_now, job)).run_id
        assert (await workspace.reached(second, expected)).run_id == second
        await workspace.reached(first, "RUNNING")
        await workspace.call(api.cancel_run, first)
        await workspace.ended(first)
    assert (await workspace.reached(second, "RUNNING")).run_id == second
    await workspace.call(api.cancel_all_runs, job_id=queued.job_id)
    assert (await workspace.ended(second)).state.result_state is jobs.RunResultState.CANCELED


async def test_a_notebooks_child_run_takes_no_place_and_ends_with_its_parent(
    tmp_path: Any, runner: Any, serve_workspace: Any, make_task: Any
) -> None:
    async with serve_workspace(tmp_path, runner, max_concurrent_notebooks=1) as workspace:
        for path in ("/Shared/parent", "/Shared/child"):
            await workspace.notebook(path)
        children: list[int] = []

        async def starts_child(spec: NotebookRunSpec) -> RunResult:
            body = flat(run_type="WORKFLOW_RUN", notebook_task={"notebook_path": "/Shared/child"})
            async with httpx.AsyncClient(headers={"Authorization": f"Bearer {spec.context.token}"}) as http:
                answer = await http.post(f"{spec.context.host}/api/2.1/jobs/runs/submit", json=body)
            children.append(answer.json()["run_id"])
            return await runner.never_ends(spec)

        runner.behaviours |= {"/Shared/parent": starts_child, "/Shared/child": runner.never_ends}
        parent = await workspace.submit(make_task(path="/Shared/parent"))
        await workspace.reached(parent, "RUNNING")
        await workspace.until(lambda: bool(children))
        child = await workspace.reached(children[0], "RUNNING")
        assert child.run_type is jobs.RunType.WORKFLOW_RUN
        await workspace.call(workspace.client.jobs.cancel_run, parent)
        assert (await workspace.ended(children[0])).state.result_state is jobs.RunResultState.CANCELED


async def test_runs_that_a_kill_left_active_are_ended_by_name_and_state_survives(
    tmp_path: Any, runner: Any, serve_workspace: Any, make_task: Any
) -> None:
    async with serve_workspace(tmp_path, runner) as before:
        await before.notebook()
        done = await before.submit(make_task())
        await before.ended(done)
        runner.behaviours["/Shared/n"] = runner.never_ends
        active = await before.submit(make_task())
        await before.reached(active, "RUNNING")
        copy = tmp_path / "killed"
        copy.mkdir()
        for file in tmp_path.glob("state.sqlite*"):  # what a kill at this moment leaves on disk
            (copy / file.name).write_bytes(file.read_bytes())
    async with serve_workspace(copy, runner) as after:
        run = await after.ended(active)
        assert run.state.life_cycle_state is jobs.RunLifeCycleState.INTERNAL_ERROR
        assert "local cloud was stopped while this run was active" in run.state.state_message
        assert run.status.state is jobs.RunLifecycleStateV2State.TERMINATED
        assert (await after.ended(done)).state.result_state is jobs.RunResultState.SUCCESS
        assert (await after.call(after.client.workspace.get_status, "/Shared/n")).object_type.value == "NOTEBOOK"


async def test_the_run_page_opens_by_its_address_alone_and_escapes(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()

    async def nasty(_: NotebookRunSpec) -> RunResult:
        return RunResult("FAILED", None, "<script>alert(1)</script>", "\x1b[31mred\x1b[0m", "<b>log</b>", None)

    workspace.runner.behaviours["/Shared/n"] = nasty
    run = await workspace.ended(await workspace.submit(make_task(parameters={"p": "<i>"}), run_name="<u>"))
    assert f"#job/{run.job_id}/run/{run.run_id}" in run.run_page_url
    async with httpx.AsyncClient() as http:
        page = await http.get(run.run_page_url)
        assert page.status_code == 200
        assert "&lt;script&gt;alert(1)" in page.text
        assert "<script" not in page.text
        assert "<b>log" not in page.text
        assert "<i>" not in page.text
        assert "\x1b" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
        other = run.run_page_url.replace("signature=", "signature=0")
        assert (await http.get(other)).status_code == 403
        assert (await http.get(workspace.settings.address + "/")).status_code == 403


def _auto() -> Any:
    from databricks.sdk.service.workspace import ImportFormat

    return ImportFormat.AUTO
