"""Which windows there are, when they are due, what they need."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.triggers import InvalidTrigger, check_trigger
from emulators.datafactory.triggers.tumbling_window import Dependency, Window, firing, read_windows, window_of

START = datetime(2030, 1, 1, 0, 30, tzinfo=UTC)
PIPELINE = {"pipelineReference": {"referenceName": "p", "type": "PipelineReference"}}


def _trigger(**type_properties: Any) -> dict[str, Any]:
    written = {"frequency": "Hour", "interval": 2, "startTime": "2030-01-01T00:30:00Z", "maxConcurrency": 10}
    return {"type": "TumblingWindowTrigger", "pipeline": PIPELINE, "typeProperties": {**written, **type_properties}}


def _bounds(count: int, **type_properties: Any) -> list[str]:
    windows = itertools.islice(read_windows(_trigger(**type_properties)).windows(), count)
    return [f"{window.start:%m-%d %H:%M} to {window.end:%m-%d %H:%M}" for window in windows]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, ["01-01 00:30 to 01-01 02:30", "01-01 02:30 to 01-01 04:30"]),
        ({"frequency": "Minute", "interval": 15}, ["01-01 00:30 to 01-01 00:45", "01-01 00:45 to 01-01 01:00"]),
        ({"frequency": "Month", "interval": 7}, ["01-01 00:30 to 08-01 00:30", "08-01 00:30 to 03-01 00:30"]),
        ({"startTime": "2030-01-01T01:30:00+01:00"}, ["01-01 00:30 to 01-01 02:30", "01-01 02:30 to 01-01 04:30"]),
    ],
)
def test_windows_follow_each_other_from_the_start_as_it_is(written: dict[str, Any], expected: list[str]) -> None:
    assert _bounds(2, **written) == expected


def test_the_last_window_ends_with_the_trigger() -> None:
    assert len(_bounds(9, endTime="2030-01-01T06:00:00Z")) == 2


def test_a_window_is_due_after_its_end_and_the_delay() -> None:
    spec = read_windows(_trigger(delay="00:10:00"))
    first = next(spec.windows())
    assert spec.due(first) == START + timedelta(hours=2, minutes=10)


@pytest.mark.parametrize(
    ("dependency", "expected"),
    [
        (Dependency("t", timedelta(), None), (0, 2)),
        (Dependency("t", timedelta(hours=-2), None), (-2, 0)),
        (Dependency("t", timedelta(hours=-24), timedelta(hours=24)), (-24, 0)),
        (Dependency("t", timedelta(hours=1), timedelta(minutes=30)), (1, 1.5)),
    ],
)
def test_what_a_window_requires(dependency: Dependency, expected: tuple[float, float]) -> None:
    required = dependency.required(Window(START, START + timedelta(hours=2)))
    assert required == Window(START + timedelta(hours=expected[0]), START + timedelta(hours=expected[1]))


@given(st.integers(-100, 2000), st.integers(1, 500), st.sampled_from(["Minute", "Hour", "Month"]), st.integers(5, 30))
def test_overlapping_windows_are_those_a_look_at_all_finds(
    offset: int, length: int, frequency: str, interval: int
) -> None:
    spec = read_windows(_trigger(frequency=frequency, interval=interval))
    required = Window(START + timedelta(hours=offset), START + timedelta(hours=offset + length))
    every = itertools.takewhile(lambda window: window.start < required.end, spec.windows())
    assert list(spec.overlapping(required)) == [window for window in every if window.overlaps(required)]


def test_expressions_see_the_bounds_and_the_run_remembers_them() -> None:
    window = Window(START, START + timedelta(hours=2))
    found = firing(window, START + timedelta(hours=3))
    assert found.outputs == {
        "windowStartTime": "2030-01-01T00:30:00.0000000Z",
        "windowEndTime": "2030-01-01T02:30:00.0000000Z",
    }
    assert window_of(found.to_json()) == window
    assert found.event_id == window.event_id


def test_dependencies_are_read() -> None:
    other = {"type": "TumblingWindowTriggerDependencyReference", "referenceTrigger": {"referenceName": "up"}}
    own = {"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "-1.00:00:00", "size": "1.00:00:00"}
    assert read_windows(_trigger(dependsOn=[other, own])).dependencies == (
        Dependency("up", timedelta(), None),
        Dependency(None, timedelta(days=-1), timedelta(days=1)),
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"frequency": "Day"},
        {"interval": 0},
        {"frequency": "Minute", "interval": 4},
        {"startTime": None},
        {"startTime": "soon"},
        {"frequency": "Month", "startTime": "2030-01-31T00:00:00Z"},
        {"maxConcurrency": None},
        {"maxConcurrency": 51},
        {"delay": "5 minutes"},
        {"retryPolicy": {"count": -1}},
        {"retryPolicy": {"intervalInSeconds": 29}},
        {"dependsOn": {}},
        {"dependsOn": [{"type": "Wish"}]},
        {"dependsOn": [{"type": "TumblingWindowTriggerDependencyReference"}]},
        {"dependsOn": [{"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "01:00:00"}]},
    ],
)
def test_what_cannot_be_windows(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidTrigger):
        check_trigger(_trigger(**wrong))


def test_a_single_pipeline_is_needed() -> None:
    with pytest.raises(InvalidTrigger, match="single 'pipeline'"):
        check_trigger({**_trigger(), "pipeline": None})


@pytest.mark.parametrize(
    "change", [{"frequency": "Minute", "interval": 120}, {"interval": 3}, {"startTime": "2031-01-01"}]
)
def test_the_grid_of_the_windows_cannot_be_changed(change: dict[str, Any]) -> None:
    with pytest.raises(InvalidTrigger, match="cannot be changed"):
        check_trigger(_trigger(**change), before=_trigger())


def test_other_things_can_be_changed() -> None:
    check_trigger(_trigger(maxConcurrency=2, endTime="2040-01-01T00:00:00Z"), before=_trigger())
