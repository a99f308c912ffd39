"""The clock of a local cloud on virtual time, and where it stands between two starts.

Such a cloud stands still while real work runs and jumps over what its runs wait for; schedules come due when somebody
lets time pass (`drydock time`). The moment it stands at is kept in its state folder, so that time does not go back
when the cloud is started again.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from emulators.cloud.instance import write_private
from emulators.kernel.clock import VirtualClock
from release.errors import ReleaseError

CLOCK_VARIABLE = "DRYDOCK_CLOCK"
"""Set for clients of a cloud on virtual time: where its clock answers."""

_FILE = "clock.json"
_BETWEEN_WRITES = 0.5  # seconds of real time; a loop of waits may jump thousands of times a second


def virtual_clock(state: Path, begin: str | None) -> VirtualClock:
    """A clock for the cloud on a state folder, beginning at `begin` (ISO 8601), else where it stood or now, whichever
    is later. Raises ReleaseError for a beginning that lies before where it stood."""
    start = None if begin is None else read_moment(begin)
    stood = _stood(state)
    if start is not None and stood is not None and start < stood:
        raise ReleaseError(
            f"--start {start.isoformat()} lies before {stood.isoformat()}, where the cloud on {state} stood: "
            "give a later moment, or another folder with --state"
        )
    first = start or max(filter(None, (stood, datetime.now(UTC))))
    return VirtualClock(first, steady=True, moved=_keeper(state))


def _stood(state: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads((state / _FILE).read_text("utf-8"))["now"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{state / _FILE} is damaged ({error}): delete it, and say when to --start") from error


def _keeper(state: Path) -> Callable[[datetime], None]:
    """Notes the moment a clock stands at; a kill loses at most the jumps of the last half second."""
    written = float("-inf")

    def keep(now: datetime) -> None:
        nonlocal written
        if time.monotonic() - written >= _BETWEEN_WRITES:
            _note(state, now)
            written = time.monotonic()

    return keep


def note_where_it_stands(clock: VirtualClock, state: Path) -> None:
    """Keep the moment for the next start."""
    _note(state, clock.now())


def _note(state: Path, now: datetime) -> None:
    write_private(state / _FILE, json.dumps({"now": now.isoformat()}))


def read_moment(text: str) -> datetime:
    """A moment in ISO 8601, in UTC where it names no zone. Raises ReleaseError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ReleaseError(f"'{text}' is no moment in ISO 8601, like 2030-03-31T02:00:00Z: {error}") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
