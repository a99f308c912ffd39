"""What the engine asks of its driver. A driver carries commands out in order and reports back through `Runs`."""

from dataclasses import dataclass
from datetime import datetime

from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.records import ActivityRun, PipelineRun


@dataclass(frozen=True)
class StartActivity:
    """Run this attempt; report with `Runs.activity_finished(activity.activity_run_id, result, now)`."""

    activity: Activity


@dataclass(frozen=True)
class StopActivity:
    """Stop that attempt, then report it finished (`Stopped`): it timed out or was cancelled."""

    activity_run_id: str


@dataclass(frozen=True)
class WakeAt:
    """Call `Runs.timer_due(timer, now)` at this moment."""

    moment: datetime
    timer: int


@dataclass(frozen=True)
class DropTimer:
    """That moment does not matter any more."""

    timer: int


@dataclass(frozen=True)
class PipelineRunChanged:
    """A copy of the record as it is now."""

    run: PipelineRun


@dataclass(frozen=True)
class ActivityRunChanged:
    """A copy of the record as it is now."""

    run: ActivityRun


@dataclass(frozen=True)
class ActivitySkipped:
    """An activity will not run because its conditions were not met. The real monitor shows no row for it."""

    pipeline_run_id: str
    activity_name: str
    activity_type: str
    iteration: str | None
    moment: datetime


Command = StartActivity | StopActivity | WakeAt | DropTimer | PipelineRunChanged | ActivityRunChanged | ActivitySkipped
