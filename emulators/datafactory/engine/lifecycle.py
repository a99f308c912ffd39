"""The lives of runs, as transition tables: state and event give the next state, anything else is a defect of ours.

The states of a pipeline run are those of the REST API; those of an activity run are the ones the monitor shows.
"""

from collections.abc import Mapping
from enum import StrEnum

Transitions = Mapping[tuple[str, str], str]

PIPELINE_RUN: Transitions = {
    ("Queued", "start"): "InProgress",
    ("Queued", "cancel"): "Cancelled",
    ("InProgress", "succeed"): "Succeeded",
    ("InProgress", "fail"): "Failed",
    ("InProgress", "cancel"): "Canceling",
    ("Canceling", "cancel"): "Canceling",
    ("Canceling", "succeed"): "Cancelled",
    ("Canceling", "fail"): "Cancelled",
}

ACTIVITY_RUN: Transitions = {
    ("Queued", "start"): "InProgress",
    ("Queued", "deactivate"): "Inactive",
    ("InProgress", "succeed"): "Succeeded",
    ("InProgress", "fail"): "Failed",
    ("InProgress", "time out"): "TimedOut",
    ("InProgress", "cancel"): "Cancelled",
}


class Outcome(StrEnum):
    """How an activity ended, as far as dependency conditions are concerned."""

    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    SKIPPED = "Skipped"


OUTCOMES: Mapping[str, Outcome] = {
    "Succeeded": Outcome.SUCCEEDED,
    "Failed": Outcome.FAILED,
    "TimedOut": Outcome.FAILED,  # assumed: whatever is not a success satisfies "Failed"
    "Cancelled": Outcome.FAILED,  # assumed, likewise
}


class IllegalTransition(Exception):
    """An event that cannot happen in this state."""


def advance(table: Transitions, state: str, event: str) -> str:
    """The state that follows; raises IllegalTransition when the table has no such row."""
    try:
        return table[state, event]
    except KeyError:
        raise IllegalTransition(f"'{event}' cannot happen to a run that is {state}") from None
