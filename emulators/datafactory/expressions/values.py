"""What a value is: its type by Data Factory's name, and when two values are the same."""

from typing import Any

from emulators.datafactory.expressions.errors import unsupported

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

TYPE_NAMES: dict[type, str] = {
    type(None): "Null",
    bool: "Boolean",
    int: "Integer",
    float: "Float",
    str: "String",
    list: "Array",
    dict: "Object",
}
"""Python's type of a JSON value to the name Data Factory gives it; Int64 is int, double is float, never mixed."""


class BeyondInt64(ValueError):
    """An integer that JSON can hold and the engine cannot use."""


def check_int64(*numbers: int | float) -> None:
    """Raises BeyondInt64 for an integer that is none of Int64."""
    for number in numbers:
        if type(number) is int and not INT64_MIN <= number <= INT64_MAX:
            raise BeyondInt64("Object must implement IConvertible.")


def type_name(value: Any) -> str:
    """The type as error messages name it; raises ExpressionError for what is no JSON value."""
    try:
        return TYPE_NAMES[type(value)]
    except KeyError:
        raise unsupported(
            f"A value of the Python type '{type(value).__name__}' reached an expression. Give the scope JSON values"
            " only: None, bool, int, float, str, list and dict."
        ) from None


def identity(value: Any) -> object:
    """A hashable key: equal for values that are deeply equal. Integers and floats differ (`1` is not `1.0`), strings
    and
    property names are case-sensitive, the order of properties does not count (observed)."""
    kind = type(value)
    if kind is list:
        return (list, tuple(identity(item) for item in value))
    if kind is dict:
        return (dict, frozenset((name, identity(item)) for name, item in value.items()))
    return (kind, value)


def equal(left: Any, right: Any) -> bool:
    """`equals`: deep equality, but two numbers at the top compare by value whatever their types (observed)."""
    if type(left) in (int, float) and type(right) in (int, float):
        check_int64(left, right)
        return bool(left == right) if type(left) is type(right) else float(left) == float(right)
    return identity(left) == identity(right)


def int32(number: int) -> int:
    """The lower 32 bits with their sign: what the engine keeps of a count, an index or a bound (observed)."""
    check_int64(number)
    return (number + 2**31) % 2**32 - 2**31
