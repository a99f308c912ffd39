"""The command's pure part: one text, a batch, a prompt."""

import io
from typing import Any

import pytest

from emulators.datafactory.expressions import ExpressionError
from emulators.datafactory.expressions.console import (
    completions,
    evaluate_batch,
    evaluate_text,
    interactive,
    render,
    scope_from_context,
)


def test_a_text_is_evaluated_in_its_context(context: dict[str, Any]) -> None:
    assert evaluate_text("@concat('a', pipeline().parameters.n)", context) == "a42"
    assert evaluate_text("@utcNow('yyyy-MM-dd')", context) == "2024-05-06"


def test_a_batch_gives_one_answer_per_vector_in_order(context: dict[str, Any]) -> None:
    document = {"context": context, "vectors": [{"expr": "@add(1, 1)"}, {"expr": "@foo()"}, {"expr": "plain"}]}
    assert list(evaluate_batch(document)) == [
        {"result": 2},
        {"error": {"code": "InvalidTemplate", "message": "The template function 'foo' is not defined or not valid."}},
        {"result": "plain"},
    ]


def test_numbers_that_json_lacks_are_text(context: dict[str, Any]) -> None:
    assert evaluate_text("@createArray(1e400, json('NaN'))", context) == ["Infinity", "NaN"]
    assert render({"a": [1.0, 1e20]}) == '{"a":[1.0,1E+20]}'


def test_without_a_clock_in_the_context_there_is_the_machine_s() -> None:
    assert len(evaluate_text("@utcNow()", {})) == 28
    assert len(evaluate_text("@guid()", {})) == 36
    assert evaluate_text("@rand(4, 5)", {}) == 4


def test_the_context_may_name_every_reference() -> None:
    scope = scope_from_context(
        {"item": None, "dataset": {"d": 1}, "linkedService": {}, "trigger": {}, "triggerBody": 2}
    )
    assert (scope.item, scope.dataset, scope.trigger_body) == (None, {"d": 1}, 2)


@pytest.mark.parametrize("context", [{"pipelines": {}}, {"now": "yesterday"}])
def test_a_context_that_is_wrong_is_refused(context: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError, match="context"):
        scope_from_context(context)


def test_a_value_too_deep_to_show_is_an_error(context: dict[str, Any]) -> None:
    with pytest.raises(ExpressionError):
        evaluate_text("@json('" + "[" * 4000 + "]" * 4000 + "')", context)


def test_the_prompt_answers_every_line(context: dict[str, Any]) -> None:
    answers = io.StringIO()
    interactive(context, io.StringIO("concat('a', 1)\n\n@{1} x\nconct('a')\n"), answers)
    assert answers.getvalue().splitlines() == [
        '"a1"',
        '"1 x"',
        "InvalidTemplate: The template function 'conct' is not defined or not valid.",
        "",
        "    conct('a')",
        "    ^",
        "",
        "Did you mean 'concat'?",
    ]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("startof", ["startOfDay(", "startOfHour(", "startOfMonth("]),
        ("variables('", ["variables('v')", "variables('va')"]),
        ("activity", ["activity(", "activity('Act 1')"]),
        ("pipeline().globalParameters.", ["pipeline().globalParameters.g"]),
        ("pipeline().parameters['", []),
        ("noth(ing", []),
        ("concat(startOfD", ["concat(startOfDay("]),
        ("json(x)[variables('va", ["json(x)[variables('va')"]),
    ],
)
def test_completion_knows_functions_and_the_context(typed: str, completed: list[str], context: dict[str, Any]) -> None:
    assert completions(typed, context) == completed
