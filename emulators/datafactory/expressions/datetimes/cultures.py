"""How languages write dates: the facts of .NET's cultures, as data beside this module. A tag that is not listed falls
back to its language, an unknown one to the invariant culture; languages that are known but not carried, among them
those with other calendars, are refused.
"""

import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from emulators.datafactory.expressions.errors import unsupported


@dataclass(frozen=True, slots=True)
class Culture:
    """Patterns, separators and names; lists start with Sunday and January."""

    short_date: str
    long_date: str
    short_time: str
    long_time: str
    full: str
    year_month: str
    month_day: str
    date_separator: str
    time_separator: str
    am: str
    pm: str
    days: tuple[str, ...]
    days_short: tuple[str, ...]
    months: tuple[str, ...]
    months_short: tuple[str, ...]
    months_genitive: tuple[str, ...]
    months_short_genitive: tuple[str, ...]
    era: str
    decimal_separator: str
    group_separator: str


@cache
def _facts() -> dict[str, dict[str, Any]]:
    text = files(__package__).joinpath("cultures.json").read_text(encoding="utf-8")
    return {tag.lower(): facts for tag, facts in json.loads(text).items() if isinstance(facts, dict)}


@cache
def _languages_not_carried() -> frozenset[str]:
    text = files(__package__).joinpath("cultures.json").read_text(encoding="utf-8")
    return frozenset(json.loads(text)["not carried"])


def culture_named(tag: str) -> Culture:
    """The culture of a tag like `de-DE`, ignoring case; raises ValueError for what cannot be a tag at all.

    An unknown language with a region is written as English, anything else that is unknown as the invariant culture
    (observed). A language that .NET knows and this module does not raises "unsupported".
    """
    if not tag.isascii() or len(tag.partition("-")[0]) > _LONGEST_LANGUAGE:
        raise ValueError("no culture tag")
    return _culture(tag.lower())


def is_carried(tag: str) -> bool:
    """Whether the facts of a tag, or of its language, are here, so that `culture_named` takes nothing in its place."""
    lower = tag.lower()
    return lower in _facts() or lower.partition("-")[0] in _facts()


_LONGEST_LANGUAGE = 11
_TAG = re.compile(r"(?P<language>[a-z]{2,8})(?P<region>-(?:[a-z]{2}|[a-z]{4}|[0-9]{3})(?:-.*)?)?")


@lru_cache(maxsize=256)
def _culture(tag: str) -> Culture:
    facts = _facts()
    parts = _TAG.fullmatch(tag)
    language, region = (parts["language"], parts["region"]) if parts is not None else ("", None)
    if language in _languages_not_carried():
        raise unsupported(f"The locale '{tag}' is not carried. Add its facts to cultures.json.")
    known = next((name for name in (tag, language) if name in facts), "en-us" if region else "")
    members: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in facts[known].items()
    }
    return Culture(**members)
