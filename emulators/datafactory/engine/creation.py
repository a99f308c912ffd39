"""What happens when a run is created: the pipeline is read and checked, its parameters get their values.

Everything that is wrong here refuses the run with `BadRequest`, as `createRun` does.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.graph import Pipeline
from emulators.datafactory.engine.pipeline import InvalidPipeline, read_pipeline
from emulators.datafactory.engine.records import PipelineRun, RerunReference
from emulators.datafactory.engine.references import check_references
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.engine.timestamps import timestamp
from emulators.datafactory.engine.values import SECRET, WrongType, as_parameter


def prepare(resources: Resources, name: str, run_id: str) -> Pipeline:
    """The pipeline of that name, read and checked; raises RunRefused."""
    found = resources.pipeline(name)
    if found is None:
        raise RunRefused(
            f"The document creation or update failed because of invalid reference '{name}'.", target=f"pipeline/{name}"
        )
    spelled, properties = found
    known = resources.read.get(spelled)
    if known is not None and known[0] is properties:
        read: Pipeline = known[1]
        return read
    try:
        pipeline = read_pipeline(spelled, properties)
        check_references(pipeline)
    except InvalidPipeline as error:
        raise RunRefused.invalid_template(str(error), _target(spelled, run_id)) from error
    resources.read[spelled] = (properties, pipeline)
    return pipeline


def pipeline_parameters(pipeline: Pipeline, given: Mapping[str, Any], run_id: str) -> dict[str, Any]:
    """Parameter → value: what was given, else the default, converted to the declared type; raises RunRefused.

    Names match whatever their case. What the pipeline does not declare is ignored (assumed). The mask of a secret is
    no secret: it counts as not given.
    """
    by_name = {name.lower(): value for name, value in given.items() if value != SECRET}
    values: dict[str, Any] = {}
    for name, spec in pipeline.parameters.items():
        if name.lower() in by_name:
            value = by_name[name.lower()]
        elif "defaultValue" in spec:
            value = spec["defaultValue"]
        else:
            text = f"The value for the template parameter '{name}' is not provided."
            raise RunRefused.invalid_template(text, _target(pipeline.name, run_id))
        try:
            values[name] = as_parameter(str(spec.get("type") or "String"), value)
        except WrongType as error:
            text = f"The template parameter '{name}' is not valid. {error}"
            raise RunRefused.invalid_template(text, _target(pipeline.name, run_id)) from error
    return values


def earlier_parameters(reference: RerunReference) -> dict[str, Any]:
    """The parameters of an earlier run as its activities saw them."""
    return {**reference.run.parameters, **reference.run.hidden_parameters}


def shown_parameters(pipeline: Pipeline, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters as a record may show them: a SecureString is hidden."""
    return {name: SECRET if _is_secret(pipeline, name) else value for name, value in values.items()}


def hidden_parameters(pipeline: Pipeline, values: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that no record may show: SecureStrings that were given a value."""
    return {name: value for name, value in values.items() if value and _is_secret(pipeline, name)}


def _is_secret(pipeline: Pipeline, name: str) -> bool:
    return str(pipeline.parameters[name].get("type")).lower() == "securestring"


def system_variables(
    resources: Resources, record: PipelineRun, parameters: Mapping[str, Any], trigger: Mapping[str, Any], now: datetime
) -> dict[str, Any]:
    """What `pipeline()` gives. `trigger` may say more of who fired: `id`, `name`, `type`, `time` (moment or text).

    Only a child of Execute Pipeline has `TriggeredByPipelineName` and `TriggeredByPipelineRunId` (documented).
    """
    invoked = record.invoked_by
    time = trigger.get("time", invoked.time or now)
    found: dict[str, Any] = {
        "DataFactory": resources.factory_name,
        "Pipeline": record.pipeline_name,
        "RunId": record.run_id,
        "GroupId": record.run_group_id,
        "TriggerType": trigger.get("type", invoked.invoked_by_type),
        "TriggerId": trigger.get("id", invoked.id),
        "TriggerName": trigger.get("name", invoked.name),
        "TriggerTime": timestamp(time) if isinstance(time, datetime) else time,
        "parameters": dict(parameters),
        "globalParameters": {name: spec.get("value") for name, spec in resources.global_parameters.items()},
    }
    if invoked.pipeline_run_id is not None:
        found["TriggeredByPipelineName"] = invoked.pipeline_name
        found["TriggeredByPipelineRunId"] = invoked.pipeline_run_id
    return found


def _target(pipeline_name: str, run_id: str) -> str:
    return f"pipeline/{pipeline_name}/runid/{run_id}"
