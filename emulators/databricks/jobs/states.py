"""The life of a run as a transition table, how it can end, and both forms in which the Jobs API shows it.

`state` (v1: life_cycle_state and result_state) is what Data Factory and older clients read, `status` (v2: state and
termination_details) what newer ones read. Endings marked observed were seen on real workspaces; assumed ones were not.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class LifeCycle(StrEnum):
    """life_cycle_state of the Jobs API."""

    QUEUED = "QUEUED"
    PENDING = "PENDING"
    BLOCKED = "BLOCKED"
    RUNNING = "RUNNING"
    WAITING_FOR_RETRY = "WAITING_FOR_RETRY"
    TERMINATING = "TERMINATING"
    TERMINATED = "TERMINATED"
    SKIPPED = "SKIPPED"
    INTERNAL_ERROR = "INTERNAL_ERROR"


ENDED = frozenset({LifeCycle.TERMINATED, LifeCycle.SKIPPED, LifeCycle.INTERNAL_ERROR})
_STOPPING = ENDED | {LifeCycle.TERMINATING}
_TRANSITIONS: dict[LifeCycle, frozenset[LifeCycle]] = {
    LifeCycle.BLOCKED: _STOPPING | {LifeCycle.PENDING},
    LifeCycle.QUEUED: _STOPPING | {LifeCycle.PENDING, LifeCycle.RUNNING},
    LifeCycle.PENDING: _STOPPING | {LifeCycle.QUEUED, LifeCycle.RUNNING},
    LifeCycle.WAITING_FOR_RETRY: _STOPPING | {LifeCycle.PENDING},
    LifeCycle.RUNNING: _STOPPING,
    LifeCycle.TERMINATING: ENDED,
}


class ImpossibleTransition(Exception):
    """A defect of ours: a run was to go where no run goes."""


def require_transition(before: LifeCycle, after: LifeCycle) -> None:
    """Raises ImpossibleTransition unless a run may go from `before` to `after` (staying is allowed)."""
    if before != after and after not in _TRANSITIONS.get(before, frozenset()):
        raise ImpossibleTransition(f"a run cannot go from {before} to {after}")


@dataclass(frozen=True)
class Ending:
    """How a run ended: v1's two states, v2's code and type, and the message that both carry."""

    life_cycle: LifeCycle
    result: str
    code: str
    kind: str
    message: str = ""
    stopped: bool = False
    """Cancelled or out of time (`user_cancelled_or_timedout`)."""


SUCCEEDED = Ending(LifeCycle.TERMINATED, "SUCCESS", "SUCCESS", "SUCCESS")
WORKLOAD_FAILED = Ending(  # observed
    LifeCycle.TERMINATED,
    "FAILED",
    "RUN_EXECUTION_ERROR",
    "CLIENT_ERROR",
    "Workload failed, see run output for details",
)
CANCELED = Ending(LifeCycle.TERMINATED, "CANCELED", "USER_CANCELED", "CLIENT_ERROR", "Run cancelled.", stopped=True)
UPSTREAM_FAILED = Ending(  # code documented; life cycle assumed
    LifeCycle.TERMINATED, "UPSTREAM_FAILED", "SKIPPED", "CLIENT_ERROR", "An upstream task failed."
)
UPSTREAM_CANCELED = Ending(  # code documented; life cycle assumed
    LifeCycle.TERMINATED, "UPSTREAM_CANCELED", "SKIPPED", "CLIENT_ERROR", "An upstream task was cancelled."
)
EXCLUDED = Ending(
    LifeCycle.TERMINATED, "EXCLUDED", "SKIPPED", "SUCCESS", "The run_if condition of the task was not met."
)
DISABLED = Ending(LifeCycle.TERMINATED, "DISABLED", "DISABLED", "SUCCESS", "The task is disabled.")
TOO_MANY_RUNS = Ending(  # documented
    LifeCycle.SKIPPED,
    "MAXIMUM_CONCURRENT_RUNS_REACHED",
    "MAX_CONCURRENT_RUNS_EXCEEDED",
    "CLIENT_ERROR",
    "The run was skipped because the job already has its maximum number of concurrent runs.",
)
CLOUD_STOPPED = Ending(
    LifeCycle.INTERNAL_ERROR,
    "FAILED",
    "INTERNAL_ERROR",
    "INTERNAL_ERROR",
    "The local cloud was stopped while this run was active, so its work never finished. Submit it again.",
)


def timed_out(seconds: float) -> Ending:
    """TIMEDOUT is documented; code CANCELED is what the documentation names for an exceeded maximum duration."""
    message = f"Run timed out: it took longer than its limit of {seconds:g} seconds."
    return Ending(LifeCycle.TERMINATED, "TIMEDOUT", "CANCELED", "CLIENT_ERROR", message, stopped=True)


def notebook_missing(path: str, user: str) -> Ending:
    """The path names no notebook (observed: RESOURCE_NOT_FOUND under INTERNAL_ERROR)."""
    message = (
        f'Unable to access the notebook "{path}". Either it does not exist, or the identity used to run this job, '
        f"{user}, lacks the required permissions."
    )
    return Ending(LifeCycle.INTERNAL_ERROR, "FAILED", "RESOURCE_NOT_FOUND", "CLIENT_ERROR", message)


def python_file_missing(path: str, user: str, reason: str = "") -> Ending:
    """The path names no Python file (observed: this sentence, under INTERNAL_ERROR). `reason` is said beside it."""
    message = (
        f"Cannot read the python file {path}. Either it does not exist, or the identity used to run this job, "
        f"{user}, lacks the required permissions. {reason}"
    )
    return Ending(LifeCycle.INTERNAL_ERROR, "FAILED", "RESOURCE_NOT_FOUND", "CLIENT_ERROR", message.strip())


def library_failed(message: str) -> Ending:
    return Ending(LifeCycle.INTERNAL_ERROR, "FAILED", "LIBRARY_INSTALLATION_ERROR", "CLIENT_ERROR", message)


def driver_failed(message: str) -> Ending:
    """The runtime could not run the task at all."""
    return Ending(LifeCycle.INTERNAL_ERROR, "FAILED", "DRIVER_ERROR", "INTERNAL_ERROR", message)


@dataclass(frozen=True)
class State:
    """Where a run is: `ending` is given exactly when `life_cycle` is a terminal one."""

    life_cycle: LifeCycle
    message: str = ""
    ending: Ending | None = None
    queue_code: str = ""

    @property
    def ended(self) -> bool:
        return self.ending is not None


_QUEUE_REASONS = {
    "ACTIVE_RUNS_LIMIT_REACHED": "Queued due to reaching the workspace limit of active task runs.",
    "MAX_CONCURRENT_RUNS_REACHED": "Queued due to reaching the maximum concurrent runs of the job.",
}


def queued(code: str) -> State:
    """Waiting in a queue; `code` is that of the API's queue_details."""
    return State(LifeCycle.QUEUED, _QUEUE_REASONS[code], queue_code=code)


def ended(ending: Ending) -> State:
    return State(ending.life_cycle, ending.message, ending)


def state_v1(state: State) -> dict[str, Any]:
    """The `state` object of a run or task."""
    shown: dict[str, Any] = {
        "life_cycle_state": state.life_cycle.value,
        "state_message": state.message,
        "user_cancelled_or_timedout": bool(state.ending and state.ending.stopped),
    }
    if state.ending:
        shown["result_state"] = state.ending.result
    if state.queue_code:
        shown["queue_reason"] = _QUEUE_REASONS[state.queue_code]
    return shown


def status_v2(state: State) -> dict[str, Any]:
    """The `status` object of a run or task: every ending is TERMINATED here."""
    if state.ending:
        details = {"code": state.ending.code, "type": state.ending.kind, "message": state.message}
        return {"state": "TERMINATED", "termination_details": details}
    name = "WAITING" if state.life_cycle is LifeCycle.WAITING_FOR_RETRY else state.life_cycle.value
    if state.queue_code:
        details = {"code": state.queue_code, "message": _QUEUE_REASONS[state.queue_code]}
        return {"state": name, "queue_details": details}
    return {"state": name}
