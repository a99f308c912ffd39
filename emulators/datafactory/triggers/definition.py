"""A trigger as its type reads it: the pipelines it starts, and the values they get from what set it off."""

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from emulators.datafactory.expressions import Scope, evaluate_value

Properties = Mapping[str, Any]
"""A trigger resource's `properties`."""


class InvalidTrigger(Exception):
    """A trigger that Azure refuses to create or to start; the message names the property."""


@dataclass(frozen=True)
class TriggeredPipeline:
    """A pipeline that a trigger starts, its parameters as written."""

    name: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Firing:
    """What set a trigger off.

    `outputs` answers `trigger().outputs`, and its `body` answers `triggerBody()`; `times` are further members of
    `trigger()`, such as `scheduledTime`. `properties` are those of the trigger run. `event_id` is the same whenever
    the same cause is reported again, None where that cannot happen.
    """

    outputs: Mapping[str, Any]
    properties: Mapping[str, str]
    times: Mapping[str, str] = field(default_factory=dict)
    event_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"outputs": self.outputs, "properties": self.properties, "times": self.times}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> "Firing":
        return cls(outputs=document["outputs"], properties=document["properties"], times=document["times"])


def triggered_pipelines(properties: Properties) -> tuple[TriggeredPipeline, ...]:
    """The pipelines of a trigger: the list `pipelines`, or the single `pipeline` of a tumbling window."""
    single = properties.get("pipeline")
    written = [single] if single is not None else properties.get("pipelines") or []
    return tuple(
        TriggeredPipeline(item["pipelineReference"]["referenceName"], item.get("parameters") or {}) for item in written
    )


def evaluated_parameters(pipeline: TriggeredPipeline, firing: Firing, now: datetime) -> dict[str, Any]:
    """The pipeline's parameters with trigger-scope expressions evaluated; raises ExpressionError.

    Only `trigger()` and `triggerBody()` are in scope (documented), beside the functions of the language.
    """
    scope = Scope(
        trigger={"outputs": firing.outputs, **firing.times},
        trigger_body=firing.outputs.get("body"),
        now=lambda: now,
        guid=uuid.uuid4,
        random=lambda low, high: random.randrange(low, high),  # noqa: S311 - the language's `rand`, no secret
    )
    return {name: evaluate_value(value, scope) for name, value in pipeline.parameters.items()}


def type_properties(properties: Properties) -> Mapping[str, Any]:
    """The trigger's `typeProperties`, empty when there are none."""
    found: Mapping[str, Any] = properties.get("typeProperties") or {}
    return found


def spoken_time(moment: datetime) -> str:
    """A moment as trigger runs show it: `6/16/2018 12:43:15 AM` (documented sample)."""
    hour = moment.hour % 12 or 12
    return (
        f"{moment.month}/{moment.day}/{moment.year} {hour}:{moment.minute:02}:{moment.second:02} "
        f"{'AM' if moment.hour < 12 else 'PM'}"
    )
