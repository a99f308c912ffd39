"""The queue of moments: order, dropping, and that dropped moments neither happen nor pile up."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.testing.moments import FEW, Moments

START = datetime(2030, 1, 1, tzinfo=UTC)


def _played(moments: Moments) -> list[datetime]:
    seen = []
    while moments.next() is not None:
        seen.append(moments.now)
    return seen


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), max_size=400))
def test_what_is_not_dropped_happens_in_order_of_time_and_of_asking(wishes: list[tuple[int, bool]]) -> None:
    moments, happened = Moments(START), []
    numbers = [
        moments.at(START + timedelta(seconds=seconds), lambda n=n: happened.append(n))  # type: ignore[misc]
        for n, (seconds, _) in enumerate(wishes)
    ]
    for number, (_, dropped) in zip(numbers, wishes, strict=True):
        if dropped:
            moments.drop(number)
    while event := moments.next():
        event()
    kept = [n for n, (_, dropped) in enumerate(wishes) if not dropped]
    assert happened == sorted(kept, key=lambda n: wishes[n][0])


def test_dropped_moments_do_not_pile_up() -> None:
    moments = Moments(START)
    moments.at(START + timedelta(days=7), lambda: None)
    for _ in range(10_000):
        moments.drop(moments.at(START + timedelta(hours=12), lambda: None))
        assert len(moments) <= 2 * FEW
    assert _played(moments) == [START + timedelta(days=7)]


def test_now_is_the_moment_that_was_reached() -> None:
    moments = Moments(START)
    assert moments.next() is None
    assert moments.now == START
