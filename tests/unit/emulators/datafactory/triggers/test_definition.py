"""The pipelines of a trigger and the values they get."""

from datetime import UTC, datetime

import pytest

from emulators.datafactory.expressions import ExpressionError
from emulators.datafactory.triggers import Firing, TriggeredPipeline, evaluated_parameters, triggered_pipelines
from emulators.datafactory.triggers.definition import spoken_time

NOW = datetime(2030, 1, 1, 13, 5, 9, tzinfo=UTC)
FIRING = Firing(
    outputs={"body": {"fileName": "a.csv"}, "windowStartTime": "2030-01-01T00:00:00Z"},
    properties={},
    times={"scheduledTime": "2030-01-01T13:00:00Z"},
)


def _reference(name: str) -> dict[str, object]:
    return {"pipelineReference": {"referenceName": name, "type": "PipelineReference"}, "parameters": {"a": 1}}


def test_many_pipelines_or_a_single_one() -> None:
    assert triggered_pipelines({"pipelines": [_reference("p"), _reference("q")]}) == (
        TriggeredPipeline("p", {"a": 1}),
        TriggeredPipeline("q", {"a": 1}),
    )
    assert triggered_pipelines({"pipeline": _reference("p")}) == (TriggeredPipeline("p", {"a": 1}),)
    assert triggered_pipelines({}) == ()


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("@triggerBody().fileName", "a.csv"),
        ("@trigger().outputs.body.fileName", "a.csv"),
        ("@trigger().outputs.windowStartTime", "2030-01-01T00:00:00Z"),
        ("@trigger().scheduledTime", "2030-01-01T13:00:00Z"),
        ({"type": "Expression", "value": "@concat(triggerBody().fileName, '!')"}, "a.csv!"),
        ("@{triggerBody().fileName}?", "a.csv?"),
        ("@@literal", "@literal"),
        ("plain", "plain"),
        ([1, "@triggerBody().fileName"], [1, "a.csv"]),
        ("@formatDateTime(utcNow(), 'yyyy')", "2030"),
    ],
)
def test_parameters_are_evaluated_in_the_scope_of_the_trigger(written: object, value: object) -> None:
    assert evaluated_parameters(TriggeredPipeline("p", {"x": written}), FIRING, NOW) == {"x": value}


@pytest.mark.parametrize("wrong", ["@triggerBody().nonsense", "@pipeline().RunId", "@item()", "@nonsense("])
def test_what_is_not_in_scope_is_an_error(wrong: str) -> None:
    with pytest.raises(ExpressionError):
        evaluated_parameters(TriggeredPipeline("p", {"x": wrong}), FIRING, NOW)


def test_a_firing_survives_as_json() -> None:
    again = Firing.from_json(FIRING.to_json())
    assert (again.outputs, again.times) == (FIRING.outputs, FIRING.times)


@pytest.mark.parametrize(
    ("hour", "text"), [(0, "12:05:09 AM"), (1, "1:05:09 AM"), (12, "12:05:09 PM"), (23, "11:05:09 PM")]
)
def test_times_are_spoken_as_the_service_does(hour: int, text: str) -> None:
    assert spoken_time(NOW.replace(hour=hour)) == f"1/1/2030 {text}"
