"""Selecting a part of a value, `.name`, `[key]` and their `?` forms, with the sentence for every way in which it
fails.
"""

from typing import Any

from emulators.datafactory.expressions.envelopes import content_type, is_envelope
from emulators.datafactory.expressions.errors import ExpressionError, nearest
from emulators.datafactory.expressions.text import float_text, json_text
from emulators.datafactory.expressions.values import int32, type_name


def find_name(names: Any, name: str) -> str | None:
    """The key of a mapping for `name`: of exactly this case, else the first that differs in case only (observed)."""
    if name in names:
        return name
    lower = name.lower()
    for candidate in names:
        if candidate.lower() == lower:
            return str(candidate)
    return None


def select(target: Any, key: Any, optional: bool, expression: str) -> Any:
    """`target[key]`; `expression` is the whole text, for messages. `?` forgives what is absent, never a wrong type."""
    kind = type(target)
    if kind is dict and type(key) is str:
        if key in target:
            return target[key]
        name = find_name(target, key)
        if name is not None:
            return target[name]
        if optional:
            return None
        if is_envelope(target):
            raise _failed(
                expression,
                f"property '{key}' doesn't exist. Property selection is not supported on content of type"
                f" '{content_type(target)}'.",
            )
        raise _failed(
            expression,
            f"property '{key}' doesn't exist, available properties are '{', '.join(target)}'.",
            suggestion=nearest(key, target),
        )
    if kind is list and type(key) is int:
        return _element(target, key, optional, expression)
    if target is None and optional:
        return None
    raise _failed(expression, f"property '{_key_text(key)}' cannot be selected.{_advice(target, key)}")


def _element(target: list[Any], key: int, optional: bool, expression: str) -> Any:
    index = int32(key)
    if 0 <= index < len(target):
        return target[index]
    if optional:
        return None
    if not target:
        raise _failed(expression, f"array index '{index}' cannot be selected from empty array.")
    raise _failed(expression, f"array index '{index}' is outside bounds (0, {len(target) - 1}) of array.")


def _advice(target: Any, key: Any) -> str:
    kind = type(target)
    if kind is dict:
        return " Object properties can only be selected by names." if type(key) is int else ""
    if kind is list:
        return " Array elements can only be selected using an integer index." if type(key) is str else ""
    if target is None:
        return ""
    return f" Property selection is not supported on values of type '{type_name(target)}'."


def _key_text(key: Any) -> str:
    if isinstance(key, float):
        return float_text(key)
    if isinstance(key, (list, dict)):
        return json_text(key, indented=True)
    if key is None:
        return ""
    return str(key)


def _failed(expression: str, reason: str, suggestion: str | None = None) -> ExpressionError:
    return ExpressionError(
        f"The expression '{expression}' cannot be evaluated because {reason}",
        expression=expression,
        suggestion=suggestion,
    )
