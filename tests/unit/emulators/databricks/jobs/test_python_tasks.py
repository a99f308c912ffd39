"""Python files as tasks: what may be asked for, what reaches the file, and what is told of it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from emulators.databricks.errors import DatabricksError, InvalidParameterValue, NotSupported
from emulators.databricks.identity.tokens import Principal
from emulators.databricks.jobs.definitions import flattened, normalised
from emulators.databricks.jobs.page import run_page
from emulators.databricks.jobs.records import MAX_RESULT, Run, last, run_from_document, run_to_document
from emulators.databricks.jobs.states import LifeCycle
from emulators.databricks.runtime.runs import PythonRunSpec, RunResult, RunSpec

ME = Principal("me")


def task(file: str = "dbfs:/x.py", *parameters: str, key: str = "t", **extra: Any) -> dict[str, Any]:
    definition = {"python_file": file, "parameters": list(parameters)}
    return {"task_key": key, "spark_python_task": definition, "existing_cluster_id": "local", **extra}


def python(**definition: Any) -> dict[str, Any]:
    return {"tasks": [{"task_key": "t", "spark_python_task": definition}]}


def job_with(bench: Any, *tasks: dict[str, Any], **settings: Any) -> int:
    created: int = bench.service.jobs.catalogue.create({"tasks": list(tasks), **settings}, "me")
    return created


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({}, r"settings\.task\.spark_python_task\.python_file \(task 't'\)"),
        ({"python_file": 5}, "python_file' must be a string"),
        ({"python_file": "x.py"}, r"Invalid python_file \(task 't'\): x.py is relative"),
        ({"python_file": "/dbfs/x.py"}, "write dbfs:/x.py"),
        ({"python_file": "dbfs:/x.py", "parameters": "a"}, "parameters' must be an array"),
        ({"python_file": "dbfs:/x.py", "parameters": ["a", 1]}, r"parameters\[1\]' must be a string, not a number"),
        ({"python_file": "dbfs:/x.py", "source": "HERE"}, "Unknown source 'HERE'"),
    ],
)
def test_wrong_definitions_are_refused_with_their_place(definition: dict[str, Any], words: str) -> None:
    with pytest.raises(DatabricksError, match=words):
        normalised(python(**definition))


@pytest.mark.parametrize(
    ("definition", "words"),
    [
        ({"python_file": "x.py", "source": "GIT"}, "does not run Python files from Git"),
        ({"python_file": "s3://b/x.py"}, "s3://b/x.py"),
    ],
)
def test_unsupported_definitions_are_refused_by_name(definition: dict[str, Any], words: str) -> None:
    with pytest.raises(NotSupported, match=words):
        normalised(python(**definition))


def test_the_flat_form_holds_a_python_file_too() -> None:
    settings = normalised({"existing_cluster_id": "c", "spark_python_task": {"python_file": "dbfs:/x.py"}})
    expected = {"python_file": "dbfs:/x.py", "parameters": [], "source": "WORKSPACE"}
    assert settings["tasks"][0]["spark_python_task"] == expected
    assert "notebook_task" not in settings["tasks"][0]
    assert flattened(settings)["spark_python_task"] == expected


async def test_parameters_reach_the_file_in_order_with_references_filled_in(bench: Any) -> None:
    file = bench.file("dbfs:/x.py")
    job = job_with(
        bench,
        task(file, "--day", "{{job.parameters.day}}", "", "{{job.run_id}}/{{task.name}}", "{{task.notebook_path}}"),
        parameters=[{"name": "day", "default": "none"}, {"name": "other", "default": "x"}],
    )
    given = {"job_id": job, "job_parameters": {"day": "of run {{job.run_id}}"}}
    run = await bench.end(bench.service.jobs.run_now(given, ME))
    (spec,) = bench.runner.specs
    assert isinstance(spec, PythonRunSpec)
    assert spec.python_file == file
    # job parameters are not pushed down to a list of arguments: `other` reaches nobody (documented)
    assert spec.parameters == ["--day", f"of run {run.run_id}", "", f"{run.run_id}/t", "{{task.notebook_path}}"]
    shown = bench.service.view.run(run)
    assert shown["tasks"][0]["resolved_values"] == {"spark_python_task": {"parameters": spec.parameters}}
    assert "overriding_parameters" not in shown
    assert run_from_document(run_to_document(run)) == run


async def test_python_params_replace_the_parameters_of_python_tasks_only(bench: Any) -> None:
    file, notebook = bench.file("dbfs:/x.py"), {"notebook_path": "/Shared/n", "base_parameters": {"a": "task"}}
    job = job_with(bench, task(file, "of", "task"), {"task_key": "n", "notebook_task": notebook})
    given = {"job_id": job, "python_params": ["{{job.id}}"], "notebook_params": {"a": "given"}}
    run = await bench.end(bench.service.jobs.run_now(given, ME))
    parameters = [spec.parameters for spec in bench.runner.specs]
    assert [str(job)] in parameters
    assert {"a": "given"} in parameters
    assert bench.service.view.run(run)["overriding_parameters"] == {
        "python_params": ["{{job.id}}"],
        "notebook_params": {"a": "given"},
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"python_params": ["a"], "job_parameters": {"b": "c"}}, "job_parameters and python_params cannot both"),
        ({"python_params": ["ä"]}, r"python_params\[0\] holds characters beyond ASCII"),
        ({"python_params": ["x" * 9979]}, "cannot exceed 10000 bytes; it has 10001"),
        ({"python_params": {"a": "b"}}, "python_params' must be an array"),
        ({"python_params": [1]}, r"python_params\[0\]' must be a string"),
        ({"notebook_params": {"a": "b"}}, "The job has no notebook_task that notebook_params would reach"),
        ({"jar_params": ["a"]}, "no task that 'jar_params' would reach"),
    ],
)
async def test_wrong_parameters_of_run_now_are_refused(bench: Any, given: dict[str, Any], words: str) -> None:
    job = job_with(bench, task(bench.file("dbfs:/x.py")))
    with pytest.raises(DatabricksError, match=words):
        bench.service.jobs.run_now({"job_id": job, **given}, ME)


async def test_as_many_bytes_as_documented_are_taken(bench: Any) -> None:
    job = job_with(bench, task(bench.file("dbfs:/x.py")))
    await bench.end(bench.service.jobs.run_now({"job_id": job, "python_params": ["x" * 9978]}, ME))
    assert bench.runner.specs[0].parameters == ["x" * 9978]


async def test_python_params_for_a_job_of_notebooks_reach_nobody_and_are_refused(bench: Any) -> None:
    job = job_with(bench, {"task_key": "n", "notebook_task": {"notebook_path": "/Shared/n"}})
    with pytest.raises(InvalidParameterValue, match="no spark_python_task that python_params"):
        bench.service.jobs.run_now({"job_id": job, "python_params": ["a"]}, ME)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("/Shared/none.py", "Either it does not exist"),
        ("/Workspace/Shared/n.py", "There is a notebook of that name: use notebook_task"),
        ("/Shared/n", "There is a notebook of that name: use notebook_task"),
        ("/Shared", "Either it does not exist"),
        ("dbfs:/none.py", "No file or directory exists on path dbfs:/none.py"),
        ("dbfs:/", "It is a directory"),
        ("/Volumes/c/s/v/none.py", "/Volumes/c/s/v/none.py"),
    ],
)
async def test_a_file_that_is_not_there_fails_the_run_by_name(bench: Any, file: str, words: str) -> None:
    run = await bench.end(bench.submit(task(file)))
    ending = run.attempts[0].state.ending
    assert (ending.life_cycle, ending.code) == (LifeCycle.INTERNAL_ERROR, "RESOURCE_NOT_FOUND")
    assert f"Cannot read the python file {file}." in ending.message
    assert words in ending.message
    assert bench.runner.specs == []


@pytest.mark.parametrize("file", ["/Shared/a.py", "/Workspace/Shared/a.py", "dbfs:/a.py", "/Volumes/c/s/v/a.py"])
async def test_a_file_is_found_wherever_it_lies(bench: Any, file: str) -> None:
    bench.file(file.replace("/Volumes", "dbfs:/Volumes"))
    assert (await bench.end(bench.submit(task(file)))).state.ending.result == "SUCCESS"


async def test_a_library_that_is_not_there_fails_the_run_before_the_file_is_looked_for(bench: Any) -> None:
    run = await bench.end(bench.submit(task("dbfs:/none.py", libraries=[{"pypi": {"package": "no-such-package"}}])))
    assert "Library installation failed" in run.state.message


def ends(result: RunResult) -> Any:
    async def behaviour(_: RunSpec) -> RunResult:
        return result

    return behaviour


async def output_of(bench: Any, run: Run) -> dict[str, Any]:
    shown: dict[str, Any] = bench.service.view.output(*bench.service.jobs.output(run.run_id))
    return shown


async def test_the_output_is_logs_and_no_notebook_output(bench: Any) -> None:
    file = bench.file("dbfs:/x.py")
    bench.runner.behaviours[file] = ends(RunResult("FAILED", None, "ValueError: x", "trace", "hello\n", None))
    output = await output_of(bench, await bench.end(bench.submit(task(file))))
    assert "notebook_output" not in output
    assert output["metadata"]["task"] == {
        "spark_python_task": {"python_file": file, "parameters": [], "source": "WORKSPACE"}
    }
    assert {name: output[name] for name in ("logs", "logs_truncated", "error", "error_trace")} == {
        "logs": "hello\n",
        "logs_truncated": False,
        "error": "ValueError: x",
        "error_trace": "trace",
    }


async def test_a_notebooks_output_has_no_logs(bench: Any) -> None:
    bench.runner.behaviours["/Shared/n"] = ends(RunResult("SUCCESS", None, None, None, "hello\n", None))
    notebook = {"task_key": "n", "notebook_task": {"notebook_path": "/Shared/n"}}
    output = await output_of(bench, await bench.end(bench.submit(notebook)))
    assert "logs" not in output
    assert output["notebook_output"] == {}


async def test_of_logs_over_five_megabytes_the_end_is_given(bench: Any) -> None:
    file = bench.file("dbfs:/x.py")
    logs = "first" + "x" * MAX_RESULT + "last"
    bench.runner.behaviours[file] = ends(RunResult("SUCCESS", None, None, None, logs, None))
    output = await output_of(bench, await bench.end(bench.submit(task(file))))
    assert output["logs_truncated"] is True
    assert output["logs"] == logs[-MAX_RESULT:]


def test_the_end_of_a_text_never_begins_within_a_character() -> None:
    assert last("äa", 2) == ("a", True)
    assert last("äa", 3) == ("äa", False)


async def test_a_cancelled_file_and_one_out_of_time_end_as_notebooks_do(bench: Any) -> None:
    file = bench.file("dbfs:/x.py")
    bench.runner.scripts[file] = ["TIMEDOUT"]
    limited = await bench.end(bench.submit(task(file, timeout_seconds=5)))
    assert (limited.state.ending.result, bench.runner.specs[0].timeout_seconds) == ("TIMEDOUT", 5)
    bench.runner.behaviours[file] = bench.runner.until_cancelled
    running = bench.submit(task(file))
    await bench.until(lambda: running.state.life_cycle is LifeCycle.RUNNING)
    bench.service.jobs.cancel(running.run_id)
    assert (await bench.end(running)).state.ending.result == "CANCELED"


async def test_a_cancel_while_a_mount_does_not_answer_ends_at_once(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = asyncio.Event()

    async def silent(_: str) -> None:
        asked.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(bench.service.dbfs, "status", silent)
    run = bench.submit(task("dbfs:/mnt/lake/x.py"))
    await asyncio.wait_for(asked.wait(), 5)
    bench.service.jobs.cancel(run.run_id)
    assert (await bench.end(run)).state.ending.result == "CANCELED"
    assert bench.runner.specs == []


async def test_the_page_names_file_arguments_and_logs(bench: Any) -> None:
    file = bench.file("dbfs:/<x>.py")
    bench.runner.behaviours[file] = ends(RunResult("SUCCESS", None, None, None, "<b>hello", None))
    run = await bench.end(bench.submit(task(file, "--day", "", "<i>")))
    output = bench.service.jobs.registry.output(run.attempts[0])
    page = run_page(run, {run.attempts[0].run_id: output})
    assert "<th>Python file</th><td>dbfs:/&lt;x&gt;.py</td>" in page
    assert "<th>sys.argv[1]</th><td><code>--day</code></td>" in page
    assert "<th>sys.argv[2]</th><td><code></code></td>" in page
    assert "<th>sys.argv[3]</th><td><code>&lt;i&gt;</code></td>" in page
    assert "<h3>Logs</h3><pre>&lt;b&gt;hello</pre>" in page
    assert "Notebook" not in page
    assert "Logs, their end" in run_page(run, {run.attempts[0].run_id: replace(output, logs_truncated=True)})
