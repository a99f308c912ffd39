"""What a session says, as the errors of data movement: codes and sentences as documented, SQLite's words inside."""

from collections.abc import Iterator
from contextlib import contextmanager

from emulators.datafactory.data.errors import DataError, Side
from emulators.datafactory.data.sql.session import BlockTimedOut, SqlFailed

FAILED = "SqlOperationFailed"


@contextmanager
def failures_at(side: Side, timed_out: str = FAILED) -> Iterator[None]:
    """Failures of a session in here become DataErrors; `timed_out` is the code of what takes too long."""
    try:
        yield
    except SqlFailed as error:
        raise DataError(FAILED, operation_failed(error), side) from error
    except BlockTimedOut as error:
        what = (
            "Timeouts in SQL write operation." if timed_out != FAILED else operation_failed("Execution Timeout Expired")
        )
        raise DataError(timed_out, what, side) from error


def operation_failed(reason: object) -> str:
    """The sentence is the one that the service shows (seen in public reports)."""
    return f"A database operation failed with the following error: '{reason}'"
