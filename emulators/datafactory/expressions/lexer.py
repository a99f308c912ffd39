"""Cuts an expression into tokens, one at a time, as the parser asks for them: a malformed character is reported only
when everything before it made sense (observed: `1 2 #` complains of the 2).
"""

import re
from typing import Literal

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.values import INT64_MAX, INT64_MIN

TokenKind = Literal[
    "Identifier",
    "Literal",
    "Integer",
    "Float",
    "LeftParenthesis",
    "RightParenthesis",
    "LeftSquareBracket",
    "RightSquareBracket",
    "Dot",
    "Comma",
    "QuestionMark",
    "EndOfData",
]
"""The kinds of token, by the names Data Factory uses for them in its messages."""

_PATTERN = re.compile(
    r"""\s*(?:
      ([^\W\d][\w$]*|\$[\w$]*)
    | ([()\[\].,?])
    | ('(?:[^']|'')*+')
    | ((?:[+-]\d*|\d+)(?:\.\d*)?(?:[eE](?!\Z)[+-]?\d*)?)
    | (\Z)
    )""",
    re.VERBOSE,
)
_match = _PATTERN.match
_IDENTIFIER, _PUNCTUATION, _STRING, _NUMBER = 1, 2, 3, 4
_AFTER_NUMBER = re.compile(r"[\w$]")
_PUNCTUATION_KINDS: dict[str, TokenKind] = {
    "(": "LeftParenthesis",
    ")": "RightParenthesis",
    "[": "LeftSquareBracket",
    "]": "RightSquareBracket",
    ".": "Dot",
    ",": "Comma",
    "?": "QuestionMark",
}


class Lexer:
    """Stands at one token of a text: its `kind`, `value` (text of a name, value of a literal), and the span it covers.

    Raises ExpressionError, as soon as it comes to stand on what is no token.
    """

    __slots__ = ("end", "kind", "start", "text", "value")

    def __init__(self, text: str) -> None:
        self.text = text
        self.kind: str = ""
        self.value: str | int | float = ""
        self.start = 0
        self.end = 0
        self.advance()

    def advance(self) -> None:
        """Goes on to the next token, over white space; at the end of the text it stays there."""
        text = self.text
        match = _match(text, self.end)
        if match is None:
            raise _unexpected(text, self.end)
        group = match.lastindex
        self.end = end = match.end()
        if group == _PUNCTUATION:
            self.start = end - 1
            self.kind = _PUNCTUATION_KINDS[text[end - 1]]
        elif group == _IDENTIFIER:
            self.start = start = match.start(_IDENTIFIER)
            self.kind = "Identifier"
            self.value = name = text[start:end]
            if not name.isascii():
                _check_letters(text, start, end)
        else:
            self.start = match.start(group or 0)
            self._read_literal(group)

    def _read_literal(self, group: int | None) -> None:
        if group == _STRING:
            self.kind = "Literal"
            self.value = self.text[self.start + 1 : self.end - 1].replace("''", "'")
        elif group == _NUMBER:
            self.kind, self.value = _number(self.text, self.start, self.end)
        else:
            self.kind = "EndOfData"


def _check_letters(text: str, start: int, end: int) -> None:
    """Refuses what the pattern lets pass in a name beyond ASCII: number-like characters, such as a superscript two."""
    name = text[start:end]
    for offset, character in enumerate(name):
        if not (character.isalpha() or character in "_$" or (offset and character.isdecimal())):
            raise _unexpected_character(text, start + offset)


def _number(text: str, start: int, end: int) -> tuple[TokenKind, int | float]:
    if _AFTER_NUMBER.match(text, end):
        raise _unexpected_character(text, end)
    digits = text[start:end]
    try:
        if not digits.isascii():
            raise ValueError
        if any(mark in digits for mark in ".eE"):
            return "Float", float(digits)
        value = int(digits)
    except ValueError:
        raise _not_a_number(text, digits, start) from None
    if not INT64_MIN <= value <= INT64_MAX:
        raise _not_a_number(text, digits, start)
    return "Integer", value


def _unexpected(text: str, index: int) -> ExpressionError:
    while index < len(text) and text[index].isspace():
        index += 1
    if text.startswith("'", index):
        sentence = (
            f"The expression '{text}' is not valid: the string constant at position '{_utf16(text, index)}' is not"
            " terminated. String constants must be enclosed within a pair of quotes."
        )
        return ExpressionError(sentence, expression=text, position=index)
    return _unexpected_character(text, index)


def _unexpected_character(text: str, index: int) -> ExpressionError:
    sentence = (
        f"The expression '{text}' is not valid: the string character '{text[index]}' at position"
        f" '{_utf16(text, index)}' is not expected."
    )
    return ExpressionError(sentence, expression=text, position=index)


def _not_a_number(text: str, digits: str, start: int) -> ExpressionError:
    sentence = (
        f"The expression '{text}' is not valid: the value '{digits}' at position"
        f" '{_utf16(text, start)}' cannot be converted to number."
    )
    return ExpressionError(sentence, expression=text, position=start)


def _utf16(text: str, index: int) -> int:
    """`index` as Data Factory counts it, in UTF-16 code units."""
    return len(text[:index].encode("utf-16-le", "surrogatepass")) // 2
