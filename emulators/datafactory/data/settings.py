"""Reading settings whose JSON types vary: documents written by hand and by Studio give booleans and numbers as text."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.engine.timestamps import parse_timespan

Settings = Mapping[str, Any]


def text(settings: Settings, name: str, default: str = "") -> str:
    """The property as text, `default` where absent or null."""
    value = settings.get(name)
    if value is None:
        return default
    if not isinstance(value, str | int | float):
        raise InvalidSettings(f"The property '{name}' must be a text, but is {value!r}.")
    return str(value)


def flag(settings: Settings, name: str, *, default: bool = False) -> bool:
    """The property as a boolean; `"true"` and `"false"` are taken too."""
    value = settings.get(name)
    if value is None:
        return default
    found = {"true": True, "false": False}.get(str(value).lower())
    if found is None:
        raise InvalidSettings(f"The property '{name}' must be true or false, but is {value!r}.")
    return found


def number(settings: Settings, name: str) -> int | None:
    """The property as a whole number that is not negative, None where absent."""
    value = settings.get(name)
    if value is None:
        return None
    try:
        found = int(value)
    except (TypeError, ValueError):
        found = -1
    if found < 0 or isinstance(value, bool):
        raise InvalidSettings(f"The property '{name}' must be a whole number, but is {value!r}.")
    return found


def seconds(settings: Settings, name: str, default: str) -> float:
    """The property as a time span of the form `d.hh:mm:ss`, in seconds; `default` where absent."""
    try:
        return parse_timespan(text(settings, name, default)).total_seconds()
    except ValueError as error:
        raise InvalidSettings(f"The property '{name}': {error}") from None


def moment(settings: Settings, name: str) -> datetime | None:
    """The property as an aware time; without a zone it is UTC (documented)."""
    value = text(settings, name)
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value)
    except ValueError:
        raise InvalidSettings(f"The property '{name}' must be a time in ISO 8601, but is '{value}'.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def section(settings: Settings, name: str) -> Settings:
    """A nested object, empty where absent or null."""
    value = settings.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidSettings(f"The property '{name}' must be an object, but is {value!r}.")
    return value
