"""The rules of a type conversion: what may be cut off, and how times and numbers are written as text.

Formats apply between times and texts in both directions; the culture has the names in formats and the signs of
numbers (documented). That times are written as `yyyy-MM-dd HH:mm:ss.fffffff` in every culture where no format is given
is assumed from what copied files look like.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.settings import Settings, flag, text
from emulators.datafactory.data.timespans import timespan_text
from emulators.datafactory.expressions import ExpressionError
from emulators.datafactory.expressions.datetimes.cultures import Culture, culture_named, is_carried
from emulators.datafactory.expressions.datetimes.formatting import format_instant
from emulators.datafactory.expressions.datetimes.instant import Instant, Kind

DEFAULT_CULTURE = "en-us"
_SAMPLE = datetime(2030, 1, 2, 3, 4, 5)
_NOT_BUILT = ("dateFormat", "timeFormat")
"""Formats of types that only newer connectors to databases have."""


@dataclass(frozen=True)
class Rules:
    """`typeConversionSettings` (defaults as documented). A format of "" is .NET's or the copy's usual one."""

    truncate: bool = True
    booleans_as_numbers: bool = False
    tag: str = DEFAULT_CULTURE
    datetime_format: str = ""
    offset_format: str = ""
    timespan_format: str = ""

    @classmethod
    def read(cls, settings: Settings) -> "Rules":
        """Raises InvalidSettings for formats that are none and cultures that there are not, Unsupported for those
        whose facts are missing here.
        """
        for name in _NOT_BUILT:
            if text(settings, name):
                raise Unsupported(f"A type conversion with '{name}'", "the interim types Date and Time.")
        rules = cls(
            truncate=flag(settings, "allowDataTruncation", default=True),
            booleans_as_numbers=flag(settings, "treatBooleanAsNumber"),
            tag=_known_tag(text(settings, "culture") or DEFAULT_CULTURE),
            datetime_format=text(settings, "dateTimeFormat"),
            offset_format=text(settings, "dateTimeOffsetFormat"),
            timespan_format=text(settings, "timeSpanFormat"),
        )
        rules._check_moments("dateTimeFormat", rules.datetime_format)
        rules._check_moments("dateTimeOffsetFormat", rules.offset_format)
        try:
            timespan_text(0, rules.timespan_format, rules.culture)
        except ValueError as error:
            raise InvalidSettings(
                f"'timeSpanFormat' is no format of .NET for periods of time: '{rules.timespan_format}' ({error})."
            ) from None
        return rules

    def with_own(self, settings: Settings) -> "Rules":
        """The rules for one side of a mapping, whose `format` and `culture` go before the common ones."""
        tag, form = text(settings, "culture"), text(settings, "format")
        rules = replace(self, tag=_known_tag(tag)) if tag else self
        if form:
            rules._check_moments("format", form)
            rules = replace(rules, datetime_format=form, offset_format=form)
        return rules

    @cached_property
    def culture(self) -> Culture:
        return culture_named(self.tag)

    @property
    def write_as_usual(self) -> bool:
        """Whether texts come out as they would without any settings."""
        return replace(self, truncate=True) == Rules()

    def _check_moments(self, name: str, form: str) -> None:
        try:
            format_instant(Instant.at(_SAMPLE.year, 1, 2, 3, 4, 5, kind=Kind.UNSPECIFIED), form, self.culture)
        except ValueError as error:
            raise InvalidSettings(f"'{name}' is no format of .NET for times: '{form}' ({error}).") from None


def _known_tag(tag: str) -> str:
    try:
        culture_named(tag)
    except ExpressionError as error:
        raise Unsupported(f"A type conversion with the culture '{tag}'", error.message) from error
    except ValueError:
        raise InvalidSettings(f"'{tag}' is no tag of a culture, such as 'en-us' or 'fr-fr'.") from None
    if not is_carried(tag):
        raise InvalidSettings(f"There is no culture '{tag}'. Name one that .NET knows, such as 'en-us' or 'fr-fr'.")
    return tag.lower()
