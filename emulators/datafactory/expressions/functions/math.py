"""Arithmetic on Int64 and double, never on text: any double makes the result one, and what leaves Int64 is an error."""

import math
from collections.abc import Callable
from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions.signature import (
    ANY,
    INTEGER,
    NO_PARAMETERS,
    NUMBER,
    PARAMETER_S,
    Family,
    Parameter,
    invalid_types,
)
from emulators.datafactory.expressions.scope import Scope
from emulators.datafactory.expressions.values import INT64_MAX, INT64_MIN, check_int64, int32

family = Family("math")

Number = int | float

_NUMBER = Parameter(NUMBER, "to be an integer or a decimal number")
_INT32_MAX = 2**31 - 1
_RANGE_MAXIMUM = 100_000


@family(
    "add",
    "expects two numeric parameters: the first summand as the first parameter and the seccond summand as the second"
    f" parameter. {PARAMETER_S}",
    Parameter(NUMBER, "to be an integer, a float or a decimal number"),
    _NUMBER,
)
def add(left: Number, right: Number) -> Number:
    """The sum."""
    check_int64(left, right)
    return _in_range("add", left + right)


@family(
    "sub",
    "expects two numeric parameters: the minuend as the first parameter and the subtrahend as the second parameter."
    f" {PARAMETER_S}",
    _NUMBER,
    _NUMBER,
)
def sub(left: Number, right: Number) -> Number:
    """The difference."""
    check_int64(left, right)
    return _in_range("sub", left - right)


@family(
    "mul",
    "expects two numeric parameters: the first multiplicand as the first parameter and the second multiplicand as"
    f" the second parameter. {PARAMETER_S}",
    _NUMBER,
    _NUMBER,
)
def mul(left: Number, right: Number) -> Number:
    """The product."""
    check_int64(left, right)
    return _in_range("mul", left * right)


_DIVISION = (
    "expects two numeric parameters: the dividend as the first parameter and the divisor as the second parameter."
    f" {PARAMETER_S}"
)


@family("div", _DIVISION, _NUMBER, _NUMBER)
def div(left: Number, right: Number) -> Number:
    """The quotient; of two integers an integer, cut towards zero (observed)."""
    check_int64(left, right)
    _refuse_zero("div", right)
    if type(left) is int and type(right) is int:
        quotient = abs(left) // abs(right)
        return _in_range("div", quotient if (left < 0) == (right < 0) else -quotient)
    return left / right


@family("mod", _DIVISION, _NUMBER, _NUMBER)
def mod(left: Number, right: Number) -> Number:
    """The remainder of the division cut towards zero: it has the sign of the dividend (observed)."""
    check_int64(left, right)
    _refuse_zero("mod", right)
    if type(left) is int and type(right) is int:
        if left == INT64_MIN and right == -1:
            raise _overflow("mod")
        return int(math.copysign(1, left)) * (abs(left) % abs(right))
    if math.isinf(left):
        return math.nan
    return math.fmod(left, right)


_NUMBERS = f"expects either an array of numbers or a comma separated list of numbers as its parameters. {NO_PARAMETERS}"


@family("max", _NUMBERS, Parameter(ANY), minimum=1, repeats=True)
def maximum(*values: Any) -> Number:
    """The largest of the numbers, or of the numbers in one array; a double if any is one."""
    return _extreme("max", values, max)


@family("min", _NUMBERS, Parameter(ANY), minimum=1, repeats=True)
def minimum(*values: Any) -> Number:
    """The smallest of the numbers, or of the numbers in one array; a double if any is one."""
    return _extreme("min", values, min)


def _extreme(name: str, values: tuple[Any, ...], pick: Callable[[list[Number]], Number]) -> Number:
    numbers = values[0] if len(values) == 1 and type(values[0]) is list else list(values)
    if not numbers:
        raise ExpressionError(f"The function '{name}' {_NUMBERS}")
    wrong = [number for number in numbers if type(number) not in (int, float)]
    if wrong:
        raise invalid_types(name, wrong, "either integer or decimal numbers")
    check_int64(*numbers)
    if all(type(number) is int for number in numbers):
        return pick(numbers)
    doubles = [float(number) for number in numbers]
    ordered = [number for number in doubles if not math.isnan(number)]
    if len(ordered) < len(doubles) and (pick is min or not ordered):
        return math.nan  # below every number, as .NET orders them
    return pick(ordered)


@family(
    "rand",
    "expects two integer parameters: an inclisive minimum of the range as the first parameter and an inclusive"
    f" maximum of the range as the second parameter. {PARAMETER_S}",
    Parameter(INTEGER, "to be an integer", "minimum"),
    Parameter(INTEGER, "to be an integer", "maximum"),
    scoped=True,
)
def rand(scope: Scope, low: int, high: int) -> int:
    """A random integer from `low` up to, but not including, `high` (observed; the sentence says otherwise)."""
    low, high = int32(low), int32(high)
    if low > high:
        raise ExpressionError(
            f"The function 'rand' parameters are out of range: the value '{low}' provided for 'minimum' cannot be"
            f" greater than the value '{high}' provided for 'maximum'."
        )
    return low if low == high else scope.random(low, high)


@family(
    "range",
    "expects two integer parameters: an inclisive start index of the range as the first parameter and a count of"
    f" integers to return as the second parameter. {PARAMETER_S}",
    Parameter(INTEGER, "to be an integer", "start index"),
    Parameter(INTEGER, "to be an integer", "count"),
)
def integers(start: int, count: int) -> list[int]:
    """`count` integers from `start` on."""
    start, count = int32(start), int32(count)
    if not 0 <= count <= _RANGE_MAXIMUM or start + count - 1 > _INT32_MAX:
        raise ExpressionError(
            "The function 'range' parameters are out of range: 'count' must be a positive integer no larger than"
            f" '{_RANGE_MAXIMUM}' and the sum of 'start index' and 'count' must be no larger than {_INT32_MAX}."
        )
    return list(range(start, start + count))


def _in_range(name: str, result: Number) -> Number:
    if type(result) is int and not INT64_MIN <= result <= INT64_MAX:
        raise _overflow(name)
    return result


def _overflow(name: str) -> ExpressionError:
    return ExpressionError(
        f"The provided parameters for template language function '{name}' caused arithmetic overflow."
    )


def _refuse_zero(name: str, divisor: Number) -> None:
    if divisor == 0:
        raise ExpressionError(f"Attempt to divide an integral or decimal value by zero in function '{name}'.")
