"""Moments and spans of time as triggers write them: `2030-01-01T00:00:00Z`, `-1.00:15:00`."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.datafactory.engine.timestamps import parse_timespan
from emulators.datafactory.triggers.definition import InvalidTrigger


def wall_clock(written: Any, name: str) -> datetime | None:
    """A time as written, naive unless it says its offset, to the whole second; None stays None.

    Raises InvalidTrigger naming the property. Python reads six decimals of a second, the service writes seven.
    """
    if written is None:
        return None
    head, dot, tail = str(written).partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    try:
        found = datetime.fromisoformat(f"{head}.{tail[: min(digits, 6)]}{tail[digits:]}" if dot else head)
    except ValueError as error:
        raise InvalidTrigger(f"The property '{name}' is not a time: '{written}'.") from error
    return found.replace(microsecond=0)


def moment(written: Any, name: str) -> datetime | None:
    """A moment in UTC; one without an offset counts as UTC. Raises InvalidTrigger naming the property."""
    found = wall_clock(written, name)
    if found is None:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def timespan(written: Any, name: str) -> timedelta | None:
    """A span of time, negative ones too; None stays None. Raises InvalidTrigger naming the property."""
    if written is None:
        return None
    text = str(written).strip()
    try:
        span = parse_timespan(text.removeprefix("-"))
    except ValueError as error:
        raise InvalidTrigger(f"The property '{name}' is not a timespan of the form d.hh:mm:ss: '{written}'.") from error
    return -span if text.startswith("-") else span
