"""When a failed delivery is tried again and when it is given up; pure.

Documented in Event Grid's delivery and retry: the growing pauses, answers that are not tried again, and longer
pauses for some answers. The documented small random shift of each pause is left out, so that runs repeat exactly.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

_PAUSES = (10, 30, 60, 300, 600, 1800, 3600, 10800, 21600, 43200)  # seconds; then every twelve hours
_NEVER_AGAIN = frozenset({400, 401, 403, 404, 413})
_AT_LEAST = {408: 120, 503: 30}  # seconds
_DELIVERED = frozenset({200, 201, 202, 203, 204})

MOST_ATTEMPTS = 30
LONGEST_LIFE_MINUTES = 1440


@dataclass(frozen=True)
class RetryPolicy:
    """A subscription's policy; the defaults are Event Grid's."""

    max_attempts: int = MOST_ATTEMPTS
    time_to_live: timedelta = timedelta(minutes=LONGEST_LIFE_MINUTES)


@dataclass(frozen=True)
class TryAgain:
    """Wait so many seconds, then try again."""

    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """No further attempt; `reason` as Event Grid's dead letters name it."""

    reason: str


def delivered(status: int) -> bool:
    """Whether an HTTP status means that the subscriber took the event."""
    return status in _DELIVERED


def after_failure(
    status: int | None, attempts: int, accepted: datetime, now: datetime, policy: RetryPolicy
) -> TryAgain | GiveUp:
    """What follows the failed attempt number `attempts`, counted from 1; `status` None means no answer at all."""
    if status in _NEVER_AGAIN:
        return GiveUp("UndeliverableDueToClientError")
    if attempts >= policy.max_attempts:
        return GiveUp("MaxDeliveryAttemptsExceeded")
    pause = max(_PAUSES[min(attempts, len(_PAUSES)) - 1], _AT_LEAST.get(status or 0, 0))
    if now + timedelta(seconds=pause) > accepted + policy.time_to_live:
        return GiveUp("TimeToLiveExceeded")
    return TryAgain(pause)
