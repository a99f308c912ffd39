"""Cuts an expression into tokens, one at a time, as the parser asks for them: a malformed character is reported only
when everything before it made sense (observed: `1 2 #` complains of the 2).
"""

import re
from enum import Enum
from typing import NamedTuple

from emulators.datafactory.expressions.errors import ExpressionError

INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1


class TokenKind(Enum):
    """The kinds of token, by the names Data Factory uses for them in its messages."""

    IDENTIFIER = "Identifier"
    LITERAL = "Literal"
    INTEGER = "Integer"
    FLOAT = "Float"
    LEFT_PARENTHESIS = "LeftParenthesis"
    RIGHT_PARENTHESIS = "RightParenthesis"
    LEFT_SQUARE_BRACKET = "LeftSquareBracket"
    RIGHT_SQUARE_BRACKET = "RightSquareBracket"
    DOT = "Dot"
    COMMA = "Comma"
    QUESTION_MARK = "QuestionMark"
    END_OF_DATA = "EndOfData"


class Token(NamedTuple):
    """One token: its kind, its value (text of a name, value of a literal), the half-open span it covers."""

    kind: TokenKind
    value: str | int | float
    start: int
    end: int


_PATTERN = re.compile(
    r"""\s*(?:
      (?P<identifier>[^\W\d][\w$]*|\$[\w$]*)
    | (?P<string>'(?:[^']|'')*+')
    | (?P<number>(?:[+-]\d*|\d+)(?:\.\d*)?(?:[eE](?!\Z)[+-]?\d*)?)
    | (?P<punctuation>[()\[\].,?])
    | (?P<end>\Z)
    )""",
    re.VERBOSE,
)
_AFTER_NUMBER = re.compile(r"[\w$]")
_PUNCTUATION = {
    "(": TokenKind.LEFT_PARENTHESIS,
    ")": TokenKind.RIGHT_PARENTHESIS,
    "[": TokenKind.LEFT_SQUARE_BRACKET,
    "]": TokenKind.RIGHT_SQUARE_BRACKET,
    ".": TokenKind.DOT,
    ",": TokenKind.COMMA,
    "?": TokenKind.QUESTION_MARK,
}


def token_at(text: str, index: int) -> Token:
    """The token that starts at or, after white space, behind `index`; raises ExpressionError for what is no token."""
    match = _PATTERN.match(text, index)
    group = match.lastgroup if match else None
    if match is None or group is None:
        raise _unexpected(text, index)
    start, end = match.span(group)
    if group == "punctuation":
        return Token(_PUNCTUATION[text[start]], text[start], start, end)
    if group == "identifier":
        return _identifier(text, start, end)
    if group == "string":
        return Token(TokenKind.LITERAL, text[start + 1 : end - 1].replace("''", "'"), start, end)
    if group == "number":
        return _number(text, start, end)
    return Token(TokenKind.END_OF_DATA, "", start, end)


def _identifier(text: str, start: int, end: int) -> Token:
    name = text[start:end]
    if not name.isascii():  # the pattern's \w also takes number-like characters such as a superscript two
        for offset, character in enumerate(name):
            if not (character.isalpha() or character in "_$" or (offset and character.isdecimal())):
                raise _unexpected_character(text, start + offset)
    return Token(TokenKind.IDENTIFIER, name, start, end)


def _number(text: str, start: int, end: int) -> Token:
    if _AFTER_NUMBER.match(text, end):
        raise _unexpected_character(text, end)
    digits = text[start:end]
    try:
        if not digits.isascii():
            raise ValueError
        if any(mark in digits for mark in ".eE"):
            return Token(TokenKind.FLOAT, float(digits), start, end)
        value = int(digits)
    except ValueError:
        raise _not_a_number(text, digits, start) from None
    if not INT64_MIN <= value <= INT64_MAX:
        raise _not_a_number(text, digits, start)
    return Token(TokenKind.INTEGER, value, start, end)


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
