"""What an expression may see. The language has no clock, no random source and no I/O of its own: all of it is handed
in here.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

from emulators.datafactory.expressions.errors import unsupported


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET
"""Stands for "there is none here" where null is a value, as for the item of a loop."""


def _no_clock() -> datetime:
    raise unsupported(
        "The scope of this expression has no clock. Give Scope(now=…) to use the functions of the current time."
    )


def _no_guid() -> uuid.UUID:
    raise unsupported("The scope of this expression has no source of GUIDs. Give Scope(guid=…) to use 'guid'.")


def _no_random(minimum: int, maximum: int) -> int:
    raise unsupported("The scope of this expression has no random source. Give Scope(random=…) to use 'rand'.")


@dataclass
class Scope:
    """What one evaluation may see; every member is optional, and what is absent is an error in the expression that
    asks.

    `pipeline` is the answer of `pipeline()`: `DataFactory`, `Pipeline`, `RunId`, `TriggerType`, …, with `parameters`
    and
    `globalParameters` in it. `activities` maps a name to `{"output": …, "error": …, "Status": …}`. `trigger` answers
    `trigger()`, `trigger_body` answers `triggerBody()`. All values are JSON values: None, bool, int, float, str,
    list, dict.
    `now` gives an aware time, `random(low, high)` an integer with low <= n < high. Expressions never change any of it.
    """

    pipeline: Mapping[str, Any] | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    activities: Mapping[str, Any] = field(default_factory=dict)
    item: Any = UNSET
    dataset: Mapping[str, Any] | None = None
    linked_service: Mapping[str, Any] | None = None
    trigger: Mapping[str, Any] | None = None
    trigger_body: Any = UNSET
    now: Callable[[], datetime] = _no_clock
    guid: Callable[[], uuid.UUID] = _no_guid
    random: Callable[[int, int], int] = _no_random
