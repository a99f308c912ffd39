"""String functions. Search is ordinal: `indexOf`, `startsWith` and `endsWith` ignore case, `replace` and `split` do
not (observed); indexes count UTF-16 code units.
"""

from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions.signature import (
    ABSENT,
    ANY,
    INTEGER,
    NO_PARAMETERS,
    PARAMETER_S,
    PARAMETERS,
    STRING,
    Check,
    Family,
    Parameter,
)
from emulators.datafactory.expressions.functions.texts import texts_of
from emulators.datafactory.expressions.scope import Scope
from emulators.datafactory.expressions.text import check_length
from emulators.datafactory.expressions.utf16 import WHITE_SPACE, lower, section, units, upper
from emulators.datafactory.expressions.values import int32

family = Family("string")

_TEXT = Parameter(STRING, "to be of type string")
_A_STRING = Parameter(STRING, "to be a string")


@family(
    "concat",
    f"expects a comma separated list of string and integer parameters. {NO_PARAMETERS}",
    Parameter(ANY),
    minimum=1,
    repeats=True,
)
def concat(*values: Any) -> str:
    """The texts of all values, one behind the other; arrays are not merged (documented otherwise, observed)."""
    texts = texts_of("concat", values, "parameter")
    check_length(sum(map(len, texts)))
    return "".join(texts)


@family(
    "endsWith",
    "expects two parameters: the string as the first parameter, the value to check as the second parameter."
    f" {PARAMETER_S}",
    _TEXT,
    _TEXT,
)
def ends_with(text: str, search: str) -> bool:
    """Whether the text ends so, ignoring case (observed)."""
    return upper(text).endswith(upper(search))


@family(
    "startsWith",
    "expects two parameters: the string as the first parameter, the value to check as the second parameter."
    f" {PARAMETER_S}",
    _TEXT,
    _TEXT,
)
def starts_with(text: str, search: str) -> bool:
    """Whether the text starts so, ignoring case (observed)."""
    return upper(text).startswith(upper(search))


@family(
    "guid",
    f"can be invoked with no parameters or with an optional format parameter. {PARAMETER_S}",
    _TEXT,
    minimum=0,
    scoped=True,
)
def guid(scope: Scope, layout: str = "D") -> str:
    """A new GUID in one of .NET's layouts `N D B P X`, upper-case only (observed)."""
    if layout not in ("N", "D", "B", "P", "X"):
        raise ExpressionError(
            f"The function 'guid' format parameter '{layout}' is not supported. The supported formats are: 'N, D, B,"
            " P, X'."
        )
    value = scope.guid()
    if layout == "N":
        return value.hex
    if layout == "X":
        tail = ",".join(f"0x{byte:02x}" for byte in value.bytes[8:])
        return f"{{0x{value.time_low:08x},0x{value.time_mid:04x},0x{value.time_hi_version:04x},{{{tail}}}}}"
    return {"D": "{}", "B": "{{{}}}", "P": "({})"}[layout].format(value)


@family(
    "indexOf",
    "expects two parameters: the string as the first parameter, the value to find the index of as the second parameter."
    f" {PARAMETER_S}",
    _TEXT,
    _TEXT,
)
def index_of(text: str, search: str) -> int:
    """Where the search first occurs, ignoring case, or -1; an empty search occurs at 0 (observed)."""
    found = upper(text).find(upper(search))
    return found if found <= 0 else units(text[:found])


@family(
    "lastIndexOf",
    "expects two parameters: the string as the first parameter, the value to find the last index of as the second"
    f" parameter. {PARAMETER_S}",
    _TEXT,
    _TEXT,
)
def last_index_of(text: str, search: str) -> int:
    """Where the search last occurs, ignoring case, or -1; an empty search occurs at the last character (observed)."""
    if search == "":
        return max(units(text) - 1, 0)
    found = upper(text).rfind(upper(search))
    return found if found <= 0 else units(text[:found])


@family(
    "replace",
    "expects three string parameters: the string to replace characters inside of as the first parameter, the string"
    " that will be replaced by the new string as the second parameter, and the new string as the third parameter."
    f" {PARAMETER_S}",
    Parameter(STRING, "to be a string", "string"),
    Parameter(STRING, "to be a string", "old string"),
    Parameter(STRING, "to be a string", "new string"),
)
def replace(text: str, old: str, new: str) -> str:
    """Every occurrence replaced, case-sensitive; the empty string cannot be replaced (observed)."""
    if old == "" and text != "":
        raise ExpressionError("String cannot be of zero length. (Parameter 'oldValue')")
    if text == "":
        return text
    if len(new) > len(old):
        check_length(len(text) + text.count(old) * (len(new) - len(old)))
    return text.replace(old, new)


@family(
    "split",
    "expects two parameters: the string to split as the first parameter, the separator as the second parameter."
    f" {PARAMETER_S}",
    _TEXT,
    _TEXT,
)
def split(text: str, separator: str) -> list[str]:
    """The parts between the separators, empty ones kept; an empty separator separates nothing (observed)."""
    return text.split(separator) if separator else [text]


_OUTSIDE_LENGTH = (
    "The function 'substring' parameters are out of range: 'start index' and 'length' must be non-negative integers and"
    " their sum must be no larger than the length of the string."
)


@family(
    "substring",
    "expects two parameters: the 'string' to take a section from as the first parameter, the 'start index' as the"
    f" second parameter. {PARAMETER_S}",
    Parameter(STRING, "to be a string", "string"),
    Parameter(INTEGER, "to be an integer", "start index"),
    Parameter(INTEGER, "to be an integer", "length", late=True),
    minimum=2,
)
def substring(check: Check, text: str, start: int, length: Any = ABSENT) -> str:
    """The characters from `start` on, `length` of them or all; `start` must lie inside the text (observed)."""
    size, start = units(text), int32(start)
    if not 0 <= start < size:
        raise ExpressionError(
            "The function 'substring' parameter is out of range: 'start index' must be non-negative integer and"
            " should be less than the length of the string."
        )
    if length is ABSENT:
        return section(text, start, size)
    check(2, length)
    count = int32(length)
    if not 0 <= count <= size - start:
        raise ExpressionError(_OUTSIDE_LENGTH)
    return section(text, start, start + count)


@family("toLower", f"expects one parameter: the string to convert to lower casing. {PARAMETERS}", _A_STRING)
def to_lower(text: str) -> str:
    """Lower case, letter by letter, in the invariant culture."""
    return lower(text)


@family("toUpper", f"expects one parameter: the string to convert to upper casing. {PARAMETERS}", _A_STRING)
def to_upper(text: str) -> str:
    """Upper case, letter by letter, in the invariant culture: letters that would become two stay (observed)."""
    return upper(text)


@family(
    "trim",
    "must have only one parameter.",
    Parameter(STRING),
    invalid_type="The provided parameters for template language function '{name}' are not valid.",
)
def trim(text: str) -> str:
    """Without the white space at both ends, as Unicode counts it."""
    return text.strip(WHITE_SPACE)
