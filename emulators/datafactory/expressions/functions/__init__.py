"""The table of all functions. Names ignore case; a name that is not here is no function of Data Factory's."""

from emulators.datafactory.expressions.errors import ExpressionError, nearest
from emulators.datafactory.expressions.functions import (
    collection,
    conversion,
    date,
    logical,
    math,
    reference,
    string,
    xml,
)
from emulators.datafactory.expressions.functions.signature import Family, Function

FAMILIES: tuple[Family, ...] = (
    string.family,
    collection.family,
    logical.family,
    conversion.family,
    xml.family,
    math.family,
    date.family,
    reference.family,
)

FUNCTIONS: dict[str, Function] = {
    function.name.lower(): function for family in FAMILIES for function in family.functions
}
"""Every function by its lower-case name."""


def function_named(name: str) -> Function | None:
    """The function of that name in any case, or None."""
    return FUNCTIONS.get(name.lower())


def undefined(name: str) -> ExpressionError:
    """The error of calling a function that does not exist."""
    return ExpressionError(
        f"The template function '{name}' is not defined or not valid.",
        suggestion=nearest(name, (function.name for function in FUNCTIONS.values())),
    )
