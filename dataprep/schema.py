"""The contract of the driver table: which columns a file has, in which order, and what a value may look like.

The insurer's table has 59 columns: an id, the target (did the driver file a claim?) and 57 anonymous
features. Everything that needs to know the table (the gate, the check, the sample) asks this module, and it
needs nothing but the standard library, so that it can be asked without Spark.

A value is accepted by its spelling: one regular expression for each kind of column. The kinds are narrow on
purpose (whole numbers of at most nine digits fit an `int`, identifiers of eighteen a `bigint`), so that a
value which matches its pattern can always be cast to its type.
"""

import re
from dataclasses import dataclass

ID = "id"
TARGET = "target"


@dataclass(frozen=True)
class Kind:
    """What a column holds: its SQL type, the spelling it accepts, and the name people give to such values.

    The pattern must mean the same in Python and in Java, because Spark matches with Java.
    """

    sql_type: str
    pattern: str
    described: str


IDENTIFIER = Kind("bigint", r"\d{1,18}", "a driver's id: a whole number of at most 18 digits")
LABEL = Kind("int", r"[01]", "0 or 1")
WHOLE = Kind("int", r"-?\d{1,9}", "a whole number of at most nine digits")
DECIMAL = Kind("double", r"-?\d{1,15}(?:\.\d{1,20})?(?:[eE][-+]?\d{1,2})?", "a number as the table has them")


def _numbered(prefix: str, first: int, last: int, suffix: str = "") -> list[str]:
    return [f"{prefix}_{number:02d}{suffix}" for number in range(first, last + 1)]


COLUMNS: tuple[str, ...] = (
    ID,
    TARGET,
    "ps_ind_01",
    "ps_ind_02_cat",
    "ps_ind_03",
    "ps_ind_04_cat",
    "ps_ind_05_cat",
    *_numbered("ps_ind", 6, 13, "_bin"),
    "ps_ind_14",
    "ps_ind_15",
    *_numbered("ps_ind", 16, 18, "_bin"),
    *_numbered("ps_reg", 1, 3),
    *_numbered("ps_car", 1, 11, "_cat"),
    *_numbered("ps_car", 11, 15),
    *_numbered("ps_calc", 1, 14),
    *_numbered("ps_calc", 15, 20, "_bin"),
)
"""The 59 column names in the order of the original file; every output has exactly these."""

_DECIMALS = frozenset([*_numbered("ps_reg", 1, 3), *_numbered("ps_car", 12, 15), *_numbered("ps_calc", 1, 3)])


def kind_of(column: str) -> Kind:
    """The kind of one of the 59 columns; KeyError for a name that is none of them."""
    if column not in COLUMNS:
        raise KeyError(column)
    if column == ID:
        return IDENTIFIER
    if column == TARGET:
        return LABEL
    return DECIMAL if column in _DECIMALS else WHOLE


HEADER = ",".join(COLUMNS)
"""The first line of every output."""


def whole(pattern: str) -> str:
    """The pattern for a text that matches from its first character to its last, in Python as in Java.

    Not with `$`, which both let match before a last line end, and they do not agree on what line ends are.
    """
    return rf"^(?:{pattern})(?![\s\S])"


ROW_PATTERN = whole(",".join(kind_of(column).pattern for column in COLUMNS))
"""Matches a line that holds one sound row in contract order, and no other line."""

DDL = ", ".join(f"{column} {kind_of(column).sql_type}" for column in COLUMNS)
"""The table's types in SQL, as Spark reads a schema."""

_ROW = re.compile(ROW_PATTERN, re.ASCII)


def is_sound(line: str) -> bool:
    """Whether a line (no line end) holds one sound row in contract order."""
    return _ROW.match(line) is not None
