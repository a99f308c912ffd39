"""How languages write dates: the facts of .NET's cultures, as data beside this module. A tag that is not listed falls back to its language, an unknown one to the invariant culture."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


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


_TAG = re.compile(r"[A-Za-z0-9_\-]*")


@cache
def _facts() -> dict[str, dict[str, Any]]:
    text = files(__package__).joinpath("cultures.json").read_text(encoding="utf-8")
    return {tag.lower(): facts for tag, facts in json.loads(text).items()}


def culture_named(tag: str) -> Culture:
    """The culture of a tag like `de-DE`, ignoring case; raises ValueError for what is no tag at all."""
    if not _TAG.fullmatch(tag) or len(tag) > 84:
        raise ValueError("no culture tag")
    return _culture(tag.lower().replace("_", "-"))


@cache
def _culture(tag: str) -> Culture:
    facts = _facts()
    known = next((name for name in (tag, tag.partition("-")[0], "") if name in facts), "")
    return Culture(**{key: tuple(value) if isinstance(value, list) else value for key, value in facts[known].items()})
