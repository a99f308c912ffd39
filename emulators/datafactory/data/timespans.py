"""Periods of time as .NET writes and reads them; inside they are ticks of 100 nanoseconds.

Formats are .NET's standard ones (`c`, `g`, `G`) and custom ones, in which everything but the letters of the parts has
to be quoted or escaped, as in `dd\\.hh\\:mm`.
"""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from functools import lru_cache

from emulators.datafactory.expressions.datetimes.cultures import Culture
from emulators.datafactory.expressions.datetimes.instant import TICKS_PER_DAY, TICKS_PER_SECOND

_TICKS_PER_HOUR, _TICKS_PER_MINUTE = 3600 * TICKS_PER_SECOND, 60 * TICKS_PER_SECOND
_LARGEST = 2**63 - 1
_CONSTANT = frozenset("ctT")
_LONGEST = {"d": 8, "h": 2, "m": 2, "s": 2, "f": 7, "F": 7}
"""Part of a custom format → how often its letter may stand in a row."""

_USUAL = re.compile(
    r"(?P<sign>-)?(?:(?P<days>\d+)(?:[.:](?=\d+:\d+:)|\.(?=\d+:)))?(?P<hours>\d{1,2}):(?P<minutes>\d{1,2})"
    r"(?::(?P<seconds>\d{1,2})(?:\.(?P<fraction>\d{1,7}))?)?|(?P<minus>-)?(?P<whole>\d+)",
    re.ASCII,
)
_PIECE = re.compile(
    r"(?P<part>([dhmsfF])\2*)|%(?P<single>[dhmsfF])|'(?P<quoted>[^']*)'|\"(?P<doubly>[^\"]*)\"|\\(?P<escaped>.)",
    re.DOTALL,
)


def ticks_of(value: time | timedelta) -> int:
    """The ticks of a period, or of a time of day since midnight."""
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return (value.days * 86_400 + value.seconds) * TICKS_PER_SECOND + value.microseconds * 10


def timespan_text(ticks: int, pattern: str = "", culture: Culture | None = None) -> str:
    """The period in a format, "" for .NET's constant one (`c`). Custom formats show no sign. Raises ValueError."""
    sign, rest = "-" if ticks < 0 else "", abs(ticks)
    days, rest = divmod(rest, TICKS_PER_DAY)
    hours, rest = divmod(rest, _TICKS_PER_HOUR)
    minutes, rest = divmod(rest, _TICKS_PER_MINUTE)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    point = culture.decimal_separator if culture is not None else "."
    if not pattern or pattern in _CONSTANT:
        end = f".{fraction:07d}" if fraction else ""
        return f"{sign}{f'{days}.' if days else ''}{hours:02d}:{minutes:02d}:{seconds:02d}{end}"
    if pattern == "g":
        end = f"{point}{fraction:07d}".rstrip("0") if fraction else ""
        return f"{sign}{f'{days}:' if days else ''}{hours}:{minutes:02d}:{seconds:02d}{end}"
    if pattern == "G":
        return f"{sign}{days}:{hours:02d}:{minutes:02d}:{seconds:02d}{point}{fraction:07d}"
    parts = {"d": days, "h": hours, "m": minutes, "s": seconds}
    digits = f"{fraction:07d}"
    written = []
    for letter, length, literal in _pieces(pattern):
        if letter in parts:
            written.append(str(parts[letter]).zfill(length))
        elif letter:
            written.append(digits[:length] if letter == "f" else digits[:length].rstrip("0"))
        else:
            written.append(literal)
    return "".join(written)


def parse_timespan(written: str, pattern: str = "", culture: Culture | None = None) -> int:
    """The ticks of a text: in one of the usual forms without a format, exactly in the format with one.

    Raises ValueError with .NET's sentences.
    """
    usual = not pattern or pattern in _CONSTANT or pattern in ("g", "G")
    if usual and culture is not None and pattern in ("g", "G"):
        written = written.replace(culture.decimal_separator, ".")
    found = (_USUAL if usual else _exact(pattern)).fullmatch(written.strip() if usual else written)
    if found is None:
        raise ValueError("String was not recognized as a valid TimeSpan.")
    groups = found.groupdict()
    days, hours, minutes, seconds = (int(groups.get(name) or 0) for name in ("days", "hours", "minutes", "seconds"))
    days += int(groups.get("whole") or 0)
    ticks = days * TICKS_PER_DAY + hours * _TICKS_PER_HOUR + minutes * _TICKS_PER_MINUTE + seconds * TICKS_PER_SECOND
    ticks += int((groups.get("fraction") or "").ljust(7, "0"))
    if hours > 23 or minutes > 59 or seconds > 59 or ticks > _LARGEST:
        raise ValueError(
            "The TimeSpan could not be parsed because at least one of the numeric components is out of range or "
            "contains too many digits."
        )
    return -ticks if groups.get("sign") or groups.get("minus") else ticks


@lru_cache(maxsize=64)
def _exact(pattern: str) -> re.Pattern[str]:
    names = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds", "f": "fraction", "F": "fraction"}
    seen: set[str] = set()
    pieces = []
    for letter, length, literal in _pieces(pattern):
        if not letter:
            pieces.append(re.escape(literal))
            continue
        if names[letter] in seen:
            raise ValueError("a part stands twice")
        seen.add(names[letter])
        least, most = length, length
        if letter == "F":
            least = 0
        elif length == 1 and letter != "f":
            most = 8 if letter == "d" else 2
        pieces.append(f"(?P<{names[letter]}>[0-9]{{{least},{most}}})")
    return re.compile("".join(pieces))


def _pieces(pattern: str) -> Iterator[tuple[str, int, str]]:
    """A custom format's parts (letter and length) and literals; raises ValueError for what is no such format."""
    if len(pattern) == 1:
        raise ValueError("no such standard format")
    position = 0
    while position < len(pattern):
        found = _PIECE.match(pattern, position)
        if found is None:
            raise ValueError(f"'{pattern[position]}' has to be quoted or escaped")
        position = found.end()
        part = found["part"] or found["single"] or ""
        if part and len(part) > _LONGEST[part[0]]:
            raise ValueError(f"'{part}' is too long")
        literal = next((text for text in (found["quoted"], found["doubly"], found["escaped"]) if text is not None), "")
        yield part[:1], len(part), literal
