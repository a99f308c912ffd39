"""Bad input to the engine, through the unit-test API: refused or failed where Azure does, by name, never stuck."""

from typing import Any

import pytest

from emulators.datafactory.testing import Factory, RunRefused

MANY = 100_000


def _factory(*activities: Any, **more: Any) -> Factory:
    return Factory.load(resources=[{"name": "p", "properties": {"activities": list(activities), **more}}])


def _web(name: str = "A", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": "WebActivity", "typeProperties": {"url": "http://x.test", "method": "GET"}} | more


def _after(name: str) -> list[dict[str, Any]]:
    return [{"activity": name, "dependencyConditions": ["Succeeded"]}]


def _reference(name: Any) -> dict[str, Any]:
    return {"referenceName": name, "type": "LinkedServiceReference"}


EXPRESSION = {"value": "@pipeline().RunId", "type": "Expression"}
LOOP = {"name": "L", "type": "ForEach"}
INNER: dict[str, Any] = {"items": "@createArray(1)", "activities": [_web()]}

REFUSED = {
    "a cycle": ([_web("A", dependsOn=_after("B")), _web("B", dependsOn=_after("A"))], "'A', 'B' have circular"),
    "an unknown predecessor": ([_web(dependsOn=_after("Z"))], "'Z' referenced by 'runAfter'"),
    "an unknown activity in an expression": (
        [_web(typeProperties={"url": "@activity('Z').output.x"})],
        "'Z' referenced by 'inputs' in action 'A' are not defined",
    ),
    "type properties of another type": ([_web(typeProperties=[1])], "'typeProperties' of activity 'A'"),
    "a dot in a name": ([_web("A.B")], "The name of the activity at 'activities.0.'"),
    "a name of 56 characters": ([_web("A" * 56)], "at most 55"),
    "121 activities": ([_web(f"A{number}") for number in range(121)], "has 121 activities; at most 120"),
    "an expression as a linked service's name": (
        [_web(linkedServiceName=_reference("@pipeline().Pipeline"))],
        "'linkedServiceName.referenceName' of activity 'A' must not be an expression",
    ),
    "an expression object as a dataset's name": (
        [_web(inputs=[_reference("in"), _reference(EXPRESSION)])],
        r"'inputs\[1\].referenceName' of activity 'A'",
    ),
    "an expression as a pipeline's name": (
        [{"name": "E", "type": "ExecutePipeline", "typeProperties": {"pipeline": _reference("p@{1}")}}],
        "'typeProperties.pipeline.referenceName' of activity 'E'",
    ),
    "an expression for securing the output": ([_web(policy={"secureOutput": EXPRESSION})], "'policy.secureOutput'"),
    "an expression for the size of a batch": (
        [LOOP | {"typeProperties": INNER | {"batchCount": "@pipeline().parameters.n"}}],
        "'typeProperties.batchCount' of activity 'L'",
    ),
    "an expression for the order of a loop": (
        [LOOP | {"typeProperties": INNER | {"isSequential": EXPRESSION}}],
        "'typeProperties.isSequential' of activity 'L'",
    ),
}


@pytest.mark.parametrize(("activities", "message"), REFUSED.values(), ids=REFUSED)
def test_what_no_run_begins_with(activities: Any, message: str) -> None:
    with pytest.raises(RunRefused, match=message) as refused:
        _factory(*activities).run("p")
    assert refused.value.code == "BadRequest"


def test_an_inactive_activity_may_hold_anything() -> None:
    run = _factory(_web(linkedServiceName=_reference("@x"), state="Inactive")).run("p")
    assert run.status == "Succeeded"


@pytest.mark.parametrize("count", [41, 120])
def test_forty_and_more_activities(count: int) -> None:
    chain = [_web(f"A{number}", dependsOn=_after(f"A{number - 1}") if number else []) for number in range(count)]
    run = _factory(*chain).run("p", stubs={"WebActivity": {}})
    assert run.status == "Succeeded"
    assert len(run.activities) == count


def _counting(items: Any) -> Factory:
    inner = {"name": "S", "type": "SetVariable", "typeProperties": {"variableName": "v", "value": "@string(item())"}}
    loop = LOOP | {"typeProperties": {"items": items, "isSequential": True, "activities": [inner]}}
    return _factory(
        loop, variables={"v": {"type": "String"}}, parameters={"items": {"type": "Array", "defaultValue": []}}
    )


def test_a_loop_over_a_hundred_thousand_items() -> None:
    run = _counting(f"@range(0, {MANY})").run("p")
    assert run.status == "Succeeded"
    assert len(run.all("S")) == MANY
    assert run.variables["v"] == str(MANY - 1)


def test_a_loop_over_one_more() -> None:
    run = _counting("@pipeline().parameters.items").run("p", {"items": list(range(MANY + 1))})
    assert run.status == "Failed"
    assert "at most 100,000 items; 'L' was given 100,001" in run["L"].message
    assert "S" not in run


def test_an_output_over_4_mb() -> None:
    run = _factory(_web()).run("p", stubs={"A": {"text": "x" * 4 * 2**20}})
    assert run.status == "Failed"
    assert (run["A"].error["errorCode"], run["A"].output) == ("2001", None)


def test_an_output_of_4_mb() -> None:
    around = len('{"text": ""}')
    assert _factory(_web()).run("p", stubs={"A": {"text": "x" * (4 * 2**20 - around)}}).status == "Succeeded"


def test_a_return_value_over_4_mb() -> None:
    value = [{"key": "k", "value": {"type": "String", "content": "x" * 4 * 2**20}}]
    properties = {"variableName": "pipelineReturnValue", "setSystemVariable": True, "value": value}
    run = _factory({"name": "R", "type": "SetVariable", "typeProperties": properties}).run("p")
    assert run["R"].error["errorCode"] == "2001"
    assert run.return_value is None


def _deep(levels: int) -> Any:
    value: Any = "deepest"
    for _ in range(levels):
        value = {"in": value}
    return value


@pytest.mark.parametrize(("levels", "status"), [(256, "Succeeded"), (257, "Failed"), (5_000, "Failed")])
def test_an_output_of_many_levels(levels: int, status: str) -> None:
    run = _factory(_web()).run("p", stubs={"A": _deep(levels)})
    assert run.status == status
    assert ("nested deeper than 256 levels" in run["A"].message) is (status == "Failed")


@pytest.mark.parametrize("levels", [300, 500])
def test_a_value_of_many_levels(levels: int) -> None:
    value = f"@json('{'[' * levels}{']' * levels}')"
    properties = {"variableName": "v", "value": value}
    written = {"name": "S", "type": "SetVariable", "typeProperties": properties}
    run = _factory(written, variables={"v": {"type": "Array"}}).run("p")
    assert run.status == "Failed"
    assert "nested deeper than 256 levels" in run["S"].message


@pytest.mark.parametrize(
    ("kind", "properties", "says"),
    [
        ("Wait", {"waitTimeInSeconds": "soon"}, "'waitTimeInSeconds' must be a whole number"),
        ("IfCondition", {"expression": "yes"}, "must be a valid boolean"),
        ("ForEach", {"items": {"a": 1}, "activities": []}, "must be a valid array"),
        ("Until", {"expression": "@true", "timeout": 7, "activities": []}, "timeout of the activity is not valid"),
        ("SetVariable", {"variableName": "v", "value": 5}, "of type 'Integer'"),
        ("Filter", {"items": 1, "condition": "@true"}, "must be a valid array"),
        ("ExecutePipeline", {"pipeline": {"referenceName": "z"}}, "invalid reference 'z'"),
    ],
)
def test_values_of_the_wrong_type_fail_the_activity(kind: str, properties: Any, says: str) -> None:
    written = {"name": "A", "type": kind, "typeProperties": properties}
    run = _factory(written, variables={"v": {"type": "String"}}).run("p")
    assert run.status == "Failed"
    assert says in run["A"].message
