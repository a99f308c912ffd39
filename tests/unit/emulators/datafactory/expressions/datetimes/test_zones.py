"""The zone tables hold together: every Windows id leads to a zone that the machine has rules for."""

import json
from importlib.resources import files

import pytest

from emulators.datafactory.expressions.datetimes.instant import Instant, Kind
from emulators.datafactory.expressions.datetimes.zones import AmbiguousTime, zone_named

FACTS = json.loads(
    files("emulators.datafactory.expressions.datetimes").joinpath("zones.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("windows", FACTS["windows"])
def test_every_windows_zone_has_rules(windows: str) -> None:
    zone = zone_named(windows)
    assert zone.standard_name in (windows, "Coordinated Universal Time")
    assert zone_named(windows.upper()).info is zone.info


def test_windows_and_iana_ids_mean_the_same() -> None:
    noon = Instant.at(2024, 7, 1, 12, kind=Kind.UTC)
    assert zone_named("Tokyo Standard Time").from_utc(noon) == zone_named("asia/tokyo").from_utc(noon)


def test_only_utc_itself_keeps_the_kind() -> None:
    noon = Instant.at(2024, 7, 1, 12, kind=Kind.UTC)
    assert zone_named("utc").from_utc(noon).kind is Kind.UTC
    assert zone_named("Etc/UTC").from_utc(noon).kind is Kind.UNSPECIFIED


@pytest.mark.parametrize(
    "name", ["", " ", "PST", "../UTC", "/etc/localtime", "Europe", "Nowhere/None", "\0", "x" * 5000]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no time zone"):
        zone_named(name)


@pytest.mark.parametrize(("month", "day", "hour"), [(3, 31, 2), (10, 27, 2)])
def test_times_that_do_not_exist_or_exist_twice_are_refused(month: int, day: int, hour: int) -> None:
    with pytest.raises(AmbiguousTime, match=r"W\. Europe Standard Time"):
        zone_named("W. Europe Standard Time").to_utc(Instant.at(2024, month, day, hour, 30))


def test_times_stay_inside_of_the_years_that_there_are() -> None:
    first, last = Instant.at(1, 1, 1, kind=Kind.UTC), Instant.at(9999, 12, 31, 23, 59, 59, kind=Kind.UTC)
    assert zone_named("America/Los_Angeles").from_utc(first).ticks == 0
    assert zone_named("Asia/Tokyo").from_utc(last).date.year == 9999


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("UTC", "(UTC) Coordinated Universal Time"),
        ("America/Los_Angeles", "(UTC-08:00) Pacific Standard Time"),
        ("India Standard Time", "(UTC+05:30) India Standard Time"),
    ],
)
def test_a_zone_is_shown_with_its_standard_offset(name: str, shown: str) -> None:
    assert zone_named(name).display_name == shown
