"""Whole JSON values: which strings are expressions, and what the typed objects turn into."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from emulators.datafactory.expressions import UNSET, ExpressionError, Scope, compile_template, evaluate, evaluate_value

LONGEST = 8192


def test_trees_are_evaluated_everywhere_but_in_their_keys() -> None:
    value = {"@concat('a')": ["@concat('a', 1)", {"deep": "x @{add(1, 1)} y"}], "n": 1, "b": True, "none": None}
    assert evaluate_value(value, Scope()) == {
        "@concat('a')": ["a1", {"deep": "x 2 y"}],
        "n": 1,
        "b": True,
        "none": None,
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"value": "@add(1, 2)", "type": "Expression"}, 3),
        ({"value": "no expression", "type": "Expression"}, "no expression"),
        ({"value": "@@literal", "type": "expression"}, "@literal"),
        ({"value": {"a": "@add(1, 2)"}, "type": "Expression"}, {"a": 3}),
        ({"value": "@add(1, 2)", "type": "SecureString"}, {"value": 3, "type": "SecureString"}),
        ({"value": "@add(1, 2)", "type": "Expression", "more": 1}, {"value": 3, "type": "Expression", "more": 1}),
    ],
)
def test_typed_expression_objects_are_replaced_by_their_value(value: Any, expected: Any) -> None:
    assert evaluate_value(value, Scope()) == expected


def test_results_are_not_evaluated_again() -> None:
    assert evaluate("@concat('@', 'add(1,2)')", Scope()) == "@add(1,2)"


def test_a_value_nested_without_end_is_refused() -> None:
    value: Any = "@add(1, 2)"
    for _ in range(5000):
        value = [value]
    with pytest.raises(ExpressionError, match="nested deeper"):
        evaluate_value(value, Scope())


def test_a_scope_without_members_says_what_is_not_expected() -> None:
    for name in ("pipeline", "dataset", "linkedService", "trigger", "triggerBody", "item", "globalParameters"):
        with pytest.raises(ExpressionError, match=f"The template function '{name}' is not expected at this location."):
            evaluate(f"@{name}()", Scope())


@pytest.mark.parametrize("expression", ["@utcNow()", "@guid()", "@rand(1, 5)", "@getFutureTime(1, 'Day')"])
def test_a_scope_without_sources_says_what_to_give(expression: str) -> None:
    with pytest.raises(ExpressionError, match="Give Scope") as caught:
        evaluate(expression, Scope())
    assert caught.value.code == "ExpressionNotSupported"


def test_every_reference_sees_its_own_member() -> None:
    scope = Scope(
        dataset={"folder": "in"},
        linked_service={"account": "a"},
        trigger={"outputs": {"windowStartTime": "t"}},
        trigger_body={"fileName": "f.csv"},
        item=None,
    )
    assert evaluate("@dataset().folder", scope) == "in"
    assert evaluate("@linkedService().account", scope) == "a"
    assert evaluate("@trigger().outputs.windowStartTime", scope) == "t"
    assert evaluate("@triggerBody().FILENAME", scope) == "f.csv"
    assert evaluate("@item()", scope) is None
    assert Scope().item is UNSET


def test_the_item_of_a_loop_may_be_any_value() -> None:
    items: list[Any] = [0, "", False, [], {"a": 1}]
    for item in items:
        assert evaluate("@item()", Scope(item=item)) == item


def test_time_chance_and_guids_come_from_the_scope() -> None:
    scope = Scope(
        now=lambda: datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC),
        guid=lambda: uuid.UUID(int=2),
        random=lambda low, high: high - 1,
    )
    assert evaluate("@utcNow()", scope) == "2024-02-29T23:59:59.9999990Z"
    assert evaluate("@getFutureTime(1, 'Year', 'yyyy-MM-dd')", scope) == "2025-02-28"
    assert evaluate("@guid('N')", scope) == "00000000000000000000000000000002"
    assert evaluate("@rand(1, 10)", scope) == 9


def test_an_expression_may_have_so_many_characters_and_no_more() -> None:
    longest = "'" + "x" * (LONGEST - 2) + "'"
    assert len(evaluate(f"@{longest}", Scope())) == LONGEST - 2
    with pytest.raises(ExpressionError, match=r"The expression limit exceeded: maximum '8192' and actual '8193'\."):
        evaluate(f"@ {longest}", Scope())


def test_text_without_expressions_may_be_longer() -> None:
    text = "x" * (2 * LONGEST)
    assert evaluate(text, Scope()) == text
    assert evaluate(f"{text}@{{1}}", Scope()) == f"{text}1"


def test_templates_are_compiled_once() -> None:
    assert compile_template("@concat('once')") is compile_template("@concat('once')")


@pytest.mark.parametrize(
    ("text", "literal"), [("plain", True), ("@@x", True), ("a @@{x}", True), ("@{1}", False), ("@1", False)]
)
def test_templates_know_whether_there_is_anything_to_evaluate(text: str, literal: bool) -> None:
    assert compile_template(text).is_literal is literal


def test_texts_do_not_grow_without_end() -> None:
    grown = "'aaaaaaaaaa'"
    for _ in range(12):
        grown = f"replace({grown}, 'a', 'aaaaaaaaaa')"
    with pytest.raises(ExpressionError, match="exceeds the maximum"):
        evaluate(f"@{grown}", Scope())


def test_arrays_are_compared_in_linear_time() -> None:
    assert evaluate("@length(union(range(0, 100000), range(50000, 100000)))", Scope()) == 150000
    assert evaluate("@length(intersection(range(0, 100000), range(50000, 100000)))", Scope()) == 50000
