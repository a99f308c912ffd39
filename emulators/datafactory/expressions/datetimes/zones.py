"""Time zones by the ids that Data Factory takes: Windows' (`W. Europe Standard Time`), by CLDR's table beside this
module, and IANA's.
"""

import json
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

from emulators.datafactory.expressions.datetimes.instant import MAXIMUM_TICKS, TICKS_PER_SECOND, Instant, Kind


class AmbiguousTime(ValueError):
    """A local time that does not exist, or exists twice, in its zone."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone; `standard_name` is the one that messages use. Only the id `UTC` itself
    counts as UTC: `Etc/UTC` is a zone like any other (observed)."""

    info: zoneinfo.ZoneInfo
    standard_name: str
    is_utc: bool

    @property
    def display_name(self) -> str:
        """The name with the standard offset in front, as .NET shows a zone."""
        if self.is_utc:
            return f"(UTC) {self.standard_name}"
        winter = datetime(2018, 1, 1, tzinfo=self.info)
        offset = (winter.utcoffset() or timedelta()) - (winter.dst() or timedelta())
        minutes = int(offset.total_seconds()) // 60
        return (
            f"(UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}) {self.standard_name}"
        )

    def to_utc(self, instant: Instant) -> Instant:
        """The UTC time of a local one, kept inside the years 1 to 9999; raises AmbiguousTime."""
        local = _datetime(instant)
        early, late = (local.replace(tzinfo=self.info, fold=fold).utcoffset() for fold in (0, 1))
        if early != late:
            raise AmbiguousTime(self.standard_name)
        return _moved(instant, -_ticks(early), Kind.UTC)

    def from_utc(self, instant: Instant) -> Instant:
        """The local time of a UTC one, of no kind unless the zone is UTC, kept inside the years 1 to 9999."""
        if self.is_utc:
            return instant.with_kind(Kind.UTC)
        moment = _datetime(instant)
        if not _FIRST < moment < _LAST:  # beyond what zone rules can be asked for: the nearest offset
            offset = (_FIRST if moment <= _FIRST else _LAST).replace(tzinfo=self.info).utcoffset()
        else:
            offset = moment.replace(tzinfo=UTC).astimezone(self.info).utcoffset()
        return _moved(instant, _ticks(offset), Kind.UNSPECIFIED)


def zone_named(name: str) -> Zone:
    """The zone of an id; raises ValueError when it is unknown. Case does not count."""
    if name.lower() == "utc":
        return _zone("Etc/UTC", "Coordinated Universal Time", is_utc=True)
    windows = _tables()["windows"].get(name.lower())
    if windows is not None:
        return _zone(windows["iana"], windows["name"])
    iana = _iana_names().get(name.lower(), name)
    return _zone(iana, _tables()["standard"].get(iana, {}).get("name", iana))


@cache
def _tables() -> dict[str, dict[str, dict[str, str]]]:
    facts = json.loads(files(__package__).joinpath("zones.json").read_text(encoding="utf-8"))
    return {
        "windows": {name.lower(): {"iana": iana, "name": name} for name, iana in facts["windows"].items()},
        "standard": {iana: {"name": name} for name, zones in facts["standard"].items() for iana in zones},
    }


@cache
def _iana_names() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


@cache
def _zone(iana: str, standard_name: str, is_utc: bool = False) -> Zone:
    try:
        info = zoneinfo.ZoneInfo(iana)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"no time zone '{iana}'") from None
    return Zone(info, standard_name, is_utc)


_FIRST, _LAST = datetime(1, 1, 2), datetime(9999, 12, 30)


def _moved(instant: Instant, ticks: int, kind: Kind) -> Instant:
    return Instant(min(max(instant.ticks + ticks, 0), MAXIMUM_TICKS), kind)


def _datetime(instant: Instant) -> datetime:
    day = instant.date
    return datetime(day.year, day.month, day.day) + timedelta(seconds=instant.seconds_of_day)


def _ticks(offset: timedelta | None) -> int:
    """An offset in ticks, in whole minutes: .NET rounds the odd seconds of local mean times up (observed)."""
    return -int((-(offset or timedelta())).total_seconds() // 60) * 60 * TICKS_PER_SECOND
