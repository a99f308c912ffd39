"""What a submit request may say."""

from typing import Any

import pytest

from emulators.azureml.definitions import Datastore, ParameterValue, Pipeline, Step
from emulators.azureml.errors import InvalidField, UnknownParameters, UnsupportedField, UserError, WrongParameterType
from emulators.azureml.runs import Request
from emulators.azureml.submission import assign, read_request

PIPELINE = Pipeline(
    id="p",
    version="1",
    parameters={"text": "a", "count": 1, "rate": 0.5, "flag": False, "data": ""},
    datastore=Datastore("store", "container"),
    steps=[Step("s", "s.py", ("{data:data}",))],
)


def read(body: dict[str, Any]) -> Request:
    return read_request(body, PIPELINE, default_experiment="training", parent_run_id=None)


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("text", "b", "b"),
        ("text", 7, "7"),
        ("count", "7", 7),
        ("count", 7.0, 7),
        ("rate", "1e-3", 0.001),
        ("rate", 2, 2.0),
        ("flag", "True", True),
        ("flag", True, True),
    ],
)
def test_a_value_takes_its_parameters_type(name: str, given: Any, value: ParameterValue) -> None:
    assigned = assign(PIPELINE, {name: given})
    assert assigned[name] == value
    assert type(assigned[name]) is type(value)
    assert {key: assigned[key] for key in assigned if key != name} == {
        key: default for key, default in PIPELINE.parameters.items() if key != name
    }


@pytest.mark.parametrize(
    ("name", "given"),
    [("count", "many"), ("count", 1.5), ("count", True), ("rate", "x"), ("flag", "yes"), ("text", None), ("text", [])],
)
def test_a_value_of_another_type_is_refused(name: str, given: Any) -> None:
    with pytest.raises(WrongParameterType, match=name):
        assign(PIPELINE, {name: given})


def test_an_unknown_parameter_is_named_with_the_declared_ones() -> None:
    with pytest.raises(UnknownParameters, match=r"'txet'.*'count', 'data', 'flag', 'rate', 'text'"):
        assign(PIPELINE, {"txet": "b"})


def test_fields_are_read_in_any_casing() -> None:
    request = read(
        {
            "experimentname": "mine",
            "PARAMETERASSIGNMENTS": {"text": "b"},
            "Tags": {"a": "b"},
            "runSource": "Azure Data Factory",
            "continueRunOnStepFailure": True,
        }
    )
    assert (request.experiment, request.parameters["text"], request.tags) == ("mine", "b", {"a": "b"})
    assert (request.run_source, request.continue_on_failure) == ("Azure Data Factory", True)


def test_an_empty_body_takes_every_default() -> None:
    request = read({})
    assert (request.experiment, request.parameters) == ("training", PIPELINE.parameters)


def test_a_data_path_is_a_parameters_value() -> None:
    path = {"DataStoreName": "store", "RelativePath": "x/y.csv"}
    assert read({"DataPathAssignments": {"data": path}}).parameters["data"] == "x/y.csv"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"ExperimentName": "a b"}, InvalidField),
        ({"ExperimentName": 7}, InvalidField),
        ({"Tags": {"a": 1}}, InvalidField),
        ({"Tags": []}, InvalidField),
        ({"ContinueRunOnStepFailure": "yes"}, InvalidField),
        ({"DataPathAssignments": {"text": {"DataStoreName": "store", "RelativePath": "x"}}}, UserError),
        ({"DataPathAssignments": {"data": {"DataStoreName": "other", "RelativePath": "x"}}}, UserError),
        ({"DataPathAssignments": {"data": {"DataStoreName": "store"}}}, InvalidField),
        ({"DataPathAssignments": {"data": "x"}}, InvalidField),
        ({"DataSetDefinitionValueAssignments": {"d": {}}}, UnsupportedField),
    ],
)
def test_a_body_that_cannot_be_meant_is_refused(body: dict[str, Any], error: type[UserError]) -> None:
    with pytest.raises(error):
        read(body)
