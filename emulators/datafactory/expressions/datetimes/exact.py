"""Reads a timestamp that is written exactly in one of .NET's standard or custom formats (`DateTime.ParseExact`).

A format becomes a regular expression once. Numbers may have one or two digits where the format's letter stands alone
and exactly as many as the letter stands otherwise; names are read whatever their case, in the given culture. The rules
are documented for .NET's custom date and time format strings.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from emulators.datafactory.expressions.datetimes.cultures import Culture
from emulators.datafactory.expressions.datetimes.formatting import custom_pattern
from emulators.datafactory.expressions.datetimes.instant import Instant, Kind, full_year, offset_ticks

_PIECE = re.compile(
    r"(?P<token>([dfFghHKmMstyz])\2*)|'(?P<quoted>(?:[^'\\]|\\.)*)'|\"(?P<doubly>(?:[^\"\\]|\\.)*)\""
    r"|%(?P<single>[^%\\'\"])|\\(?P<escaped>.)|(?P<other>[^%\\'\"])",
    re.DOTALL,
)
_PARTS: Mapping[str, str] = {
    "d": "day",
    "f": "fraction",
    "F": "fraction",
    "h": "hour12",
    "H": "hour",
    "K": "zone",
    "m": "minute",
    "M": "month",
    "s": "second",
    "t": "half",
    "y": "year",
    "z": "zone",
}
_OFFSET = r"[+-][0-9]{2}:[0-9]{2}"
_ZONES = {1: r"[+-][0-9]{1,2}", 2: r"[+-][0-9]{2}"}


class NoDate(ValueError):
    """The format has no year, month and day; what .NET takes instead is the day on which it reads."""


@dataclass(frozen=True, slots=True)
class _Format:
    """`parts` says which part each group of the expression is, in their order."""

    expression: re.Pattern[str]
    parts: tuple[str, ...]
    culture: Culture


def parse_exact(text: str, pattern: str, culture: Culture) -> Instant:
    """The instant; UTC or LOCAL where the text names a zone (moved to UTC), else UNSPECIFIED.

    Raises ValueError for a text that is not written so, for a format that is none, and NoDate for one without a date.
    """
    form = _compiled(pattern, culture)
    found = form.expression.fullmatch(text)
    if found is None:
        raise ValueError("not in this format")
    values: dict[str, str] = {}
    for part, written in zip(form.parts, found.groups(), strict=True):
        if values.setdefault(part, written or "").lower() != (written or "").lower():
            raise ValueError(f"two different values of the {part}")
    return _assembled(values, form.culture)


def _assembled(values: Mapping[str, str], culture: Culture) -> Instant:
    if "year" not in values and "month" not in values and "day" not in values:
        raise NoDate("no date")
    if "year" not in values:
        raise NoDate("no year")
    year = _year(values["year"])
    month = _month(values["month"], culture) if "month" in values else 1
    day = int(values.get("day") or 1)
    instant = Instant.at(year, month, day, _hour(values, culture), int(values.get("minute") or 0), _second(values))
    try:
        instant = instant.plus(int(values.get("fraction", "").ljust(7, "0")))
        weekday = values.get("weekday", "").lower()
        if weekday and weekday not in _names_of(culture, instant.date.isoweekday() % 7):
            raise ValueError("another day of the week")
        return _in_zone(instant, values.get("zone", ""))
    except OverflowError:
        raise ValueError("outside of the years 1 to 9999") from None


def _second(values: Mapping[str, str]) -> int:
    return int(values.get("second") or 0)


def _year(written: str) -> int:
    return int(written) if len(written) > 2 else full_year(int(written))


def _month(written: str, culture: Culture) -> int:
    if written.isascii() and written.isdigit():
        return int(written)
    lists = (culture.months, culture.months_genitive, culture.months_short, culture.months_short_genitive)
    return next(number for names in lists for number, name in enumerate(names, 1) if name.lower() == written.lower())


def _names_of(culture: Culture, weekday: int) -> tuple[str, str]:
    return culture.days[weekday].lower(), culture.days_short[weekday].lower()


def _hour(values: Mapping[str, str], culture: Culture) -> int:
    """An hour of twelve is one of the morning unless the text says otherwise."""
    half = values.get("half", "").lower()
    late = bool(half) and culture.pm.lower().startswith(half) and not culture.am.lower().startswith(half)
    if "hour12" not in values:
        hour = int(values.get("hour") or 0)
        if half and (hour >= 12) != late:
            raise ValueError("another half of the day")
        return hour
    hour = int(values["hour12"])
    if hour > 12:
        raise ValueError("no such hour")
    hour = hour % 12 + (12 if late else 0)
    if "hour" in values and int(values["hour"]) != hour:
        raise ValueError("two different hours")
    return hour


def _in_zone(instant: Instant, zone: str) -> Instant:
    if not zone:
        return instant
    if zone.upper() in ("Z", "GMT"):
        return instant.with_kind(Kind.UTC)
    return instant.plus(-offset_ticks(zone)).with_kind(Kind.LOCAL)


@lru_cache(maxsize=256)
def _compiled(pattern: str, culture: Culture) -> _Format:
    custom, culture = custom_pattern(pattern, culture)
    pieces: list[str] = []
    parts: list[str] = []
    position = 0
    while position < len(custom):
        found = _PIECE.match(custom, position)
        if found is None:
            raise ValueError("an escape or a quotation that does not end")
        position = found.end()
        token = found["token"] or found["single"] or ""
        if token and token[0] in "dfFghHKmMstyz":
            part = "weekday" if token[0] == "d" and len(token) > 2 else _PARTS.get(token[0], "")
            _add(pieces, _expression(token, culture), group=bool(part))
            parts += [part] if part else []
        else:
            pieces.append(re.escape(_literal(found, culture)))
    return _Format(re.compile("".join(pieces), re.IGNORECASE), tuple(parts), culture)


def _add(pieces: list[str], expression: str, *, group: bool) -> None:
    """Append; a point before a fraction that may be missing may be missing too."""
    if expression.startswith("?") and pieces and pieces[-1] == r"\.":
        pieces[-1] = r"(?:\.(?=[0-9])|(?![.0-9]))"
    expression = expression.removeprefix("?")
    pieces.append(f"({expression})" if group else f"(?:{expression})")


def _literal(found: re.Match[str], culture: Culture) -> str:
    quoted = found["quoted"] if found["quoted"] is not None else found["doubly"]
    if quoted is not None:
        return re.sub(r"\\(.)", r"\1", quoted, flags=re.DOTALL)
    if found["escaped"] is not None:
        return found["escaped"]
    character = found["other"] or found["single"]
    return {":": culture.time_separator, "/": culture.date_separator}.get(character, character)


def _expression(token: str, culture: Culture) -> str:
    letter, length = token[0], len(token)
    if letter == "d" and length > 2:
        return _any_of(culture.days_short if length == 3 else culture.days)
    if letter == "M" and length > 2:
        short = (*culture.months_short, *culture.months_short_genitive)
        return _any_of(short if length == 3 else (*culture.months, *culture.months_genitive))
    if letter == "y":
        return {1: "[0-9]{1,2}", 2: "[0-9]{2}", 3: "[0-9]{3,4}"}.get(length, f"[0-9]{{{length}}}")
    if letter in "fF":
        if length > 7:
            raise ValueError("a second has no more than seven digits")
        return f"[0-9]{{{length}}}" if letter == "f" else f"?[0-9]{{0,{length}}}"
    if letter == "t":
        names = (culture.am, culture.pm)
        return _any_of([name[:1] for name in names] if length == 1 else names)
    if letter == "z":
        return _ZONES.get(length, _OFFSET)
    if letter == "K":
        return f"Z|{_OFFSET}|"
    if letter == "g":
        return re.escape(culture.era)
    return "[0-9]{1,2}" if length == 1 else "[0-9]{2}"


def _any_of(names: Sequence[str]) -> str:
    """The longest first, because names begin with others."""
    return "|".join(re.escape(name) for name in sorted(dict.fromkeys(names), key=len, reverse=True))
