"""Where a virtual clock begins, and how durations and moments are written on the command line."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drydock.clock import read_duration
from drydock.virtual_time import note_where_it_stands, read_moment, virtual_clock
from release.errors import ReleaseError


def test_it_begins_where_it_is_told_to(tmp_path: Path) -> None:
    assert virtual_clock(tmp_path, "2030-03-31T02:00:00+01:00").now() == datetime(2030, 3, 31, 1, tzinfo=UTC)


def test_it_begins_now_unless_told(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    assert before <= virtual_clock(tmp_path, None).now() <= datetime.now(UTC)


async def test_it_goes_on_where_it_stood(tmp_path: Path) -> None:
    clock = virtual_clock(tmp_path, "2130-01-01")
    await clock.sleep(86_400)
    assert virtual_clock(tmp_path, None).now() == datetime(2130, 1, 2, tzinfo=UTC), "also after a kill"
    await clock.sleep(60)
    note_where_it_stands(clock, tmp_path)
    assert virtual_clock(tmp_path, None).now() == datetime(2130, 1, 2, 0, 1, tzinfo=UTC)


def test_it_does_not_go_back(tmp_path: Path) -> None:
    note_where_it_stands(virtual_clock(tmp_path, "2130-01-01"), tmp_path)
    with pytest.raises(ReleaseError, match=r"lies before 2130-01-01.*--state"):
        virtual_clock(tmp_path, "2129-12-31")


def test_a_damaged_file_is_named_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "clock.json").write_text('{"now": 3}')
    with pytest.raises(ReleaseError, match=r"clock\.json is damaged .*delete it"):
        virtual_clock(tmp_path, None)


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("7d", timedelta(days=7)),
        ("36h", timedelta(hours=36)),
        ("1d12h30m5s", timedelta(days=1, hours=12, minutes=30, seconds=5)),
        ("0s", timedelta(0)),
    ],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert read_duration(text) == duration


@pytest.mark.parametrize("text", ["", "7", "d", "1h1d", "-1d", "1.5h", "soon"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ReleaseError, match=r"is no duration: write .* like 7d"):
        read_duration(text)


def test_moments() -> None:
    assert read_moment("2030-01-01T00:00:00") == datetime(2030, 1, 1, tzinfo=UTC)
    with pytest.raises(ReleaseError, match="'soon' is no moment in ISO 8601"):
        read_moment("soon")
