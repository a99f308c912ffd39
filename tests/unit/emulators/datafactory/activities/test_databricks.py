"""The Databricks activities: what they send, what they make of the answers."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity

API = "http://databricks.test/api/2.1/jobs"
PAGE = "http://databricks.test/?o=1#job/5/run/7"


def run_of(life_cycle: str, result: str | None = None, message: str = "") -> dict[str, Any]:
    state = {"life_cycle_state": life_cycle, "state_message": message}
    if result:
        state["result_state"] = result
    return {"run_id": 7, "run_page_url": PAGE, "state": state, "tasks": [{"task_key": "Do_it", "run_id": 8}]}


def answers(network: Any, *runs: dict[str, Any], output: Any = None) -> None:
    network.on("POST", f"{API}/runs/submit", {"run_id": 7})
    network.on("GET", f"{API}/runs/get", list(runs))
    network.on("GET", f"{API}/runs/get-output", output if output is not None else {"notebook_output": {}})
    network.on("POST", f"{API}/runs/cancel", {})


def sent(network: Any, path: str) -> Any:
    found = next(request for request in network.requests if request.url.path.endswith(path))
    return json.loads(found.content)


async def test_a_notebook_is_submitted_watched_and_its_exit_value_given_as_object(network, services, activity):
    answers(
        network,
        run_of("PENDING"),
        run_of("RUNNING"),
        run_of("TERMINATED", "SUCCESS"),
        output={"notebook_output": {"result": '{"status": "accepted", "rows": 3}', "truncated": False}},
    )
    notebook = activity(
        "DatabricksNotebook", "databricks", notebookPath="/Shared/prepare", baseParameters={"file": "a.csv", "n": 5}
    )
    output = await run_activity(notebook, services)

    assert output["runOutput"] == {"status": "accepted", "rows": 3}
    assert output["runPageUrl"] == PAGE
    assert output["billingReference"]["activityType"] == "ExternalActivity"
    assert output["durationInQueue"] == {"integrationRuntimeQueue": 0}
    submission = sent(network, "submit")
    assert submission["run_name"] == "ADF_factory_pipeline_Do it_11111111-0000-4000-8000-000000000001"
    assert submission["tasks"] == [
        {
            "task_key": "Do_it",
            "existing_cluster_id": "0101-000000-abc",
            "notebook_task": {
                "notebook_path": "/Shared/prepare",
                "source": "WORKSPACE",
                "base_parameters": {"file": "a.csv", "n": "5"},
            },
        }
    ]
    assert network.requests[0].headers["authorization"] == "Bearer dapi-secret"
    assert network.requests[-1].url.params["run_id"] == "8", "the output is that of the task"


async def test_a_notebook_without_exit_has_no_run_output(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"))
    output = await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert "runOutput" not in output


@pytest.mark.parametrize("text", ["dbfs:/x", "[1]", "3", '"a"', ""])
async def test_an_exit_value_that_is_no_json_object_stays_text(network, services, activity, text):
    answers(network, run_of("TERMINATED", "SUCCESS"), output={"notebook_output": {"result": text}})
    output = await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert output["runOutput"] == text


async def test_a_failed_notebook_fails_with_3204_its_error_and_the_page(network, services, activity):
    message = "Task Do_it failed with message: Workload failed, see run output for details."
    answers(
        network,
        run_of("INTERNAL_ERROR", "FAILED", message),
        output={"notebook_output": {}, "error": "ValueError: no column 'target'"},
    )
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert failure.value.code == "3204"
    assert failure.value.message == (
        "Databricks execution failed with error state: InternalError, error message: Task Do_it failed with message: "
        "Workload failed, see run output for details. ValueError: no column 'target'. "
        f"For more details please check the run page url: {PAGE}."
    )
    assert failure.value.output["runError"] == "ValueError: no column 'target'"


async def test_a_failure_without_reason_is_told_by_its_state(network, services, activity):
    answers(network, run_of("TERMINATED", "FAILED"))
    with pytest.raises(ActivityFailed, match=r"error state Terminated\. For more details"):
        await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)


async def test_stopping_the_activity_cancels_the_run(network, services, activity):
    started = asyncio.Event()

    def running(request: httpx.Request) -> httpx.Response:
        started.set()
        return httpx.Response(200, json=run_of("RUNNING"))

    answers(network)
    network.on("GET", f"{API}/runs/get", running)
    task = asyncio.create_task(run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sent(network, "cancel") == {"run_id": 7}


async def test_a_workspace_that_does_not_answer_is_named_after_bounded_repetition(network, services, activity):
    network.on("POST", f"{API}/runs/submit", httpx.ConnectError("connection refused"))
    with pytest.raises(
        ActivityFailed, match=r"http://databricks\.test/api/2\.1/jobs/runs/submit does not answer"
    ) as failure:
        await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert failure.value.code == "3208"
    assert len(network.requests) == 3


async def test_a_workspace_that_comes_back_is_not_noticed(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"))
    network.on("POST", f"{API}/runs/submit", [httpx.ConnectError("refused"), httpx.Response(503), {"run_id": 7}])
    assert await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)


@pytest.mark.parametrize(("status", "code"), [(403, "3200"), (400, "3201"), (429, "3202"), (500, "3208")])
async def test_refusals_have_the_documented_codes(network, services, activity, status, code):
    refusal = httpx.Response(status, json={"error_code": "NOPE", "message": "because"})
    network.on("POST", f"{API}/runs/submit", refusal)
    with pytest.raises(ActivityFailed, match="NOPE: because") as failure:
        await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert failure.value.code == code


async def test_a_managed_identity_and_a_new_cluster(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"))
    await run_activity(activity("DatabricksNotebook", "databricks_msi", notebookPath="/n"), services)
    assert network.requests[0].headers["authorization"] == "Bearer token for 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"
    assert sent(network, "submit")["tasks"][0]["new_cluster"] == {
        "spark_version": "17.3.x-scala2.13",
        "node_type_id": "Standard_DS3_v2",
        "autoscale": {"min_workers": 2, "max_workers": 8},
    }


async def test_a_token_from_the_vault(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"))
    network.on("GET", "https://vault.test/secrets/databricks-token", {"value": "from the vault"})
    await run_activity(activity("DatabricksNotebook", "databricks_vault", notebookPath="/n"), services)
    assert network.requests[0].headers["authorization"] == "Bearer token for https://vault.azure.net"
    assert network.requests[1].headers["authorization"] == "Bearer from the vault"


async def test_parameters_of_the_linked_service_are_used(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"))
    await run_activity(
        activity("DatabricksNotebook", "databricks", linked_with={"cluster": "other"}, notebookPath="/n"), services
    )
    assert sent(network, "submit")["tasks"][0]["existing_cluster_id"] == "other"


@pytest.mark.parametrize(
    ("properties", "code"), [({}, "3201"), ({"notebookPath": "/n", "baseParameters": {"a": None}}, "3202")]
)
async def test_wrong_properties_are_refused_before_anything_is_sent(network, services, activity, properties, code):
    with pytest.raises(ActivityFailed) as failure:
        await run_activity(activity("DatabricksNotebook", "databricks", **properties), services)
    assert failure.value.code == code
    assert not network.requests


async def test_a_missing_linked_service_is_named(services, activity):
    with pytest.raises(ActivityFailed, match="'nowhere' that activity 'Do it' refers to does not exist"):
        await run_activity(activity("DatabricksNotebook", "nowhere", notebookPath="/n"), services)


async def test_a_python_file(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"), output={"logs": "hello"})
    library = {"pypi": {"package": "tensorflow"}}
    output = await run_activity(
        activity(
            "DatabricksSparkPython",
            "databricks",
            pythonFile="dbfs:/x.py",
            parameters=["a", 1, True],
            libraries=[library],
        ),
        services,
    )
    assert output["runPageUrl"] == PAGE
    assert "runOutput" not in output
    assert sent(network, "submit")["tasks"] == [
        {
            "task_key": "Do_it",
            "existing_cluster_id": "0101-000000-abc",
            "spark_python_task": {"python_file": "dbfs:/x.py", "parameters": ["a", "1", "true"]},
            "libraries": [library],
        }
    ]


@pytest.mark.parametrize(
    ("properties", "code", "words"),
    [
        ({}, "3201", r"settings\.task\.spark_python_task\.python_file"),
        ({"pythonFile": 5}, "3201", r"settings\.task\.spark_python_task\.python_file"),
        ({"pythonFile": "dbfs:/x.py", "parameters": ["a", None]}, "3202", "argument 2 in 'parameters' is null"),
    ],
)
async def test_a_wrong_python_activity_is_refused_before_anything_is_sent(
    network, services, activity, properties, code, words
):
    with pytest.raises(ActivityFailed, match=words) as failure:
        await run_activity(activity("DatabricksSparkPython", "databricks", **properties), services)
    assert failure.value.code == code
    assert not network.requests


async def test_a_job(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"), output={"notebook_output": {"result": "done"}})
    network.on("POST", f"{API}/run-now", {"run_id": 7})
    output = await run_activity(activity("DatabricksJob", "databricks", jobId="42", jobParameters={"a": "b"}), services)
    assert output["runOutput"] == "done"
    assert sent(network, "run-now")["job_parameters"] == {"a": "b"}


async def test_the_error_of_a_job_is_that_of_the_task_that_failed(network, services, activity):
    def state(result: str) -> dict[str, Any]:
        return {"life_cycle_state": "TERMINATED", "result_state": result}

    run = run_of("INTERNAL_ERROR", "FAILED", "Task a failed with message: Workload failed")
    run["tasks"] = [{"run_id": 8, "state": state("FAILED")}, {"run_id": 9, "state": state("UPSTREAM_FAILED")}]
    answers(network, run, output={"error": "ValueError: no rows"})
    network.on("POST", f"{API}/run-now", {"run_id": 7})
    with pytest.raises(ActivityFailed, match=r"Task a failed .* ValueError: no rows"):
        await run_activity(activity("DatabricksJob", "databricks", jobId="42"), services)
    assert network.requests[-1].url.params["run_id"] == "8"


@pytest.mark.parametrize(
    ("properties", "code", "words"),
    [
        ({"jobId": "load"}, "3201", "'jobId' must be the number of a job, not 'load'"),
        ({"jobId": "4", "jobParameters": {"a": None}}, "3202", "parameter 'a' in 'jobParameters' is null"),
    ],
)
async def test_a_wrong_job_activity_is_refused_before_anything_is_sent(
    network, services, activity, properties, code, words
):
    with pytest.raises(ActivityFailed, match=words) as failure:
        await run_activity(activity("DatabricksJob", "databricks", **properties), services)
    assert failure.value.code == code
    assert not network.requests


async def test_an_output_over_4_mb_fails(network, services, activity):
    answers(network, run_of("TERMINATED", "SUCCESS"), output={"notebook_output": {"result": "x" * (4 * 2**20)}})
    with pytest.raises(ActivityFailed, match="over limit") as failure:
        await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert failure.value.code == "2001"


async def test_a_workspace_that_hangs_does_not_hold_up_the_stop(network, services, activity, monkeypatch):
    monkeypatch.setattr("emulators.datafactory.activities.calls.LAST_WORD", 0.01)
    started = asyncio.Event()

    def running(request: httpx.Request) -> httpx.Response:
        started.set()
        return httpx.Response(200, json=run_of("RUNNING"))

    async def hanging(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError("nothing wakes this")

    answers(network)
    network.on("GET", f"{API}/runs/get", running)
    network.on("POST", f"{API}/runs/cancel", hanging)
    task = asyncio.create_task(run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, timeout=2)


async def test_a_run_whose_submission_was_under_way_is_cancelled_too(network, services, activity):
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def slowly(request: httpx.Request) -> httpx.Response:
        asked.set()
        await may_answer.wait()
        return httpx.Response(200, json={"run_id": 7})

    answers(network)
    network.on("POST", f"{API}/runs/submit", slowly)
    task = asyncio.create_task(run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services))
    await asked.wait()
    task.cancel()
    await asyncio.sleep(0)
    may_answer.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sent(network, "cancel") == {"run_id": 7}


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>log in</html>"), httpx.Response(200, json=[1])])
async def test_a_page_of_a_proxy_is_no_answer(network, services, activity, answer):
    network.on("POST", f"{API}/runs/submit", answer)
    with pytest.raises(ActivityFailed, match="not a JSON object") as failure:
        await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert failure.value.code == "3208"


async def test_a_run_that_never_began_fails_with_its_state(network, services, activity):
    answers(network, run_of("INTERNAL_ERROR", "FAILED", "Cluster c does not exist"))
    network.on("GET", f"{API}/runs/get-output", httpx.Response(400, json={"error_code": "X", "message": "no output"}))
    with pytest.raises(ActivityFailed, match="Cluster c does not exist") as failure:
        await run_activity(activity("DatabricksNotebook", "databricks", notebookPath="/n"), services)
    assert failure.value.code == "3204"
