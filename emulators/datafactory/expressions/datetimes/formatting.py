"""Writes an instant by .NET's standard and custom format strings."""

from collections.abc import Callable
from datetime import date

from emulators.datafactory.expressions.datetimes.cultures import Culture, culture_named
from emulators.datafactory.expressions.datetimes.instant import TICKS_PER_SECOND, Instant, Kind

ROUND_TRIP = "yyyy'-'MM'-'dd'T'HH':'mm':'ss.fffffffK"
_INVARIANT_STANDARD = {
    "o": ROUND_TRIP,
    "r": "ddd, dd MMM yyyy HH':'mm':'ss 'GMT'",
    "s": "yyyy'-'MM'-'dd'T'HH':'mm':'ss",
    "u": "yyyy'-'MM'-'dd HH':'mm':'ss'Z'",
}
_CULTURE_STANDARD: dict[str, Callable[[Culture], str]] = {
    "d": lambda culture: culture.short_date,
    "D": lambda culture: culture.long_date,
    "f": lambda culture: f"{culture.long_date} {culture.short_time}",
    "F": lambda culture: culture.full,
    "g": lambda culture: f"{culture.short_date} {culture.short_time}",
    "G": lambda culture: f"{culture.short_date} {culture.long_time}",
    "m": lambda culture: culture.month_day,
    "t": lambda culture: culture.short_time,
    "T": lambda culture: culture.long_time,
    "U": lambda culture: culture.full,
    "y": lambda culture: culture.year_month,
}
_SAME_SPECIFIER = {"O": "o", "R": "r", "M": "m", "Y": "y"}
_TOKENS = frozenset("dfFghHKmMstyz")


def format_instant(instant: Instant, pattern: str, culture: Culture) -> str:
    """The instant in a standard (one character) or custom format; the empty format is `G`. Raises ValueError."""
    return _custom(instant, *custom_pattern(pattern, culture))


def custom_pattern(pattern: str, culture: Culture) -> tuple[str, Culture]:
    """The custom format that a standard one stands for, and the culture that its names are in. Raises ValueError."""
    if len(pattern) > 1:
        return pattern, culture
    specifier = _SAME_SPECIFIER.get(pattern, pattern) or "G"
    if specifier in _INVARIANT_STANDARD:
        return _INVARIANT_STANDARD[specifier], culture_named("")
    if specifier not in _CULTURE_STANDARD:
        raise ValueError("no such standard format")
    return _CULTURE_STANDARD[specifier](culture), culture


def _custom(instant: Instant, pattern: str, culture: Culture) -> str:
    pieces: list[str] = []
    genitive = _names_a_day(pattern)
    position = 0
    while position < len(pattern):
        character = pattern[position]
        if character in _TOKENS:
            length = _run(pattern, position)
            _append(pieces, _token(instant, character * length, culture, genitive))
            position += length
        elif character in "'\"":
            text, position = _quoted(pattern, position)
            pieces.append(text)
        elif character == "%":
            position = _single(pieces, instant, pattern, position, culture)
        elif character == "\\":
            if position + 1 == len(pattern):
                raise ValueError("nothing to escape")
            pieces.append(pattern[position + 1])
            position += 2
        else:
            pieces.append({":": culture.time_separator, "/": culture.date_separator}.get(character, character))
            position += 1
    return "".join(pieces)


def _append(pieces: list[str], text: str) -> None:
    """A fraction that vanishes takes the point in front of it along."""
    if text == _VANISHED:
        if pieces and pieces[-1].endswith("."):
            pieces[-1] = pieces[-1][:-1]
        return
    pieces.append(text)


_VANISHED = "\0vanished"


def _run(pattern: str, position: int) -> int:
    end = position
    while end < len(pattern) and pattern[end] == pattern[position]:
        end += 1
    return end - position


def _quoted(pattern: str, position: int) -> tuple[str, int]:
    quote, text = pattern[position], ""
    position += 1
    while position < len(pattern):
        character = pattern[position]
        position += 1
        if character == quote:
            return text, position
        if character == "\\":
            if position == len(pattern):
                break
            character = pattern[position]
            position += 1
        text += character
    raise ValueError("quote not closed")


def _single(pieces: list[str], instant: Instant, pattern: str, position: int, culture: Culture) -> int:
    """`%x`: one custom token where one character alone would be a standard format."""
    character = pattern[position + 1 : position + 2]
    if character in ("", "%", "\\", "'", '"'):
        raise ValueError("nothing behind the percent sign")
    if character in _TOKENS:
        _append(pieces, _token(instant, character, culture, False))
        return position + 2
    pieces.append({":": culture.time_separator, "/": culture.date_separator}.get(character, character))
    return position + 2


def _names_a_day(pattern: str) -> bool:
    """Whether the pattern has the day of the month as a number: then month names stand in the genitive."""
    position = 0
    while position < len(pattern):
        if pattern[position] in "'\"":
            closing = pattern.find(pattern[position], position + 1)
            position = closing + 1 if closing > 0 else len(pattern)
            continue
        length = _run(pattern, position)
        if pattern[position] == "d" and length <= 2:
            return True
        position += length
    return False


def _token(instant: Instant, token: str, culture: Culture, genitive: bool) -> str:
    return _WRITERS[token[0]](instant, len(token), culture, genitive)


def _day(instant: Instant, length: int, culture: Culture, _genitive: bool) -> str:
    if length <= 2:
        return _padded(instant.date.day, length)
    weekday = instant.date.isoweekday() % 7
    return (culture.days_short if length == 3 else culture.days)[weekday]


def _month(instant: Instant, length: int, culture: Culture, genitive: bool) -> str:
    month = instant.date.month
    if length <= 2:
        return _padded(month, length)
    if length == 3:
        return (culture.months_short_genitive if genitive else culture.months_short)[month - 1]
    return (culture.months_genitive if genitive else culture.months)[month - 1]


def _year(instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    year = instant.date.year
    return _padded(year % 100, length) if length <= 2 else str(year).zfill(length)


def _hour12(instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    return _padded(instant.seconds_of_day // 3600 % 12 or 12, length)


def _hour24(instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    return _padded(instant.seconds_of_day // 3600, length)


def _minute(instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    return _padded(instant.seconds_of_day // 60 % 60, length)


def _second(instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    return _padded(instant.seconds_of_day % 60, length)


def _fraction(instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    if length > 7:
        raise ValueError("a second has no more than seven digits")
    return f"{instant.fraction:07d}"[:length]


def _short_fraction(instant: Instant, length: int, culture: Culture, genitive: bool) -> str:
    return _fraction(instant, length, culture, genitive).rstrip("0") or _VANISHED


def _half(instant: Instant, length: int, culture: Culture, _genitive: bool) -> str:
    name = culture.am if instant.seconds_of_day < 12 * 3600 else culture.pm
    return name[:1] if length == 1 else name


def _zone(_instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    return "+0" if length == 1 else "+00" if length == 2 else "+00:00"


def _kind(instant: Instant, length: int, _culture: Culture, _genitive: bool) -> str:
    return {Kind.UTC: "Z", Kind.LOCAL: "+00:00", Kind.UNSPECIFIED: ""}[instant.kind] * length


def _era(_instant: Instant, _length: int, culture: Culture, _genitive: bool) -> str:
    return culture.era


_WRITERS: dict[str, Callable[[Instant, int, Culture, bool], str]] = {
    "d": _day,
    "f": _fraction,
    "F": _short_fraction,
    "g": _era,
    "h": _hour12,
    "H": _hour24,
    "K": _kind,
    "m": _minute,
    "M": _month,
    "s": _second,
    "t": _half,
    "y": _year,
    "z": _zone,
}


def _padded(number: int, length: int) -> str:
    return str(number).zfill(min(length, 2))


def round_trip(instant: Instant) -> str:
    """The format `o`: seven digits of the second and the suffix of the kind. The format of every result by default."""
    days, rest = divmod(instant.ticks, 86_400 * TICKS_PER_SECOND)
    seconds, fraction = divmod(rest, TICKS_PER_SECOND)
    day = date.fromordinal(days + 1).isoformat()
    suffix = {Kind.UTC: "Z", Kind.LOCAL: "+00:00", Kind.UNSPECIFIED: ""}[instant.kind]
    return f"{day}T{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}.{fraction:07d}{suffix}"
