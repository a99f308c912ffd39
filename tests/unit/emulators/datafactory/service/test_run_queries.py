"""Filters, windows, orders and pages of run queries."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.engine.timestamps import timestamp
from emulators.datafactory.errors import BadRequest
from emulators.datafactory.run_queries import (
    ACTIVITY_RUNS,
    PAGE_SIZE,
    PIPELINE_RUNS,
    TRIGGER_RUNS,
    answer,
    parse_moment,
)

START = datetime(2030, 1, 1, tzinfo=UTC)
WINDOW = {"lastUpdatedAfter": "2029-01-01T00:00:00Z", "lastUpdatedBefore": "2031-01-01T00:00:00.0000000Z"}


def _run(number: int, **more: Any) -> dict[str, Any]:
    moment = timestamp(START + timedelta(minutes=number))
    return {
        "runId": f"{number:05}",
        "runGroupId": f"{number:05}",
        "pipelineName": "p",
        "status": "Succeeded",
        "isLatest": True,
        "runStart": moment,
        "runEnd": moment,
        "lastUpdated": moment,
        **more,
    }


def _ids(query: dict[str, Any], runs: list[dict[str, Any]]) -> list[str]:
    return [run["runId"] for run in answer(PIPELINE_RUNS, {**WINDOW, **query}, runs)["value"]]


def _filter(operand: str, operator: str, *values: str) -> dict[str, Any]:
    return {"filters": [{"operand": operand, "operator": operator, "values": list(values)}]}


def test_no_run_is_an_empty_list_without_a_token() -> None:
    assert answer(PIPELINE_RUNS, WINDOW, []) == {"value": []}


def test_the_window_bounds_the_last_update_inclusively() -> None:
    runs = [_run(number) for number in range(4)]
    window = {"lastUpdatedAfter": "2030-01-01T00:01:00Z", "lastUpdatedBefore": "2030-01-01T01:02:00+01:00"}
    assert _ids(window, runs) == ["00001", "00002"]


@pytest.mark.parametrize("missing", ["lastUpdatedAfter", "lastUpdatedBefore"])
def test_both_ends_of_the_window_are_needed(missing: str) -> None:
    with pytest.raises(BadRequest, match=missing):
        answer(PIPELINE_RUNS, {key: value for key, value in WINDOW.items() if key != missing}, [])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (_filter("PipelineName", "Equals", "P"), ["00000", "00002"]),
        (_filter("pipelinename", "notequals", "p"), ["00001"]),
        (_filter("Status", "In", "Failed", "InProgress"), ["00001", "00002"]),
        (_filter("Status", "NotIn", "Failed", "InProgress"), ["00000"]),
        (_filter("RunStart", "Equals", "2030-01-01T00:01:00Z"), ["00001"]),
        (_filter("LatestOnly", "Equals", "true"), ["00000", "00001"]),
        (_filter("LatestOnly", "Equals", "false"), ["00000", "00001", "00002"]),
        (_filter("RunGroupId", "Equals", "00001"), ["00001"]),
    ],
)
def test_filters(query: dict[str, Any], expected: list[str]) -> None:
    runs = [_run(0), _run(1, pipelineName="q", status="Failed"), _run(2, status="InProgress", isLatest=False)]
    assert _ids(query, runs) == expected


@pytest.mark.parametrize(
    "query",
    [
        _filter("Colour", "Equals", "red"),
        _filter("Status", "Like", "S"),
        _filter("Status", "Equals"),
        _filter("Status", "Equals", "a", "b"),
        {"filters": "Status"},
        {"orderBy": [{"orderBy": "Colour", "order": "ASC"}]},
        {"orderBy": [{"orderBy": "Status", "order": "UP"}]},
        {"continuationToken": "no token"},
        {"continuationToken": "WzFd"},
    ],
)
def test_what_is_wrong_with_a_query_is_refused(query: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        _ids(query, [_run(0)])


def test_orders_and_their_default() -> None:
    runs = [_run(2), _run(0, status="Failed"), _run(1, runEnd=None)]
    assert _ids({}, runs) == ["00000", "00001", "00002"]
    assert _ids({"orderBy": [{"orderBy": "RunEnd", "order": "DESC"}]}, runs) == ["00002", "00000", "00001"]
    by_status = [{"orderBy": "Status", "order": "ASC"}, {"orderBy": "RunStart", "order": "DESC"}]
    assert _ids({"orderBy": by_status}, runs) == ["00000", "00002", "00001"]


@given(st.integers(0, 3 * PAGE_SIZE), st.sampled_from(["ASC", "DESC"]), st.randoms(use_true_random=False))
def test_pages_hold_every_run_once_in_order(count: int, direction: str, random: Any) -> None:
    runs = [_run(number, status=random.choice(["Succeeded", "Failed"])) for number in range(count)]
    query: dict[str, Any] = {"orderBy": [{"orderBy": "Status", "order": direction}]}
    whole = _all_pages(query, runs)
    assert sorted(whole) == [run["runId"] for run in runs]
    status = {run["runId"]: run["status"] for run in runs}
    assert [status[run] for run in whole] == sorted(status.values(), reverse=direction == "DESC")


def test_runs_that_come_in_between_two_pages_hide_none() -> None:
    runs = [_run(number) for number in range(10, PAGE_SIZE + 20)]
    first = answer(PIPELINE_RUNS, WINDOW, runs)
    later = [*runs, _run(5), _run(500)]
    second = answer(PIPELINE_RUNS, {**WINDOW, "continuationToken": first["continuationToken"]}, later)
    seen = [run["runId"] for run in first["value"] + second["value"]]
    assert seen == [run["runId"] for run in runs] + ["00500"]


def test_activity_runs_count_as_updated_at_their_end_else_their_start() -> None:
    running = {"activityRunId": "a", "activityName": "A", "activityRunStart": timestamp(START), "activityRunEnd": None}
    assert answer(ACTIVITY_RUNS, WINDOW, [running])["value"] == [running]
    by_type = _filter("ActivityType", "Equals", "Wait")
    assert answer(ACTIVITY_RUNS, {**WINDOW, **by_type}, [{**running, "activityType": "Copy"}])["value"] == []


def test_trigger_runs_are_found_by_their_time() -> None:
    run = {"triggerRunId": "t", "triggerName": "T", "triggerRunTimestamp": timestamp(START), "status": "Succeeded"}
    newest = [{"orderBy": "TriggerRunTimestamp", "order": "DESC"}]
    assert answer(TRIGGER_RUNS, {**WINDOW, "orderBy": newest}, [run])["value"] == [run]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2030-01-01T00:00:00Z", START),
        ("2030-01-01T00:00:00.1234567Z", START + timedelta(microseconds=123456)),
        ("2030-01-01T01:00:00.5+01:00", START + timedelta(microseconds=500000)),
        ("2030-01-01", START),
        ("yesterday", None),
        (None, None),
        (5, None),
    ],
)
def test_moments(text: Any, expected: datetime | None) -> None:
    assert parse_moment(text) == expected


def _all_pages(query: dict[str, Any], runs: list[dict[str, Any]]) -> list[str]:
    found: list[str] = []
    token: dict[str, Any] = {}
    while True:
        page = answer(PIPELINE_RUNS, {**WINDOW, **query, **token}, runs)
        found += [run["runId"] for run in page["value"]]
        if "continuationToken" not in page:
            return found
        token = {"continuationToken": page["continuationToken"]}
