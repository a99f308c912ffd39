"""How runs and pipelines look to a client: v1's PascalCase entities and run history's camelCase documents."""

import json
from collections.abc import Mapping
from typing import Any

from emulators.azureml.definitions import Endpoint, Pipeline, as_text
from emulators.azureml.runs import (
    CANCELED,
    FAILED,
    FINISHED,
    NOT_STARTED,
    RUNNING,
    PipelineRun,
    Progress,
    StepRun,
)

Document = dict[str, Any]

HISTORY_STATUS: Mapping[str, str] = {
    NOT_STARTED: "NotStarted",
    RUNNING: "Running",
    FINISHED: "Completed",
    FAILED: "Failed",
    CANCELED: "Canceled",
}
"""Run history has words of its own for the states of a pipeline run."""


def pipeline_run(run: PipelineRun) -> Document:
    """The v1 PipelineRunEntity."""
    return {
        "Id": run.id,
        "Status": _status(run.progress),
        "RunHistoryExperimentName": run.request.experiment,
        "Description": run.request.description,
        "PipelineId": run.pipeline_id,
        "PipelineEndpointId": run.endpoint_id,
        "PipelineVersion": run.pipeline_version,
        "GraphId": run.pipeline_id,
        "ParentRunId": run.request.parent_run_id,
        "ParameterAssignments": {name: as_text(value) for name, value in run.request.parameters.items()},
        "RunSource": run.request.run_source,
        "RunType": run.request.run_type,
        "ContinueRunOnStepFailure": run.request.continue_on_failure,
        "TotalRunSteps": len(run.steps),
        "IsSubmitted": True,
        "HasErrors": run.progress.status == FAILED,
        "HasWarnings": False,
        "UploadState": 0,
        "Tags": run.tags,
        "Properties": run.properties,
        "EntityStatus": "Active",
        "CreatedDate": run.progress.created,
        "LastModifiedDate": _changed(run.progress),
        "Etag": f'"{_changed(run.progress)}"',
    }


def _status(progress: Progress) -> Document:
    return {
        "StatusCode": progress.status,
        "StatusDetail": progress.detail,
        "CreationTime": progress.created,
        "EndTime": progress.ended,
    }


def _changed(progress: Progress) -> str:
    return progress.ended or progress.started or progress.created


def node_status(step: StepRun) -> Document:
    """The state of a step in its graph; a step's node has the id of its run."""
    return {
        **_status(step.progress),
        "NodeName": step.name,
        "RunId": step.id,
        "StartTime": step.progress.started,
        "ExitCode": step.exit_code,
        "RunDurationInSeconds": step.seconds,
    }


def pipeline(endpoint: Endpoint, published: Pipeline, created: str) -> Document:
    """The v1 PipelineEntity."""
    return {
        "Id": published.id,
        "Name": endpoint.name,
        "Description": "",
        "Version": published.version,
        "GraphId": published.id,
        "TotalRunSteps": len(published.steps),
        "ParameterAssignments": {name: as_text(value) for name, value in published.parameters.items()},
        "EntityStatus": "Active",
        "CreatedDate": created,
        "LastModifiedDate": created,
    }


def endpoint(one: Endpoint, created: str) -> Document:
    """The v1 PipelineEndpointEntity."""
    default = one.version(None)
    return {
        "Id": one.id,
        "Name": one.name,
        "Description": "",
        "DefaultVersion": one.default_version,
        "DefaultPipelineId": default.id if default else None,
        "PipelineVersionList": [
            {"PipelineId": published.id, "Version": published.version} for published in one.pipelines
        ],
        "EntityStatus": "Active",
        "CreatedDate": created,
        "LastModifiedDate": created,
    }


def history_run(run: PipelineRun) -> Document:
    """A pipeline run in run history, with its parameters and the data files it read."""
    return {
        **_history(run.id, run.progress, run.request.experiment, run.tags, run.properties),
        "runNumber": run.number,
        "rootRunId": run.id,
        "parentRunId": run.request.parent_run_id,
        "runType": "azureml.PipelineRun",
        "description": run.request.description,
        "durationInSeconds": run.seconds,
        "parameters": run.request.parameters,
        "inputDatasets": [
            {
                "parameter": file.parameter,
                "datastore": file.datastore,
                "container": file.container,
                "path": file.path,
                "sha256": file.sha256,
                "eTag": file.etag,
                "size": file.size,
            }
            for file in run.files
        ],
    }


def history_step(run: PipelineRun, step: StepRun) -> Document:
    """A step run in run history."""
    return {
        **_history(step.id, step.progress, run.request.experiment, step.tags, step.properties),
        "runNumber": run.steps.index(step) + 1,
        "rootRunId": run.id,
        "parentRunId": run.id,
        "runType": "azureml.StepRun",
        "displayName": step.name,
        "durationInSeconds": step.seconds,
        "exitCode": step.exit_code,
    }


def _history(
    run_id: str, progress: Progress, experiment: str, tags: Mapping[str, str], properties: Mapping[str, str]
) -> Document:
    return {
        "runId": run_id,
        "experimentName": experiment,
        "status": HISTORY_STATUS[progress.status],
        "createdUtc": progress.created,
        "startTimeUtc": progress.started,
        "endTimeUtc": progress.ended,
        "error": _error(progress),
        "tags": dict(tags),
        "properties": dict(properties),
    }


def _error(progress: Progress) -> Document | None:
    if progress.status != FAILED:
        return None
    return {"error": {"code": "UserError", "message": progress.detail or ""}}


def submitted_properties(run: PipelineRun) -> dict[str, str]:
    """The properties a run has from the start: the caller's own, the pipeline's, and every parameter under its name.

    Parameters as properties are an addition of this emulator: run history can then be asked for the run of a
    `caller_run_id`. `azureml.parameters` holds all of them as one JSON text, as the real service does.
    """
    parameters = {name: as_text(value) for name, value in run.request.parameters.items()}
    return {
        **parameters,
        **run.request.properties,
        "azureml.runsource": "azureml.PipelineRun",
        "azureml.pipelineid": run.pipeline_id,
        "azureml.pipelineEndpointId": run.endpoint_id,
        "azureml.parameters": json.dumps(parameters, ensure_ascii=False),
    }
