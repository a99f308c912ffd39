"""Whether a task may start, given how those it depends on ended; and how a run ends, given how its tasks did.

Pure rules, from the documentation of run_if and of job run results.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from emulators.databricks.jobs import states
from emulators.databricks.jobs.states import Ending, LifeCycle

RUN_IF = ("ALL_SUCCESS", "ALL_DONE", "NONE_FAILED", "AT_LEAST_ONE_SUCCESS", "ALL_FAILED", "AT_LEAST_ONE_FAILED")

_GOOD = frozenset({"SUCCESS", "SUCCESS_WITH_FAILURES", "EXCLUDED", "DISABLED"})
"""Excluded tasks count as successful for those behind them (documented); disabled ones likewise (assumed)."""
_CANCELED = frozenset({"CANCELED", "UPSTREAM_CANCELED"})


def obstacle(run_if: str, upstream: Sequence[Ending]) -> Ending | None:
    """Why a task with this `run_if` may not start; None when it may. `upstream` are the ended dependencies."""
    if not upstream:
        return None
    good = [ending.result in _GOOD for ending in upstream]
    failed = [ending.result not in _GOOD | _CANCELED for ending in upstream]
    match run_if:
        case "ALL_DONE":
            return None
        case "ALL_FAILED":
            return None if all(failed) else states.EXCLUDED
        case "AT_LEAST_ONE_FAILED":
            return None if any(failed) else states.EXCLUDED
        case "AT_LEAST_ONE_SUCCESS":
            met = any(good)
        case "NONE_FAILED":
            met = not any(failed) and any(good)
        case _:
            met = all(good)
    if met:
        return None
    return states.UPSTREAM_FAILED if any(failed) else states.UPSTREAM_CANCELED


def run_ending(tasks: Mapping[str, Ending], depends_on: Mapping[str, Sequence[str]], *, single: bool) -> Ending:
    """How a run ends whose tasks ended so. `single` is the flat, older form: the run ends as its task did.

    The leaves decide (documented): all good is success, with failures when an inner task failed. A failed leaf of a
    tasks[] run shows as INTERNAL_ERROR with result FAILED at run level, although the task itself is TERMINATED
    (observed from two sources); a flat run shows TERMINATED.
    """
    if single:
        return next(iter(tasks.values()))
    inner = {key for keys in depends_on.values() for key in keys}
    leaves = {key: ending for key, ending in tasks.items() if key not in inner}
    bad = {key: ending for key, ending in leaves.items() if ending.result not in _GOOD}
    if bad:
        return _failed(tasks, bad)
    if any(ending.result not in _GOOD for ending in tasks.values()):
        return Ending(LifeCycle.TERMINATED, "SUCCESS_WITH_FAILURES", "SUCCESS_WITH_FAILURES", "SUCCESS")
    return states.SUCCEEDED


def _failed(tasks: Mapping[str, Ending], bad: Mapping[str, Ending]) -> Ending:
    """The run's ending when at least one leaf is not good: the first cause is named, not what it dragged along."""
    causes = {key: ending for key, ending in tasks.items() if ending.result not in _GOOD}
    key, cause = next(
        ((key, ending) for key, ending in causes.items() if not ending.result.startswith("UPSTREAM_")),
        next(iter(bad.items())),
    )
    if all(ending.result in _CANCELED for ending in bad.values()) or cause.result == "TIMEDOUT":
        return replace(cause, life_cycle=LifeCycle.TERMINATED)  # assumed: not observed at run level
    message = f"Task {key} failed with message: {cause.message.rstrip('.')}."
    return Ending(LifeCycle.INTERNAL_ERROR, "FAILED", cause.code, cause.kind, message)
