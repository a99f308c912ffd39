"""Partitions of a source by ranges of a column (`partitionOption` DynamicRange): conditions that share all rows out.

The bounds decide how wide a range is and never which rows are copied, as documented: the first condition takes all
that lies below (and what is null), the last all that lies above.
"""

import re
from datetime import datetime
from itertools import pairwise
from typing import Any

from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.sql.session import quoted

EVERYTHING = "1 = 1"
DEFAULT_PIECES = 4
"""Partitions without `parallelCopies` (assumed; the service decides by its units)."""

_PLACEHOLDER = re.compile(r"\?(?:Adf|Df)DynamicRangePartitionCondition\b", re.IGNORECASE)
_OTHER_PLACEHOLDER = re.compile(r"\?(?:Adf|Df)(?!DynamicRangePartitionCondition\b)\w+", re.IGNORECASE)


def has_placeholder(query: str) -> bool:
    """Whether the query says where the condition belongs; raises Unsupported for the older placeholders."""
    other = _OTHER_PLACEHOLDER.search(query)
    if other is not None:
        raise Unsupported(f"A query with '{other[0]}'", "use '?AdfDynamicRangePartitionCondition'.")
    return _PLACEHOLDER.search(query) is not None


def with_condition(query: str, condition: str) -> str:
    """The query with the condition where its placeholder stands."""
    return _PLACEHOLDER.sub(lambda _: f"({condition})", query)


def conditions(column: str, low: Any, high: Any, pieces: int) -> list[str]:
    """SQL conditions that share all rows out by the column; `low` and `high` as SQLite has them or as settings give
    them. Raises InvalidSettings for a column that is neither a whole number nor a time.
    """
    if low is None or high is None:
        return [EVERYTHING]
    edges = _edges(_bound(low, column), _bound(high, column), pieces)
    if not edges:
        return [EVERYTHING]
    name = quoted(column)
    written = [str(edge) if isinstance(edge, int) else f"'{edge.isoformat()}'" for edge in edges]
    between = [f"{name} > {below} AND {name} <= {above}" for below, above in pairwise(written)]
    return [f"{name} <= {written[0]} OR {name} IS NULL", *between, f"{name} > {written[-1]}"]


def _edges(low: Any, high: Any, pieces: int) -> list[Any]:
    """As many edges as make `pieces` ranges, in order; fewer where there is not that much between them."""
    if type(low) is not type(high):
        raise InvalidSettings(f"The partition bounds {low} and {high} are of different types.")
    if pieces < 2 or low > high:
        return []
    if pieces == 2:
        return [low + (high - low) // 2]
    ranges = pieces - 2
    return list(dict.fromkeys(low + (high - low) * number // ranges for number in range(ranges + 1)))


def _bound(value: Any, column: str) -> Any:
    if isinstance(value, int):
        return value
    written = str(value).strip()
    try:
        return int(written)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(written).replace(tzinfo=None)
    except ValueError:
        raise InvalidSettings(
            f"A partition column holds whole numbers or times; '{column}' has the bound {value!r}."
        ) from None
