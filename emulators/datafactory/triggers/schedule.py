"""ScheduleTrigger: a recurrence on the wall clock starts pipelines. What a stopped trigger missed stays missed."""

from collections.abc import Iterator
from datetime import datetime

from emulators.datafactory.engine.timestamps import timestamp
from emulators.datafactory.triggers.definition import Firing, Properties, spoken_time, type_properties
from emulators.datafactory.triggers.recurrence import read_recurrence

TYPE = "ScheduleTrigger"


def check(properties: Properties) -> None:
    """Raise InvalidTrigger unless the recurrence can be read."""
    read_recurrence(type_properties(properties).get("recurrence"))


def occurrences(properties: Properties, since: datetime) -> Iterator[datetime]:
    """The moments at or after `since` at which the trigger fires, in order."""
    return read_recurrence(type_properties(properties).get("recurrence")).since(since)


def firing(scheduled: datetime, now: datetime) -> Firing:
    """What the trigger's expressions see: `trigger().scheduledTime` and `trigger().startTime` (documented)."""
    return Firing(
        outputs={},
        times={"scheduledTime": timestamp(scheduled), "startTime": timestamp(now)},
        properties={"TriggerTime": spoken_time(now), "ScheduleTime": spoken_time(scheduled)},
        event_id=f"schedule {timestamp(scheduled)}",
    )
