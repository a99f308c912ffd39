"""Values and their declared types: parameters are converted where that is safe, variables are checked.

Conversion rules of parameters are assumed from what public pipelines rely on (a trigger passes texts to Int and
Bool parameters); the sentences are those of the workflow engine the service grew from.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

SECRET = "**********"  # noqa: S105  what a monitor shows in place of a secret

SHORTEST_WITHIN = 6

MAX_DEPTH = 256
"""Levels of a JSON value that a record can hold, the same as an activity's written properties may have."""


class WrongType(Exception):
    """A value that does not fit its declared type; the message is the service's sentence."""


def type_name(value: Any) -> str:
    """The engine's name for the type of a JSON value, as its messages give it."""
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    names = {str: "String", int: "Integer", float: "Float", list: "Array", tuple: "Array"}
    return names.get(type(value), "Object")


def as_parameter(declared: str, value: Any) -> Any:
    """Convert `value` to a parameter's declared type; raises WrongType. Null is let through, as in JSON."""
    if value is None:
        return None
    converted = _CONVERSIONS.get(declared.lower(), _unknown)(value)
    if converted is _REFUSED:
        raise WrongType(f"Expected a value of type '{declared}', but received '{type_name(value)}'")
    return converted


def initial_variable(spec: Mapping[str, Any]) -> Any:
    """A variable's value at the start of a run: its default, else the empty value of its type (assumed)."""
    if spec.get("defaultValue") is not None:
        return spec["defaultValue"]
    empty: dict[str, Any] = {"string": "", "array": [], "bool": False, "boolean": False, "integer": 0}
    return empty.get(str(spec.get("type")).lower())


def check_variable(name: str, declared: str, value: Any) -> None:
    """Raise WrongType when a variable of the declared type cannot take the value."""
    allowed = {"string": "String", "array": "Array", "bool": "Boolean", "boolean": "Boolean", "integer": "Integer"}
    if allowed.get(declared.lower()) != type_name(value):
        raise WrongType(
            f"The variable '{name}' of type '{declared}' cannot be initialized or updated with value of type "
            f"'{type_name(value)}'. The variable '{name}' only supports values of types '{declared}'."
        )


def too_deep(value: Any) -> bool:
    """Whether a JSON value has more than MAX_DEPTH levels."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for item in level
            if isinstance(item, Mapping | list | tuple)
            for inner in (item.values() if isinstance(item, Mapping) else item)
        ]
        if not level:
            return False
    return True


def masked(value: Any, secrets: Collection[str] = (), levels: int = MAX_DEPTH) -> Any:
    """The value for a record: every SecureString hidden, and every one of `secrets` wherever it stands in a text.

    A secret as short as a common word is hidden only where it is the whole text: else its places would tell it.
    Raises ValueError for a value of more levels than a record can hold.
    """
    if levels < 0:
        raise ValueError(f"a value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        for secret in secrets:
            if len(secret) >= SHORTEST_WITHIN or value == secret:
                value = value.replace(secret, SECRET)
        return value
    if isinstance(value, Mapping):
        if value.get("type") == "SecureString" and "value" in value:
            return {"type": "SecureString", "value": SECRET}
        return {key: masked(item, secrets, levels - 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item, secrets, levels - 1) for item in value]
    return value


_REFUSED = object()


def _string(value: Any) -> Any:
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and value.get("type") == "SecureString":
        return value.get("value")
    return str(value) if isinstance(value, bool | int) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _int(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    try:
        return int(value) if isinstance(value, str) else _REFUSED
    except ValueError:
        return _REFUSED


def _float(value: Any) -> Any:
    if isinstance(value, bool):
        return _REFUSED
    try:
        return float(value) if isinstance(value, int | float | str) else _REFUSED
    except ValueError:
        return _REFUSED


def _bool(value: Any) -> Any:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.lower(), _REFUSED)
    return value if isinstance(value, bool) else _REFUSED


def _array(value: Any) -> Any:
    return list(value) if isinstance(value, list | tuple) else _REFUSED


def _object(value: Any) -> Any:
    return value if isinstance(value, Mapping) else _REFUSED


def _unknown(value: Any) -> Any:
    return _REFUSED


_CONVERSIONS = {
    "string": _string,
    "securestring": _string,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "array": _array,
    "object": _object,
}
