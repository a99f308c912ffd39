"""When recurrences come round."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.triggers import InvalidTrigger
from emulators.datafactory.triggers.recurrence import DAYS, read_recurrence

BERLIN = "W. Europe Standard Time"


def _first(count: int, since: str | None = None, **recurrence: Any) -> list[str]:
    """The first occurrences of a recurrence that starts on Saturday, 1 June 2030, 08:30 UTC."""
    written = {"frequency": "Day", "startTime": "2030-06-01T08:30:00Z", "timeZone": "UTC", **recurrence}
    moment = datetime.fromisoformat(since) if since else datetime(2000, 1, 1, tzinfo=UTC)
    found = itertools.islice(read_recurrence(written).since(moment), count)
    return [occurrence.strftime("%m-%d %H:%M") for occurrence in found]


@pytest.mark.parametrize(
    ("recurrence", "expected"),
    [
        ({"frequency": "Minute", "interval": 15}, ["06-01 08:30", "06-01 08:45", "06-01 09:00"]),
        ({"frequency": "Hour", "interval": 5}, ["06-01 08:30", "06-01 13:30", "06-01 18:30"]),
        ({"frequency": "Day"}, ["06-01 08:30", "06-02 08:30", "06-03 08:30"]),
        ({"frequency": "day", "interval": 3}, ["06-01 08:30", "06-04 08:30", "06-07 08:30"]),
        ({"frequency": "Week"}, ["06-01 08:30", "06-08 08:30", "06-15 08:30"]),
        ({"frequency": "Month"}, ["06-01 08:30", "07-01 08:30", "08-01 08:30"]),
        ({"frequency": "Month", "startTime": "2030-01-31T00:00:00Z"}, ["01-31 00:00", "02-28 00:00", "03-31 00:00"]),
    ],
)
def test_without_a_schedule_the_start_is_the_first(recurrence: dict[str, Any], expected: list[str]) -> None:
    assert _first(3, **recurrence) == expected


@pytest.mark.parametrize(
    ("frequency", "schedule", "expected"),
    [
        ("Day", {"hours": [5]}, ["06-02 05:30", "06-03 05:30"]),
        ("Day", {"hours": 9, "minutes": 0}, ["06-01 09:00", "06-02 09:00"]),
        ("Day", {"hours": [5, 17], "minutes": [15, 45]}, ["06-01 17:15", "06-01 17:45", "06-02 05:15"]),
        ("Day", {"minutes": [0]}, ["06-01 09:00", "06-01 10:00"]),
        ("Hour", {"minutes": [0, 45]}, ["06-01 08:45", "06-01 09:00", "06-01 09:45"]),
        ("Hour", {"hours": [10], "minutes": [5]}, ["06-01 10:05", "06-02 10:05"]),
        ("Minute", {"hours": [10], "minutes": [5, 7]}, ["06-01 10:05", "06-01 10:07", "06-02 10:05"]),
        ("Week", {"weekDays": ["Tuesday"]}, ["06-04 08:30", "06-11 08:30"]),
        ("Week", {"weekDays": ["saturday", "Monday"], "hours": [9]}, ["06-01 09:30", "06-03 09:30", "06-08 09:30"]),
        ("Week", {"minutes": [0]}, ["06-01 09:00", "06-01 10:00"]),
        ("Month", {"monthDays": [31]}, ["07-31 08:30", "08-31 08:30", "10-31 08:30"]),
        ("Month", {"monthDays": [-1, 1]}, ["06-01 08:30", "06-30 08:30", "07-01 08:30"]),
        ("Month", {"monthlyOccurrences": [{"day": "Friday", "occurrence": 1}]}, ["06-07 08:30", "07-05 08:30"]),
        ("Month", {"monthlyOccurrences": [{"day": "friday", "occurrence": -1}]}, ["06-28 08:30", "07-26 08:30"]),
        ("Month", {"monthlyOccurrences": [{"day": "saturday", "occurrence": 5}]}, ["06-29 08:30", "08-31 08:30"]),
        ("Month", {"monthlyOccurrences": [{"day": "Sunday"}]}, ["06-02 08:30", "06-09 08:30"]),
        ("Month", {"monthDays": [30], "hours": [0], "minutes": [0]}, ["06-30 00:00", "07-30 00:00"]),
    ],
)  # fmt: skip
def test_a_schedule_limits_and_multiplies(frequency: str, schedule: Any, expected: list[str]) -> None:
    assert _first(len(expected), frequency=frequency, schedule=schedule) == expected


def test_every_second_week_is_counted_from_the_week_of_the_start() -> None:
    found = _first(4, frequency="Week", interval=2, schedule={"weekDays": ["Monday", "Saturday"]})
    assert found == ["06-01 08:30", "06-10 08:30", "06-15 08:30", "06-24 08:30"]


def test_what_has_passed_is_not_made_up_for() -> None:
    assert _first(2, since="2030-06-10T12:00:00+00:00") == ["06-11 08:30", "06-12 08:30"]
    assert _first(1, since="2030-06-10T08:30:00+00:00") == ["06-10 08:30"]
    assert _first(1, since="2030-06-10T08:31:00+00:00", frequency="Minute", interval=7) == ["06-10 08:34"]


def test_the_end_is_not_part_of_it() -> None:
    assert _first(9, frequency="Hour", endTime="2030-06-01T10:30:00Z") == ["06-01 08:30", "06-01 09:30"]


def test_a_day_that_never_comes_is_given_up() -> None:
    assert (
        _first(1, frequency="Month", interval=12, startTime="2030-02-01T00:00:00Z", schedule={"monthDays": [30]}) == []
    )
    assert _first(1, frequency="Minute", interval=2, schedule={"minutes": [1]}) == []


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2030-03-30T08:00:00", ["03-30 07:00", "03-31 06:00", "04-01 06:00"]),  # spring forward on the 31st
        ("2030-10-26T08:00:00", ["10-26 06:00", "10-27 07:00", "10-28 07:00"]),  # fall back on the 27th
        ("2030-03-30T02:30:00", ["03-30 01:30", "03-31 01:30", "04-01 00:30"]),  # 02:30 does not exist on the 31st
        ("2030-10-26T02:30:00", ["10-26 00:30", "10-27 00:30", "10-28 01:30"]),  # 02:30 comes twice on the 27th
    ],
)
def test_the_wall_clock_counts_when_the_clocks_change(start: str, expected: list[str]) -> None:
    assert _first(3, startTime=start, timeZone=BERLIN) == expected


def test_hours_pass_evenly_when_the_clocks_change() -> None:
    found = _first(4, frequency="Hour", startTime="2030-03-31T00:00:00", timeZone=BERLIN)
    assert found == ["03-30 23:00", "03-31 00:00", "03-31 01:00", "03-31 02:00"]


def test_a_start_with_an_offset_is_that_moment() -> None:
    assert _first(1, startTime="2030-06-01T08:00:00.0000000Z", timeZone=BERLIN) == ["06-01 08:00"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"frequency": "Year"},
        {"frequency": None},
        {"interval": 0},
        {"interval": "1"},
        {"interval": 1001},
        {"startTime": None},
        {"startTime": "tomorrow"},
        {"endTime": 5},
        {"timeZone": "Nowhere Standard Time"},
        {"schedule": []},
        {"schedule": {"minutes": [60]}},
        {"schedule": {"hours": ["5"]}},
        {"schedule": {"weekDays": ["Monday"]}},
        {"schedule": {"monthDays": [1]}},
        {"frequency": "Week", "schedule": {"weekDays": ["Caturday"]}},
        {"frequency": "Month", "schedule": {"monthDays": [0]}},
        {"frequency": "Month", "schedule": {"monthlyOccurrences": [{"day": "Monday", "occurrence": 6}]}},
        {"frequency": "Month", "schedule": {"monthlyOccurrences": ["Monday"]}},
    ],
)
def test_what_is_no_recurrence(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidTrigger):
        _first(1, **wrong)


def test_no_recurrence_at_all() -> None:
    with pytest.raises(InvalidTrigger):
        read_recurrence(None)


@given(
    frequency=st.sampled_from(["Minute", "Hour", "Day", "Week", "Month"]),
    interval=st.integers(1, 40),
    hours=st.none() | st.lists(st.integers(0, 23), min_size=1, max_size=3),
    minutes=st.none() | st.lists(st.integers(0, 59), min_size=1, max_size=3),
    zone=st.sampled_from(["UTC", BERLIN, "Pacific Standard Time"]),
    offset=st.integers(0, 500_000),
)
def test_occurrences_rise_and_asking_later_gives_the_rest(
    frequency: str, interval: int, hours: Any, minutes: Any, zone: str, offset: int
) -> None:
    written = {
        "frequency": frequency,
        "interval": interval,
        "startTime": "2030-01-15T10:20:00",
        "timeZone": zone,
        "schedule": {"hours": hours, "minutes": minutes},
    }
    recurrence = read_recurrence(written)
    since = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=offset)
    found = list(itertools.islice(recurrence.since(since), 6))
    assert found == sorted(set(found))
    for position, moment in enumerate(found):
        assert list(itertools.islice(recurrence.since(moment), 6 - position)) == found[position:]
        local = moment.astimezone(recurrence.zone)
        leapt = local.utcoffset() != (moment - timedelta(hours=1)).astimezone(recurrence.zone).utcoffset()
        assert leapt or hours is None or local.hour in hours
        assert leapt or minutes is None or local.minute in minutes


def test_the_days_are_those_of_the_calendar() -> None:
    assert DAYS[datetime(2030, 6, 1, tzinfo=UTC).weekday()] == "saturday"
