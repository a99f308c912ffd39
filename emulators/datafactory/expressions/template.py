"""A JSON string as Data Factory reads it: plain text, one whole expression behind `@`, or text with expressions in
`@{…}`; compiled once and kept.
"""

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.interpreter import Program, compile_node, run
from emulators.datafactory.expressions.nodes import Node
from emulators.datafactory.expressions.parser import parse
from emulators.datafactory.expressions.scope import Scope
from emulators.datafactory.expressions.text import check_length, to_text

_CACHED_TEMPLATES = 4096
_CACHED_LENGTH = 16_384


class Segment(NamedTuple):
    """An expression in a string: its text without `@` or `@{}`, and where that text starts in the string."""

    text: str
    start: int


Piece = str | Segment


class Template(NamedTuple):
    """A compiled string. `whole` is the program of one that is all expression, else `pieces` are joined as text."""

    text: str
    whole: Program | None
    pieces: tuple[str | Program, ...]

    @property
    def is_literal(self) -> bool:
        """Whether there is nothing in it to evaluate."""
        return self.whole is None and all(isinstance(piece, str) for piece in self.pieces)

    def evaluate(self, scope: Scope) -> Any:
        """The JSON value in this scope; raises ExpressionError. Infinity and NaN, which JSON lacks, are text."""
        if self.whole is not None:
            result = run(self.whole, scope)
            return to_text(result) if type(result) is float and not math.isfinite(result) else result
        if len(self.pieces) == 1 and type(self.pieces[0]) is str:
            return self.pieces[0]
        texts = [piece if isinstance(piece, str) else _interpolated(piece, scope) for piece in self.pieces]
        check_length(sum(map(len, texts)))
        return "".join(texts)


def _interpolated(program: Program, scope: Scope) -> str:
    value = run(program, scope)
    try:
        return to_text(value)
    except (ValueError, RecursionError):
        raise ExpressionError(
            "Template language expression cannot be evaluated: one of string interpolation segments is not valid. The"
            " value cannot be converted to string.",
            expression=program.text,
            position=0,
        ) from None


def compile_template(text: str) -> Template:
    """The compiled form of a string, from the cache when it was compiled before; raises ExpressionError."""
    return _cached(text) if len(text) <= _CACHED_LENGTH else _compiled(text)


def split_template(text: str) -> Iterator[Piece]:
    """The pieces of a string, in order: its literal text with escapes resolved, and its expressions.

    A string that is one whole expression gives exactly one Segment that starts at 1; in `@{…}` they start behind the
    brace.
    Raises ExpressionError on reaching an expression that is not closed: those in front of it come first (observed).
    """
    if text.startswith("@@"):
        return iter((text[1:],))
    if text.startswith("@") and len(text) > 1 and text[1] != "{":
        return iter((Segment(text[1:], 1),))
    return _interpolation(text) if "@{" in text else iter((text,))


def _interpolation(text: str) -> Iterator[Piece]:
    position, literal = 0, ""
    while True:
        mark = text.find("@{", position)
        if mark < 0:
            literal += text[position:]
            break
        if mark > position and text[mark - 1] == "@":
            literal += text[position : mark - 1] + "@{"
            position = mark + 2
            continue
        literal += text[position:mark]
        if literal:
            yield literal
        literal = ""
        end = _end_of_segment(text, mark)
        yield Segment(text[mark + 2 : end], mark + 2)
        position = end + 1
    if literal:
        yield literal


_BRACE_OR_TEXT = re.compile(r"[{}]|'[^']*'?")


def _end_of_segment(text: str, mark: int) -> int:
    """The index of the brace that closes `@{` at `mark`; braces nest, quoted ones do not count (observed)."""
    depth = 1
    for match in _BRACE_OR_TEXT.finditer(text, mark + 2):
        if match[0] == "{":
            depth += 1
        elif match[0] == "}":
            depth -= 1
            if depth == 0:
                return match.start()
    raise ExpressionError(
        f"The expression '{text}' is not valid: the string interpolation segment starting at position '{mark}' is not"
        " terminated. Make sure that every '@{' is followed by its '}'.",
        expression=text,
        position=mark,
    )


def _compiled(text: str) -> Template:
    if len(text) > 1 and text[0] == "@" and text[1] not in "@{":
        return Template(text, _program(text[1:]), ())
    pieces = (piece if isinstance(piece, str) else _program(piece.text) for piece in split_template(text))
    return Template(text, None, tuple(pieces))


_cached = lru_cache(maxsize=_CACHED_TEMPLATES)(_compiled)


def _program(text: str) -> Program:
    return compile_node(parse(text), text)


def parse_segments(text: str) -> list[tuple[Segment, Node]]:
    """The expressions in a string and their trees; raises ExpressionError."""
    return [(piece, parse(piece.text)) for piece in split_template(text) if isinstance(piece, Segment)]
