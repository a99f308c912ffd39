"""The unit-test API: a test of each kind that pipeline authors write, and how the API answers mistakes."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory import Factory
from emulators.datafactory.testing import (
    NEVER,
    Answer,
    ExpressionError,
    Failure,
    MissingStub,
    RunRefused,
    UnknownStub,
)

pytest_plugins = ["pytester"]


def after(*names: str, condition: str = "Succeeded") -> list[dict[str, Any]]:
    return [{"activity": name, "dependencyConditions": [condition]} for name in names]


BATCH = {
    "name": "batch job",
    "properties": {
        "parameters": {
            "JobId": {"type": "String"},
            "Files": {"type": "Array", "defaultValue": ["a.csv", "b.csv"]},
        },
        "variables": {"JobName": {"type": "String", "defaultValue": "Job-123"}, "Names": {"type": "Array"}},
        "activities": [
            {
                "name": "Set job name",
                "type": "SetVariable",
                "typeProperties": {"variableName": "JobName", "value": "@concat('Job-', pipeline().parameters.JobId)"},
            },
            {
                "name": "Start job",
                "type": "WebActivity",
                "dependsOn": after("Set job name"),
                "policy": {"timeout": "0.01:00:00", "retry": 1, "retryIntervalInSeconds": 60},
                "userProperties": [{"name": "job", "value": "@variables('JobName')"}],
                "typeProperties": {
                    "method": "POST",
                    "url": "@concat(pipeline().globalParameters.BaseUrl, '/jobs')",
                    "body": {"id": "@variables('JobName')", "priority": 5},
                },
            },
            {
                "name": "For each file",
                "type": "ForEach",
                "dependsOn": after("Start job"),
                "typeProperties": {
                    "items": {"value": "@pipeline().parameters.Files", "type": "Expression"},
                    "isSequential": True,
                    "activities": [
                        {
                            "name": "Run notebook",
                            "type": "DatabricksNotebook",
                            "linkedServiceName": {"referenceName": "databricks", "type": "LinkedServiceReference"},
                            "typeProperties": {"notebookPath": "/n", "baseParameters": {"file": "@item()"}},
                        },
                        {
                            "name": "Remember",
                            "type": "AppendVariable",
                            "dependsOn": after("Run notebook"),
                            "typeProperties": {
                                "variableName": "Names",
                                "value": "@activity('Run notebook').output.runOutput",
                            },
                        },
                    ],
                },
            },
            {
                "name": "Tell failure",
                "type": "WebActivity",
                "dependsOn": after("For each file", condition="Failed"),
                "typeProperties": {
                    "method": "POST",
                    "url": "https://alerts.test",
                    "body": "@activity('For each file').error.message",
                },
            },
            {
                "name": "Return",
                "type": "SetVariable",
                "dependsOn": after("For each file"),
                "typeProperties": {
                    "variableName": "pipelineReturnValue",
                    "setSystemVariable": True,
                    "value": [{"key": "names", "value": {"type": "Expression", "content": "@variables('Names')"}}],
                },
            },
        ],
    },
}
PARENT = {
    "name": "parent",
    "properties": {
        "activities": [
            {
                "name": "Call",
                "type": "ExecutePipeline",
                "typeProperties": {
                    "pipeline": {"referenceName": "batch job", "type": "PipelineReference"},
                    "parameters": {"JobId": "7"},
                    "waitOnCompletion": True,
                },
            }
        ]
    },
}
FACTORY = {
    "name": "tested",
    "type": "Microsoft.DataFactory/factories",
    "properties": {"globalParameters": {"BaseUrl": {"type": "string", "value": "https://dev.test"}}},
}
WORKING = {
    "Start job": {"id": 1},
    "DatabricksNotebook": lambda activity: {"runOutput": activity.type_properties["baseParameters"]["file"].upper()},
}


@pytest.fixture(scope="module")
def tested() -> Factory:
    return Factory.load(resources=[FACTORY, BATCH, PARENT])


# One activity alone


def test_one_activity_evaluated_in_a_given_state(tested: Factory) -> None:
    evaluated = tested.evaluate("batch job", "Start job", parameters={"JobId": "1"}, variables={"JobName": "Job-9"})
    assert evaluated["typeProperties"] == {
        "method": "POST",
        "url": "https://dev.test/jobs",
        "body": {"id": "Job-9", "priority": 5},
    }


def test_one_activity_evaluated_after_another(tested: Factory) -> None:
    outputs = {"Run notebook": {"runOutput": "done"}}
    evaluated = tested.evaluate("batch job", "Remember", parameters={"JobId": "1"}, activities=outputs)
    assert evaluated["typeProperties"]["value"] == "done"


def test_one_activity_evaluated_for_an_item(tested: Factory) -> None:
    evaluated = tested.evaluate("batch job", "Run notebook", parameters={"JobId": "1"}, item="x.csv")
    assert evaluated["typeProperties"]["baseParameters"] == {"file": "x.csv"}
    assert evaluated["linkedServiceName"]["referenceName"] == "databricks"


def test_one_activity_evaluated_after_a_failure(tested: Factory) -> None:
    evaluated = tested.evaluate(
        "batch job", "Tell failure", parameters={"JobId": "1"}, activities={"For each file": Failure("broken")}
    )
    assert evaluated["typeProperties"]["body"] == "broken"


def test_a_state_that_lacks_what_the_activity_reads(tested: Factory) -> None:
    with pytest.raises(ExpressionError):
        tested.evaluate("batch job", "Remember", parameters={"JobId": "1"})


# A whole pipeline


def test_a_pipeline_runs_to_its_end(tested: Factory) -> None:
    run = tested.run("batch job", parameters={"JobId": "42"}, stubs=WORKING)
    assert run.status == "Succeeded"
    assert run.error is None
    assert run.return_value == {"names": ["A.CSV", "B.CSV"]}
    assert run.variables == {"JobName": "Job-42", "Names": ["A.CSV", "B.CSV"]}
    assert [activity.activity_name for activity in run.activities] == [
        "Set job name",
        "Start job",
        "For each file",
        "Run notebook",
        "Remember",
        "Run notebook",
        "Remember",
        "Tell failure",
        "Return",
    ]
    assert run["Start job"].input["typeProperties"]["body"] == {"id": "Job-42", "priority": 5}
    assert run["Start job"].user_properties == {"job": "Job-42"}
    assert run["Tell failure"].status == "Skipped"
    assert [activity.iteration for activity in run.all("run notebook")] == ["For each file[0]", "For each file[1]"]


def test_global_parameters_of_an_environment(tested: Factory) -> None:
    run = tested.run("batch job", {"JobId": "1"}, global_parameters={"BaseUrl": "https://qa.test"}, stubs=WORKING)
    assert run["Start job"].input["typeProperties"]["url"] == "https://qa.test/jobs"


def test_the_failure_road(tested: Factory) -> None:
    stubs = WORKING | {"Run notebook": Failure("no such file", "3204"), "Tell failure": {}}
    run = tested.run("batch job", {"JobId": "1"}, stubs=stubs)
    assert run.status == "Failed"
    assert run["Run notebook"].error["errorCode"] == "3204"
    assert "no such file" in run["Tell failure"].input["typeProperties"]["body"]
    assert run.error is not None
    assert run.error.startswith("Operation on target For each file failed: Activity failed because an inner activity")


def test_a_failure_may_be_raised(tested: Factory) -> None:
    def notebook(activity: Any) -> Any:
        if activity.type_properties["baseParameters"]["file"] == "b.csv":
            raise Failure("bad file")
        return {"runOutput": "ok"}

    run = tested.run("batch job", {"JobId": "1"}, stubs=WORKING | {"DatabricksNotebook": notebook, "Tell failure": {}})
    assert [activity.status for activity in run.all("Run notebook")] == ["Succeeded", "Failed"]


def test_answers_one_after_the_other_and_retries(tested: Factory) -> None:
    run = tested.run("batch job", {"JobId": "1"}, stubs=WORKING | {"Start job": [Failure("busy"), {"id": 2}]})
    assert run.status == "Succeeded"
    assert [activity.attempt for activity in run.all("Start job")] == [0, 1]
    assert run.duration == timedelta(seconds=60)


def test_virtual_time(tested: Factory) -> None:
    stubs = WORKING | {"DatabricksNotebook": Answer({"runOutput": ""}, takes=timedelta(hours=3))}
    run = tested.run("batch job", {"JobId": "1"}, stubs=stubs, start=datetime(2026, 3, 1, tzinfo=UTC))
    assert run.duration == timedelta(hours=6)
    assert run.all("Run notebook")[1].start == datetime(2026, 3, 1, 3, tzinfo=UTC)
    assert run.all("Run notebook")[1].end == datetime(2026, 3, 1, 6, tzinfo=UTC)


def test_a_service_that_never_answers(tested: Factory) -> None:
    run = tested.run("batch job", {"JobId": "1"}, stubs=WORKING | {"Start job": NEVER})
    assert [activity.status for activity in run.all("Start job")] == ["TimedOut", "TimedOut"]
    assert run.duration == timedelta(hours=2, seconds=60)


def test_child_pipelines_run_too(tested: Factory) -> None:
    run = tested.run("parent", stubs=WORKING)
    assert run["Call"].output["pipelineReturnValue"] == {"names": ["A.CSV", "B.CSV"]}
    [child] = run.children
    assert child["Set job name"].output["value"] == "Job-7"


def test_or_are_stubbed(tested: Factory) -> None:
    run = tested.run("parent", stubs={"ExecutePipeline": {"pipelineReturnValue": {}}})
    assert run.status == "Succeeded"
    assert not run.children
    assert run["Call"].input["typeProperties"]["parameters"] == {"JobId": "7"}


def test_who_fired(tested: Factory) -> None:
    pipeline = {"name": "p", "properties": {"activities": [{"name": "A", "type": "WebActivity", "typeProperties": {
        "t": "@{pipeline().TriggerType} @{pipeline().TriggerName} @{pipeline().TriggerTime}"}}]}}  # fmt: skip
    trigger = {"type": "ScheduleTrigger", "name": "nightly", "time": "2026-01-01T00:00:00Z"}
    run = Factory.load(resources=[pipeline]).run("p", trigger=trigger, stubs={"A": {}})
    assert run["A"].input["typeProperties"]["t"] == "ScheduleTrigger nightly 2026-01-01T00:00:00Z"


# Triggers


def trigger(**parameters: str) -> dict[str, Any]:
    started = {
        "pipelineReference": {"referenceName": "batch job", "type": "PipelineReference"},
        "parameters": parameters,
    }
    return {"name": "on file", "properties": {"type": "BlobEventsTrigger", "pipelines": [started]}}


def test_a_trigger_hands_over_what_set_it_off() -> None:
    factory = Factory.load(resources=[FACTORY, BATCH, trigger(JobId="@concat('of ', triggerBody().fileName)")])
    [run] = factory.fire("on file", body={"fileName": "a.csv", "folderPath": "in"}, stubs=WORKING)
    assert run.status == "Succeeded"
    assert run["Set job name"].output["value"] == "Job-of a.csv"


def test_a_trigger_that_reads_what_is_not_there() -> None:
    factory = Factory.load(resources=[FACTORY, BATCH, trigger(JobId="@triggerBody().fileNmae")])
    with pytest.raises(ExpressionError, match="fileNmae"):
        factory.fire("on file", body={"fileName": "a.csv"}, stubs=WORKING)


def test_a_trigger_that_forgets_a_parameter() -> None:
    with pytest.raises(RunRefused, match="'JobId' is not provided"):
        Factory.load(resources=[FACTORY, BATCH, trigger()]).fire("on file", stubs=WORKING)


def test_a_window_and_an_unknown_trigger(tested: Factory) -> None:
    window = trigger(JobId="@trigger().outputs.windowStartTime")
    factory = Factory.load(resources=[FACTORY, BATCH, window])
    [run] = factory.fire("ON FILE", outputs={"windowStartTime": "2030-01-01T00:00:00Z"}, stubs=WORKING)
    assert run.parameters["JobId"] == "2030-01-01T00:00:00Z"
    with pytest.raises(KeyError, match="'nightly'"):
        tested.fire("nightly")


def test_the_same_test_gives_the_same_run(tested: Factory) -> None:
    first, second = (tested.run("batch job", {"JobId": "1"}, stubs=WORKING) for _ in range(2))
    assert str(first) == str(second)
    assert first.run_id == second.run_id


# Mistakes


def test_what_is_not_stubbed_ends_the_test_by_name(tested: Factory) -> None:
    with pytest.raises(MissingStub, match=r"'Start job' of type WebActivity.*https://dev\.test/jobs"):
        tested.run("batch job", {"JobId": "1"})


def test_a_misspelt_stub_is_told(tested: Factory) -> None:
    with pytest.raises(UnknownStub, match="'Strat job'"):
        tested.run("batch job", {"JobId": "1"}, stubs={"Strat job": {}})


@pytest.mark.parametrize("name", ["For each file", "ForEach"])
def test_a_container_cannot_be_stubbed(tested: Factory, name: str) -> None:
    with pytest.raises(UnknownStub, match="stub what is inside"):
        tested.run("batch job", {"JobId": "1"}, stubs={name: {}})


def test_a_stub_that_has_no_answers_left(tested: Factory) -> None:
    with pytest.raises(MissingStub, match="'run notebook' has 1 answers"):
        tested.run("batch job", {"JobId": "1"}, stubs=WORKING | {"Run notebook": [{"runOutput": "x"}]})


def test_a_run_azure_would_refuse(tested: Factory) -> None:
    with pytest.raises(RunRefused, match="'JobId' is not provided"):
        tested.run("batch job", stubs=WORKING)


def test_an_activity_that_did_not_start_is_told_with_those_that_did(tested: Factory) -> None:
    run = tested.run("batch job", {"JobId": "1"}, stubs=WORKING)
    with pytest.raises(KeyError, match="Set job name"):
        run["Nothing"]
    assert "Nothing" not in run


def test_a_run_reads_well(tested: Factory) -> None:
    run = tested.run("batch job", {"JobId": "1"}, stubs=WORKING | {"Start job": Failure("busy")})
    assert str(run).splitlines()[:3] == [
        "batch job Failed after 0:01:00",
        "  Operation on target Start job failed: busy",
        "  Set job name [SetVariable] Succeeded",
    ]
    assert "  Start job [WebActivity] (attempt 2) Failed: busy" in str(run)


def test_load_takes_one_source() -> None:
    with pytest.raises(TypeError):
        Factory.load()


# pytest, speed


def test_a_failed_assertion_shows_the_run(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("adf") / "pipeline"
    folder.mkdir()
    (folder / "p.json").write_text(json.dumps({"name": "p", "properties": {"activities": [
        {"name": "F", "type": "Fail", "typeProperties": {"message": "over", "errorCode": "1"}}]}}))  # fmt: skip
    pytester.makeconftest('pytest_plugins = ["emulators.datafactory.testing.pytest_plugin"]')
    pytester.makepyfile("def test_it(factory):\n    assert factory.run('p').status == 'Succeeded'")
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.stdout.fnmatch_lines(
        ["*'Failed' == 'Succeeded'*", "*Operation on target F failed: over*", "*F [[]Fail] Failed: over"]
    )


def test_the_solutions_own_factory_loads() -> None:
    assert "ingest" in Factory.load(Path(__file__).parents[5] / "adf").resources.pipelines
