"""Evaluates strings and whole JSON trees: the two calls that the engine makes."""

from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.scope import Scope
from emulators.datafactory.expressions.template import compile_template

_DEEPEST = 256


def evaluate(text: str, scope: Scope) -> Any:
    """The JSON value of a JSON string: itself when it is plain text, of an expression the value, of `@{…}` a text.

    Raises ExpressionError.
    """
    return compile_template(text).evaluate(scope)


def evaluate_value(value: Any, scope: Scope) -> Any:
    """A JSON tree with every string in it evaluated, and every `{"value": …, "type": "Expression"}` replaced by its
    value.

    Property names are never evaluated, results are not evaluated again. Raises ExpressionError.
    """
    return _evaluated(value, scope, _DEEPEST)


def is_expression_object(value: Any) -> bool:
    """Whether a JSON value is the typed form of an expression."""
    return (
        isinstance(value, dict)
        and value.keys() == {"value", "type"}
        and isinstance(value["type"], str)
        and value["type"].lower() == "expression"
    )


def _evaluated(value: Any, scope: Scope, depth: int) -> Any:
    if isinstance(value, str):
        return compile_template(value).evaluate(scope)
    if not isinstance(value, (dict, list)):
        return value
    if depth == 0:
        raise ExpressionError(f"The value is nested deeper than '{_DEEPEST}' levels.")
    if isinstance(value, list):
        return [_evaluated(item, scope, depth - 1) for item in value]
    if is_expression_object(value):
        return _evaluated(value["value"], scope, depth - 1)
    return {name: _evaluated(item, scope, depth - 1) for name, item in value.items()}
