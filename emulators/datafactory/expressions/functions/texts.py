"""The texts of several values at once, for the functions that join them; says which of them has none."""

from collections.abc import Iterable
from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.text import to_text
from emulators.datafactory.expressions.values import BeyondInt64


def texts_of(name: str, values: Iterable[Any], called: str, target: str = "string") -> list[str]:
    """The text of every value; raises ExpressionError for the first that has none, `called` so in the sentence."""
    texts: list[str] = []
    for index, value in enumerate(values):
        try:
            texts.append(value if type(value) is str else to_text(value))
        except BeyondInt64:
            raise
        except ValueError:
            raise ExpressionError(
                f"The function '{name}' was invoked with invalid parameters. The {called} at index '{index}' cannot be"
                f" converted to {target}."
            ) from None
    return texts
