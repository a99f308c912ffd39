"""Parameters, variables, return values, system variables and the small control activities."""

from typing import Any

import pytest

from emulators.datafactory.engine.errors import RunRefused


def with_parameter(activity: Any, kind: str, **spec: Any) -> Any:
    return {
        "p": {
            "activities": [activity("A", value="@pipeline().parameters.x")],
            "parameters": {"x": {"type": kind, **spec}},
        }
    }


CONVERSIONS = [
    ("String", "a", "a"),
    ("string", 5, "5"),
    ("String", True, "True"),
    ("String", ["a"], '["a"]'),
    ("Int", 5, 5),
    ("Int", "5", 5),
    ("int", 5.0, 5),
    ("Float", "1.5", 1.5),
    ("Float", 2, 2.0),
    ("Bool", "True", True),
    ("Bool", False, False),
    ("Array", [1], [1]),
    ("Object", {"a": 1}, {"a": 1}),
    ("SecureString", "s", "s"),
    ("String", None, None),
]


@pytest.mark.parametrize(("kind", "given", "expected"), CONVERSIONS)
def test_parameters_are_converted(rig: Any, activity: Any, kind: str, given: Any, expected: Any) -> None:
    rig.run(with_parameter(activity, kind), parameters={"x": given})
    assert rig.started[0].type_properties == {"value": expected}
    assert type(rig.started[0].type_properties["value"]) is type(expected)


@pytest.mark.parametrize(
    ("kind", "given", "received"),
    [
        ("Array", "abc", "String"),
        ("Int", "x", "String"),
        ("Int", 1.5, "Float"),
        ("Bool", 1, "Integer"),
        ("Object", [1], "Array"),
        ("Float", True, "Boolean"),
        ("Strange", "a", "String"),
    ],
)
def test_a_value_of_the_wrong_type_refuses_the_run(
    rig: Any, activity: Any, kind: str, given: Any, received: str
) -> None:
    with pytest.raises(RunRefused) as refusal:
        rig.run(with_parameter(activity, kind), parameters={"x": given})
    assert refusal.value.code == "BadRequest"
    assert f"Expected a value of type '{kind}', but received '{received}'" in refusal.value.message
    assert refusal.value.message.startswith("ErrorCode=InvalidTemplate, ErrorMessage=")
    assert refusal.value.target is not None
    assert refusal.value.target.startswith("pipeline/p/runid/")


def test_a_missing_parameter_refuses_the_run(rig: Any, activity: Any) -> None:
    with pytest.raises(RunRefused, match="'x' is not provided"):
        rig.run(with_parameter(activity, "String"))


def test_defaults_hold_where_nothing_is_given(rig: Any, activity: Any) -> None:
    run = rig.run(with_parameter(activity, "String", defaultValue="d"))
    assert rig.started[0].type_properties == {"value": "d"}
    assert run.to_json()["parameters"] == {"x": "d"}


def test_parameter_names_match_whatever_their_case(rig: Any, activity: Any) -> None:
    rig.run(with_parameter(activity, "String"), parameters={"X": "y"})
    assert rig.started[0].type_properties == {"value": "y"}


def test_records_show_texts_and_no_secrets(rig: Any, activity: Any) -> None:
    pipelines = {
        "p": {
            "activities": [],
            "parameters": {"list": {"type": "Array"}, "secret": {"type": "SecureString"}, "n": {"type": "Int"}},
        }
    }
    run = rig.run(pipelines, parameters={"list": ["a.csv"], "secret": "s3cret", "n": 3})
    assert run.to_json()["parameters"] == {"list": '["a.csv"]', "secret": "**********", "n": "3"}


def test_system_variables(rig: Any, activity: Any) -> None:
    run = rig.run(
        [
            activity(
                "A", all="@{pipeline().DataFactory} @{pipeline().Pipeline} @{pipeline().RunId} @{pipeline().GroupId}"
            )
        ]
    )
    assert rig.started[0].type_properties["all"] == f"factory p {run.run_id} {run.run_id}"


def test_a_manual_run_has_its_trigger_variables(rig: Any, activity: Any) -> None:
    rig.run(
        [activity("A", type="@pipeline().TriggerType", time="@pipeline().TriggerTime", who="@pipeline().TriggerName")]
    )
    assert rig.started[0].type_properties == {
        "type": "Manual",
        "who": "Manual",
        "time": "2030-01-01T00:00:00.0000000Z",
    }


def test_global_parameters(rig: Any, activity: Any) -> None:
    rig.run(
        [activity("A", n="@pipeline().globalParameters.n")],
        global_parameters={"n": {"type": "Int", "value": 7}},
    )
    assert rig.started[0].type_properties == {"n": 7}


# Variables


def with_variables(*activities: Any, **variables: str) -> Any:
    return {
        "p": {"activities": list(activities), "variables": {name: {"type": kind} for name, kind in variables.items()}}
    }


def test_a_variable_is_set_appended_to_and_read(rig: Any, activity: Any) -> None:
    rig.run(
        with_variables(
            activity("S", "SetVariable", variableName="s", value="a"),
            activity("L", "AppendVariable", "S", variableName="l", value="@variables('s')"),
            activity("M", "AppendVariable", "L", variableName="L", value="b"),
            activity("A", after="M", s="@variables('s')", l="@variables('l')"),
            s="String",
            l="Array",
        )
    )
    assert rig.started[0].type_properties == {"s": "a", "l": ["a", "b"]}
    assert rig.of("S")[0].output == {"name": "s", "value": "a"}


def test_empty_values_at_the_start(rig: Any, activity: Any) -> None:
    values = {"s": "@variables('s')", "l": "@variables('l')", "b": "@variables('b')"}
    rig.run(with_variables(activity("A", **values), s="String", l="Array", b="Bool"))
    assert rig.started[0].type_properties == {"s": "", "l": [], "b": False}


@pytest.mark.parametrize(
    ("kind", "value", "given"),
    [("String", 1, "Integer"), ("String", None, "Null"), ("Array", "a", "String"), ("Bool", "true", "String")],
)
def test_a_variable_takes_its_own_type_only(rig: Any, activity: Any, kind: str, value: Any, given: str) -> None:
    rig.run(with_variables(activity("S", "SetVariable", variableName="v", value=value), v=kind))
    assert rig.error("S") == (
        f"The variable 'v' of type '{kind}' cannot be initialized or updated with value of type '{given}'. "
        f"The variable 'v' only supports values of types '{kind}'."
    )


def test_an_undeclared_variable_fails_by_name(rig: Any, activity: Any) -> None:
    rig.run([activity("S", "SetVariable", variableName="v", value="a")])
    assert "'v' cannot be found" in rig.error("S")


def test_only_an_array_can_be_appended_to(rig: Any, activity: Any) -> None:
    rig.run(with_variables(activity("S", "AppendVariable", variableName="v", value="a"), v="String"))
    assert "not of type 'Array'" in rig.error("S")


def test_a_value_must_not_read_its_own_variable(rig: Any, activity: Any) -> None:
    with pytest.raises(RunRefused, match="self referencing variable 'v'"):
        rig.run(
            with_variables(
                activity("S", "SetVariable", variableName="v", value="@concat(variables('v'), 'x')"), v="String"
            )
        )


def test_the_return_value(rig: Any, activity: Any) -> None:
    value = [
        {"key": "e", "value": {"type": "Expression", "content": "@pipeline().Pipeline"}},
        {"key": "n", "value": {"type": "Int", "content": 5}},
        {"key": "none", "value": {"type": "Null"}},
        {"key": "list", "value": {"type": "Array", "content": [{"type": "String", "content": "a"}]}},
        {
            "key": "o",
            "value": {"type": "Object", "content": [{"key": "k", "value": {"type": "Boolean", "content": True}}]},
        },
    ]
    run = rig.run(
        [activity("R", "SetVariable", variableName="pipelineReturnValue", setSystemVariable=True, value=value)]
    )
    assert run.return_value == {"e": "p", "n": 5, "none": None, "list": ["a"], "o": {"k": True}}


# Wait, Fail, Filter


@pytest.mark.parametrize("seconds", [-1, "soon", None, True, [1]])
def test_wait_wants_seconds(rig: Any, activity: Any, seconds: Any) -> None:
    assert rig.run([activity("W", "Wait", waitTimeInSeconds=seconds)]).status == "Failed"


FAILS = [
    ({"message": "over", "errorCode": "500"}, "over", "500"),
    ({"message": 5, "errorCode": "500"}, "F fail message parameter couldn't be interpreted as a string", "500"),
    ({"message": " ", "errorCode": "500"}, "Failed to interpret F fail message or error code", "500"),
    ({"message": None, "errorCode": 500}, "Failed to interpret F fail message or error code", "ErrorCodeNotString"),
    ({"message": "over", "errorCode": 500}, "over", "ErrorCodeNotString"),
    ({"message": "over"}, "over", "ErrorCodeNotString"),
    ({"errorCode": "500"}, "Fail message wasn't provided", "500"),
]


@pytest.mark.parametrize(("properties", "message", "code"), FAILS)
def test_fail_ends_with_what_it_was_given(rig: Any, activity: Any, properties: Any, message: str, code: str) -> None:
    run = rig.run([activity("F", "Fail", **properties)])
    assert run.message == f"Operation on target F failed: {message}"
    assert rig.of("F")[0].error["errorCode"] == code


def test_filter_keeps_what_fulfils_the_condition(rig: Any, activity: Any) -> None:
    rig.run([activity("Filter", "filter", items=[1, 5, 3], condition="@greater(item(), 2)")])
    assert rig.of("Filter")[0].output == {"ItemsCount": 3, "FilteredItemsCount": 2, "Value": [5, 3]}


@pytest.mark.parametrize(("items", "condition"), [("abc", True), ([1], "yes")])
def test_filter_wants_an_array_and_booleans(rig: Any, activity: Any, items: Any, condition: Any) -> None:
    assert rig.run([activity("Filter", "Filter", items=items, condition=condition)]).status == "Failed"
