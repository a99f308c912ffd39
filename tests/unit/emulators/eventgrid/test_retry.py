"""When a delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from emulators.eventgrid.retry import GiveUp, RetryPolicy, TryAgain, after_failure, delivered

START = datetime(2026, 1, 1, tzinfo=UTC)


def test_the_pauses_grow_as_documented_until_a_day_is_over() -> None:
    now, pauses = START, []
    for attempt in range(1, 100):
        decision = after_failure(500, attempt, START, now, RetryPolicy())
        if isinstance(decision, GiveUp):
            break
        pauses.append(decision.seconds)
        now += timedelta(seconds=decision.seconds)
    assert pauses == [10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200]
    assert decision == GiveUp("TimeToLiveExceeded")


@pytest.mark.parametrize(("status", "seconds"), [(None, 10), (500, 10), (429, 10), (408, 120), (503, 30), (302, 10)])
def test_first_pauses(status: int | None, seconds: float) -> None:
    assert after_failure(status, 1, START, START, RetryPolicy()) == TryAgain(seconds)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413])
def test_answers_that_are_final(status: int) -> None:
    assert after_failure(status, 1, START, START, RetryPolicy()) == GiveUp("UndeliverableDueToClientError")


def test_attempts_are_limited() -> None:
    assert after_failure(500, 2, START, START, RetryPolicy(max_attempts=3)) == TryAgain(30)
    assert after_failure(500, 3, START, START, RetryPolicy(max_attempts=3)) == GiveUp("MaxDeliveryAttemptsExceeded")


def test_life_is_limited() -> None:
    short = RetryPolicy(time_to_live=timedelta(minutes=1))
    assert after_failure(500, 1, START, START + timedelta(seconds=50), short) == TryAgain(10)
    assert after_failure(500, 1, START, START + timedelta(seconds=51), short) == GiveUp("TimeToLiveExceeded")


def test_what_counts_as_delivered() -> None:
    assert all(delivered(status) for status in (200, 201, 202, 203, 204))
    assert not any(delivered(status) for status in (206, 301, 400, 500))
