"""Logical functions. `if`, `and` and `or` are evaluated lazily by the interpreter, which knows them by name; here
stands what they take and what they say.
"""

from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions.signature import (
    ANY,
    BOOLEAN,
    PARAMETER_S,
    PARAMETERS,
    Family,
    Parameter,
    invalid_types,
)
from emulators.datafactory.expressions.text import collation_key
from emulators.datafactory.expressions.values import check_int64, equal, type_name

family = Family("logical")

_AT_LEAST_ONE = f"expects at least one boolean parameter. {PARAMETERS}"
_EACH_BOOLEAN = (
    "The function '{name}' expects all of its parameters to be booleans. Found invalid parameter types: '{type}'."
)


@family("and", _AT_LEAST_ONE, Parameter(BOOLEAN), minimum=1, repeats=True, invalid_type=_EACH_BOOLEAN)
def both(*values: bool) -> bool:
    """Whether all are true; nothing behind the first false is evaluated (observed)."""
    return all(values)


@family("or", _AT_LEAST_ONE, Parameter(BOOLEAN), minimum=1, repeats=True, invalid_type=_EACH_BOOLEAN)
def either(*values: bool) -> bool:
    """Whether any is true; nothing behind the first true is evaluated (observed)."""
    return any(values)


@family(
    "if",
    "expects three parameter: the condition to test as the first parameter, the value to return if the condition is"
    " true as the second parameter, and the value to return if the condition is false as the third parameter."
    f" {PARAMETER_S}",
    Parameter(BOOLEAN, "to be of type boolean"),
    Parameter(ANY),
    Parameter(ANY),
)
def choose(condition: bool, positive: Any, negative: Any) -> Any:
    """One of two values; the other one is never evaluated (observed)."""
    return positive if condition else negative


@family(
    "not", f"expects one parameter: the boolean value to negate. {PARAMETERS}", Parameter(BOOLEAN, "to be a boolean")
)
def negate(value: bool) -> bool:
    """The opposite."""
    return not value


@family(
    "equals",
    f"expects two parameters: the values to test for deep equality. {PARAMETER_S}",
    Parameter(ANY),
    Parameter(ANY),
    repeats=True,
)
def equals(left: Any, right: Any, *_ignored: Any) -> bool:
    """Deep equality without any conversion; further parameters are ignored (observed)."""
    return equal(left, right)


_TWO_OF_A_KIND = f"expects two parameter of matching types. {PARAMETER_S}"


@family("greater", _TWO_OF_A_KIND, Parameter(ANY), Parameter(ANY))
def greater(left: Any, right: Any) -> bool:
    """Whether the first number or text comes after the second."""
    low, high = _comparable("greater", left, right)
    return bool(low > high)


@family("greaterOrEquals", _TWO_OF_A_KIND, Parameter(ANY), Parameter(ANY))
def greater_or_equals(left: Any, right: Any) -> bool:
    """Whether the first number or text does not come before the second."""
    low, high = _comparable("greaterOrEquals", left, right)
    return bool(low >= high)


@family("less", _TWO_OF_A_KIND, Parameter(ANY), Parameter(ANY))
def less(left: Any, right: Any) -> bool:
    """Whether the first number or text comes before the second."""
    low, high = _comparable("less", left, right)
    return bool(low < high)


@family("lessOrEquals", _TWO_OF_A_KIND, Parameter(ANY), Parameter(ANY))
def less_or_equals(left: Any, right: Any) -> bool:
    """Whether the first number or text does not come after the second."""
    low, high = _comparable("lessOrEquals", left, right)
    return bool(low <= high)


def _comparable(name: str, left: Any, right: Any) -> tuple[Any, Any]:
    """Two keys that Python orders as Data Factory orders the values: numbers, or texts by the culture's rules."""
    if type(left) is str and type(right) is str:
        return collation_key(left), collation_key(right)
    if type(left) is str or type(right) is str:
        raise ExpressionError(
            f"The function '{name}' expects two parameter of matching types. The function was invoked with values of"
            f" type '{type_name(left)}' and '{type_name(right)}' that do not match."
        )
    wrong = [value for value in (left, right) if type(value) not in (int, float)]
    if wrong:
        raise invalid_types(name, wrong, "either integer or decimal numbers")
    check_int64(left, right)
    if type(left) is not type(right):
        return float(left), float(right)
    return left, right
