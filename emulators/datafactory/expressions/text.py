"""How values become text: in `@{}`, `concat`, `string` and `join`, and inside JSON; and how text compares. .NET's
rules, invariant culture.
"""

import unicodedata
from typing import Any

from emulators.datafactory.expressions.envelopes import envelope_text, is_envelope
from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.values import check_int64, type_name

MAXIMUM_TEXT = 64 * 1024 * 1024
"""Characters in one text (assumed: the real service refuses payloads long before); keeps small inputs from growing
without end.
"""

_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_ESCAPES |= {chr(code): f"\\u{code:04x}" for code in [*range(32), 0x85, 0x2028, 0x2029] if chr(code) not in _ESCAPES}
_ESCAPE_TABLE = str.maketrans(_ESCAPES)


def to_text(value: Any) -> str:
    """The text of a value: booleans capitalised, null empty, objects and arrays as compact JSON, binary and XML
    decoded.

    Raises ValueError for the content of a binary that cannot be read as text, and for an integer beyond Int64.
    """
    kind = type(value)
    if kind is str:
        return str(value)
    if value is None:
        return ""
    if kind is bool:
        return "True" if value else "False"
    if kind is int:
        check_int64(value)
        return str(value)
    if kind is float:
        return float_text(value)
    if is_envelope(value):
        return envelope_text(value)
    return json_text(value)


def float_text(value: float) -> str:
    """A double as .NET writes it: the shortest digits that read back the same, an exponent from 1E+17 and below
    1E-04.
    """
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "Infinity" if value > 0 else "-Infinity"
    sign, digits, exponent = _digits(value)
    point = len(digits) + exponent  # digits before the decimal point
    if point > 17 or point < -3:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}E{'+' if point > 0 else '-'}{abs(point - 1):02d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    if point >= len(digits):
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    return f"{sign}{digits[:point]}.{digits[point:]}"


def _digits(value: float) -> tuple[str, str, int]:
    mantissa, _, exponent = f"{value!r}".partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    scale = int(exponent or 0) - len(fraction)
    digits = (whole + fraction).lstrip("0")
    stripped = digits.rstrip("0")
    if not stripped:
        return sign, "0", 0
    return sign, stripped, scale + len(digits) - len(stripped)


def json_text(value: Any, indented: bool = False) -> str:
    """JSON as Data Factory writes it: compact (or indented by two), properties in order, `1.0` stays `1.0`."""
    pieces: list[str] = []
    _write(value, pieces, "\n" if indented else "")
    return _limited("".join(pieces))


def _write(value: Any, out: list[str], newline: str) -> None:
    """Writes with a list of what is left to write, so that depth costs no stack; texts in it are ready."""
    pending: list[Any] = [(value, newline)]
    while pending:
        task = pending.pop()
        if type(task) is str:
            out.append(task)
            continue
        current, indent = task
        kind = type(current)
        if kind is str:
            out.append(f'"{current.translate(_ESCAPE_TABLE)}"')
        elif kind is dict:
            labels = [f'"{name.translate(_ESCAPE_TABLE)}":{" " if indent else ""}' for name in current]
            _write_members("{}", labels, list(current.values()), pending, indent)
        elif kind is list:
            _write_members("[]", [""] * len(current), current, pending, indent)
        else:
            out.append(_scalar(current))


def _write_members(brackets: str, labels: list[str], items: list[Any], pending: list[Any], newline: str) -> None:
    inner = newline and newline + "  "
    pending.append(f"{newline if items else ''}{brackets[1]}")
    for index in range(len(items) - 1, -1, -1):
        pending.append((items[index], inner))
        pending.append(f"{',' if index else ''}{inner}{labels[index]}")
    pending.append(brackets[0])


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int:
        return str(value)
    if type(value) is float:
        text = float_text(value)
        if text.endswith(("y", "N")):  # JSON has no such numbers: they are written as strings (observed)
            return f'"{text}"'
        return text if "." in text or "E" in text else f"{text}.0"
    raise AssertionError(type_name(value))


def _limited(text: str) -> str:
    check_length(len(text))
    return text


def check_length(length: int) -> None:
    """Refuses a text of more than MAXIMUM_TEXT characters before it is made."""
    if length > MAXIMUM_TEXT:
        raise ExpressionError(f"The text of '{length}' characters exceeds the maximum of '{MAXIMUM_TEXT}'.")


_SYMBOLS = (
    "\t\n\v\f\r\u0085\u2028\u2029 _-\u2013\u2014,;:!\u00a1?\u00bf.\u00b7'\"\u00ab\u00bb"
    "()[]{}\u00a7@*/\\&#%`\u00b4^\u00a8\u00b0\u00a9\u00ae+\u00b1\u00f7\u00d7<=>\u00ac|~\u00a4\u00a2$\u00a3\u00a5\u20ac"
)
"""White space and symbols in the order of the Unicode collation; they sort in front of digits, and digits before
letters (observed).
"""
_RANKS = {symbol: rank for rank, symbol in enumerate(_SYMBOLS)}
_EXPANSIONS = str.maketrans(
    {"\u00df": "ss", "\u00e6": "ae", "\u00c6": "AE", "\u0153": "oe", "\u0152": "OE", "\u2026": "..."}
)


def collation_key(text: str) -> tuple[list[int], list[str], list[bool], str]:
    """A key that sorts as .NET's culture-aware comparison: base letters, then accents, then lower before upper case
    (observed).
    """
    base: list[int] = []
    accents: list[str] = []
    upper: list[bool] = []
    expanded = text.translate(_EXPANSIONS)
    for character in unicodedata.normalize("NFKD", expanded):
        if unicodedata.combining(character):
            if accents:
                accents[-1] += character
        elif character in _RANKS or unicodedata.category(character) not in ("Cc", "Cf"):
            folded = character.lower()
            base.append(_RANKS.get(character, 0x100 + ord(folded[0])))
            accents.append("")
            upper.append(character != folded)
    return base, accents, upper, text if expanded != text else ""
