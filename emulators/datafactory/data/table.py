"""Tables on their way: a schema and a stream of record batches, and rows that do not fit in."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.errors import Side

BATCH_ROWS = 8192
"""Rows of a batch where the reader chooses; a batch is what is in memory at a time."""


@dataclass(frozen=True)
class Rejected:
    """A row that cannot be taken: its values as far as they can be read, and the error's code and message."""

    values: tuple[Any, ...]
    code: str
    message: str
    side: Side = "Source"
    """Who finds that it does not fit."""


Rejection = Callable[[Rejected], None]
"""What happens to a rejected row: raise (no fault tolerance), or note it and return."""


@dataclass(frozen=True)
class Table:
    """Batches come as they are read; each has this schema."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]
