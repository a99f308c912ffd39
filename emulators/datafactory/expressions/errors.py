"""The one error an expression can end in: Data Factory's code and sentence for programs, and, for people, the
expression with a caret under the place and what was probably meant.
"""

import difflib
from collections.abc import Iterable

_WINDOW = 100  # characters of one line of an expression that a terminal still shows well


class ExpressionError(Exception):
    """An expression that cannot be parsed or evaluated.

    `message` is the sentence that Data Factory shows, word for word; `code` is its error code (`InvalidTemplate`,
    or `ExpressionNotSupported` for what this emulator knows of but does not do). `expression` is the text of the
    expression without its `@` or `@{…}`, `position` the zero-based index in it where the trouble is (None when it
    has no place), `suggestion` a name that was probably meant.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str = "InvalidTemplate",
        position: int | None = None,
        expression: str | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.position = position
        self.expression = expression
        self.suggestion = suggestion

    def located(self, expression: str, position: int) -> "ExpressionError":
        """The same error, told where it happened; a place that is already known stays."""
        if self.expression is None:
            self.expression = expression
        if self.position is None:
            self.position = position
        return self

    def explain(self) -> str:
        """The error for a person: sentence, the line of the expression with a caret under the place, suggestion."""
        lines = [f"{self.code}: {self.message}"]
        if self.expression is not None and self.position is not None:
            lines += ["", *_pointed(self.expression, self.position)]
        if self.suggestion is not None:
            lines += ["", f"Did you mean '{self.suggestion}'?"]
        return "\n".join(lines)


def unsupported(message: str) -> ExpressionError:
    """What the real service can do and this emulator cannot; the message says what to add."""
    return ExpressionError(message, code="ExpressionNotSupported")


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, ignoring case, or None when none is close enough to be meant."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    match = difflib.get_close_matches(name.lower()[:200], list(by_lower), n=1, cutoff=0.6)
    return by_lower[match[0]] if match else None


def _pointed(expression: str, position: int) -> list[str]:
    position = min(position, len(expression))
    start = expression.rfind("\n", 0, position) + 1
    end = expression.find("\n", position)
    line = expression[start : len(expression) if end < 0 else end].replace("\t", " ").rstrip("\r")
    column = position - start
    if len(line) > _WINDOW:
        left = max(0, min(column - _WINDOW // 2, len(line) - _WINDOW))
        line, column = line[left : left + _WINDOW], column - left
    return [f"    {line}", f"    {' ' * column}^"]
