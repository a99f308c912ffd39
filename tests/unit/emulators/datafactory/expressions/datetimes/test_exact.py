"""Timestamps that are written exactly in a format."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.expressions.datetimes.cultures import culture_named
from emulators.datafactory.expressions.datetimes.exact import NoDate, parse_exact
from emulators.datafactory.expressions.datetimes.formatting import format_instant
from emulators.datafactory.expressions.datetimes.instant import MAXIMUM_TICKS, Instant, Kind

DAY = Instant.at(2030, 1, 2)
MOMENT = Instant.at(2030, 1, 2, 15, 4, 5)


def parsed(text: str, pattern: str, culture: str = "en-US") -> Instant:
    return parse_exact(text, pattern, culture_named(culture))


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("2030-01-02", "yyyy-MM-dd", DAY),
        ("2/1/30", "d/M/yy", Instant.at(1930, 1, 2)),
        ("02/01/2029", "dd/MM/yyyy", Instant.at(2029, 1, 2)),
        ("20300102T150405", "yyyyMMdd'T'HHmmss", MOMENT),
        ("Wed, 2 january 2030", "ddd, d MMMM yyyy", DAY),
        ("Jan 2030", "MMM yyyy", Instant.at(2030, 1, 1)),
        ("2030", "yyyy", Instant.at(2030, 1, 1)),
        ("2030-01-02 03:04:05 pm", "yyyy-MM-dd hh:mm:ss tt", MOMENT),
        ("2030-01-02 12", "yyyy-MM-dd hh", DAY),
        ("2030-01-02 3P", "yyyy-MM-dd ht", Instant.at(2030, 1, 2, 15)),
        ("2030-01-02 15:04:05.5", "yyyy-MM-dd HH:mm:ss.f", MOMENT.plus(5_000_000)),
        ("2030-01-02 15:04:05.25", "yyyy-MM-dd HH:mm:ss.FFF", MOMENT.plus(2_500_000)),
        ("2030-01-02 15:04:05", "yyyy-MM-dd HH:mm:ss.FFF", MOMENT),
        ("2030-01-02T15:04:05Z", "yyyy-MM-ddTHH:mm:ssK", MOMENT.with_kind(Kind.UTC)),
        ("2030-01-02T15:04:05", "yyyy-MM-ddTHH:mm:ssK", MOMENT),
        ("2030-01-02 17:04:05 +02:00", "yyyy-MM-dd HH:mm:ss zzz", MOMENT.with_kind(Kind.LOCAL)),
        ("2030-01-02 10:04:05 -5", "yyyy-MM-dd HH:mm:ss z", MOMENT.with_kind(Kind.LOCAL)),
        ("2030-01-02T15:04:05.0000000", "o", MOMENT),
        ("1/2/2030 3:04:05 PM", "G", MOMENT),
        ("year 2030 d", "'year 'yyyy\\ \\d", Instant.at(2030, 1, 1)),
        ("2030 2030", "yyyy yyyy", Instant.at(2030, 1, 1)),
    ],
)
def test_texts_in_a_format(text, pattern, expected):
    assert parsed(text, pattern) == expected


def test_names_and_separators_are_the_culture_s():
    assert parsed("Mittwoch, 2. JANUAR 2030", "dddd, d. MMMM yyyy", "de-DE") == DAY
    assert parsed("02.01.2030", "dd/MM/yyyy", "de-DE") == DAY
    assert parsed("2 janv. 2030", "d MMM yyyy", "fr-FR") == DAY


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2030-1-2", "yyyy-MM-dd"),
        ("2030-01-02 ", "yyyy-MM-dd"),
        ("2030-13-02", "yyyy-MM-dd"),
        ("2030-02-30", "yyyy-MM-dd"),
        ("Thu, 2 January 2030", "ddd, d MMMM yyyy"),
        ("2030-01-02 13 AM", "yyyy-MM-dd hh tt"),
        ("2030-01-02 13 AM", "yyyy-MM-dd HH tt"),
        ("2030-01-02 24", "yyyy-MM-dd HH"),
        ("2030-01-02 +15:00", "yyyy-MM-dd zzz"),
        ("0001-01-01 +01:00", "yyyy-MM-dd zzz"),
        ("2030 2031", "yyyy yyyy"),
        ("٢٠٣٠-01-02", "yyyy-MM-dd"),
        ("2030-01-02", "yyyy-'MM"),
        ("2030-01-02", "x"),
        ("2030-01-02.12345678", "yyyy-MM-dd.ffffffff"),
    ],
)
def test_texts_that_are_not_in_the_format(text, pattern):
    with pytest.raises(ValueError, match=r".+"):
        parsed(text, pattern)


@pytest.mark.parametrize(("text", "pattern"), [("03:04", "HH:mm"), ("2 January", "d MMMM")])
def test_a_date_without_a_year_is_none(text, pattern):
    with pytest.raises(NoDate):
        parsed(text, pattern)


@given(
    st.integers(0, MAXIMUM_TICKS),
    st.sampled_from(["o", "yyyyMMdd HHmmssfffffff", "dddd d MMMM yyyy hh:mm:ss.FFFFFFF tt", "M/d/yyyy H:m:s.FFFFFFF"]),
    st.sampled_from(["", "en-US", "de-DE", "fr-FR", "pl-PL", "ja-JP", "ru-RU"]),
)
def test_what_is_written_is_read_again(ticks, pattern, culture):
    instant = Instant(ticks, Kind.UNSPECIFIED)
    names = culture_named(culture)
    assert parse_exact(format_instant(instant, pattern, names), pattern, names) == instant
