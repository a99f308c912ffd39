"""Cuts an expression into tokens, one at a time, as the parser asks for them: a malformed character is reported only
when everything before it made sense (observed: `1 2 #` complains of the 2).
"""

import re
from typing import Literal

from emulators.datafactory.expressions.errors import ExpressionError

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

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

Token = tuple[TokenKind, str | int | float, int, int]
"""One token: its kind, its value (text of a name, value of a literal), and the half-open span it covers."""

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


def token_at(text: str, index: int) -> Token:
    """The token that starts at `index` or, after white space, behind it; ExpressionError for what is none."""
    match = _PATTERN.match(text, index)
    if match is None:
        raise _unexpected(text, index)
    group = match.lastindex or 0
    start, end = match.span(group)
    if group == _PUNCTUATION:
        return _PUNCTUATION_KINDS[text[start]], text[start], start, end
    if group == _IDENTIFIER:
        name = text[start:end]
        return ("Identifier", name, start, end) if name.isascii() else _identifier(text, start, end)
    if group == _STRING:
        return "Literal", text[start + 1 : end - 1].replace("''", "'"), start, end
    if group == _NUMBER:
        return _number(text, start, end)
    return "EndOfData", "", start, end


def _identifier(text: str, start: int, end: int) -> Token:
    """A name with letters beyond ASCII: the pattern also lets number-like characters pass, such as a superscript two."""
    name = text[start:end]
    for offset, character in enumerate(name):
        if not (character.isalpha() or character in "_$" or (offset and character.isdecimal())):
            raise _unexpected_character(text, start + offset)
    return "Identifier", name, start, end


def _number(text: str, start: int, end: int) -> Token:
    if _AFTER_NUMBER.match(text, end):
        raise _unexpected_character(text, end)
    digits = text[start:end]
    try:
        if not digits.isascii():
            raise ValueError
        if any(mark in digits for mark in ".eE"):
            return "Float", float(digits), start, end
        value = int(digits)
    except ValueError:
        raise _not_a_number(text, digits, start) from None
    if not INT64_MIN <= value <= INT64_MAX:
        raise _not_a_number(text, digits, start)
    return "Integer", value, start, end


def _unexpected(text: str, index: int) -> ExpressionError:
    while index < len(text) and text[index].isspace():
        index += 1
    if text.startswith("'", index):
        sentence = (
            f"The expression '{text}' is not valid: the string constant at position '{_utf16(text, index)}' is not"
            " terminated."
            " String constants must be enclosed within a pair of quotes."
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
