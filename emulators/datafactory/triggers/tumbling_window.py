"""TumblingWindowTrigger: time cut into windows without gap or overlap, one pipeline run for each, the past included.

Pure: which windows there are, when each is due, what it depends on and what its expressions see. The control plane
keeps the windows' states and lets time pass.
"""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.datafactory.engine.timestamps import timestamp
from emulators.datafactory.triggers.definition import Firing, InvalidTrigger, Properties, spoken_time, type_properties
from emulators.datafactory.triggers.timespans import moment, timespan

TYPE = "TumblingWindowTrigger"

DEPENDENCY_PATIENCE = timedelta(days=7)
"""How long a window waits for what it depends on before it fails (documented)."""

_SHORTEST_MINUTES = 5
_SELF = "SelfDependencyTumblingWindowTriggerReference"
_OTHER = "TumblingWindowTriggerDependencyReference"


@dataclass(frozen=True)
class Window:
    """The time from `start` to `end`, in UTC; the end belongs to the next window."""

    start: datetime
    end: datetime

    @property
    def event_id(self) -> str:
        """Tells the windows of one trigger apart."""
        return f"window {timestamp(self.start)}"

    def overlaps(self, other: "Window") -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Dependency:
    """Windows that must have succeeded first; `trigger` None means the trigger's own earlier ones."""

    trigger: str | None
    offset: timedelta
    size: timedelta | None

    def required(self, window: Window) -> Window:
        """The time that must be covered by succeeded windows before `window` may run (documented)."""
        start = window.start + self.offset
        return Window(start, start + (self.size or (window.end - window.start)))


@dataclass(frozen=True)
class TumblingWindows:
    """A tumbling window trigger as read."""

    frequency: str
    interval: int
    start: datetime
    end: datetime | None
    delay: timedelta
    max_concurrency: int
    retries: int
    retry_pause: timedelta
    dependencies: tuple[Dependency, ...]

    def windows(self, first: int = 0) -> Iterator[Window]:
        """Every window from the first on; the last one ends at or before the trigger's end (assumed)."""
        for number in itertools.count(first):
            window = Window(self._bound(number), self._bound(number + 1))
            if self.end is not None and window.end > self.end:
                return
            yield window

    def overlapping(self, required: Window) -> Iterator[Window]:
        """The windows of this trigger that cover a part of the required time; there are none before its start."""
        for window in self.windows(max(0, self._number(required.start))):
            if window.start >= required.end:
                return
            if window.overlaps(required):
                yield window

    def due(self, window: Window) -> datetime:
        """When the window may run: at its end, and after the trigger's delay."""
        return window.end + self.delay

    def _number(self, at: datetime) -> int:
        """The number of the window that holds a moment, or of one shortly before."""
        if self.frequency == "month":
            months = (at.year - self.start.year) * 12 + at.month - self.start.month
            return months // self.interval - 1
        return (at - self.start) // (self._bound(1) - self.start)

    def _bound(self, number: int) -> datetime:
        if self.frequency == "month":
            months = self.start.year * 12 + self.start.month - 1 + number * self.interval
            return self.start.replace(year=months // 12, month=months % 12 + 1)
        unit = timedelta(minutes=1) if self.frequency == "minute" else timedelta(hours=1)
        return self.start + number * self.interval * unit


def check(properties: Properties) -> None:
    """Raise InvalidTrigger unless there is a single pipeline and the windows can be read."""
    read_windows(properties)
    if not isinstance(properties.get("pipeline"), Mapping):
        raise InvalidTrigger("A TumblingWindowTrigger starts a single 'pipeline'.")


def check_change(before: Properties, after: Properties) -> None:
    """Frequency, interval and start stay as they were created (documented); raises InvalidTrigger."""
    old, new = read_windows(before), read_windows(after)
    if (old.frequency, old.interval, old.start) != (new.frequency, new.interval, new.start):
        raise InvalidTrigger("The frequency, interval and startTime of a TumblingWindowTrigger cannot be changed.")


def read_windows(properties: Properties) -> TumblingWindows:
    """Read the type properties; raises InvalidTrigger naming the property."""
    written = type_properties(properties)
    frequency = str(written.get("frequency")).lower()
    if frequency not in ("minute", "hour", "month"):
        raise InvalidTrigger(
            f"The frequency '{written.get('frequency')}' of a tumbling window is not Minute, Hour or Month."
        )
    interval = _whole(written, "interval", 1, 10**6, None)
    if frequency == "minute" and interval < _SHORTEST_MINUTES:
        raise InvalidTrigger(f"A tumbling window is at least {_SHORTEST_MINUTES} minutes long.")
    start = moment(written.get("startTime"), "startTime")
    if start is None:
        raise InvalidTrigger("The property 'startTime' of a tumbling window is required.")
    if frequency == "month" and start.day > 28:
        raise InvalidTrigger("Monthly windows start on a day that every month has, the 28th at the latest.")
    retry = written.get("retryPolicy") or {}
    return TumblingWindows(
        frequency=frequency,
        interval=interval,
        start=start.astimezone(UTC),
        end=moment(written.get("endTime"), "endTime"),
        delay=timespan(written.get("delay"), "delay") or timedelta(),
        max_concurrency=_whole(written, "maxConcurrency", 1, 50, None),
        retries=_whole(retry, "count", 0, 10**6, 0),
        retry_pause=timedelta(seconds=_whole(retry, "intervalInSeconds", 30, 86_400, 30)),
        dependencies=tuple(_dependency(item) for item in _listed(written.get("dependsOn"))),
    )


def firing(window: Window, now: datetime) -> Firing:
    """What the trigger's expressions see: `trigger().outputs.windowStartTime` and `.windowEndTime` (documented)."""
    bounds = {"windowStartTime": timestamp(window.start), "windowEndTime": timestamp(window.end)}
    return Firing(
        outputs=bounds,
        times={"scheduledTime": timestamp(window.end), "startTime": timestamp(now)},
        properties={"TriggerTime": spoken_time(now), **bounds},
        event_id=window.event_id,
    )


def window_of(run_context: Mapping[str, Any]) -> Window:
    """The window that a trigger run was made for, from what it keeps."""
    outputs = run_context["outputs"]
    start, end = moment(outputs["windowStartTime"], "start"), moment(outputs["windowEndTime"], "end")
    if start is None or end is None:
        raise InvalidTrigger("The trigger run does not belong to a window.")
    return Window(start, end)


def _dependency(written: Any) -> Dependency:
    kind = written.get("type") if isinstance(written, Mapping) else None
    if kind not in (_SELF, _OTHER):
        raise InvalidTrigger(f"The dependency type '{kind}' of a tumbling window is not {_OTHER} or {_SELF}.")
    offset, size = timespan(written.get("offset"), "offset"), timespan(written.get("size"), "size")
    if kind == _SELF:
        if offset is None or offset >= timedelta():
            raise InvalidTrigger("A self-dependency of a tumbling window needs a negative 'offset'.")
        return Dependency(None, offset, size)
    reference = written.get("referenceTrigger")
    name = reference.get("referenceName") if isinstance(reference, Mapping) else None
    if not isinstance(name, str):
        raise InvalidTrigger("A dependency of a tumbling window needs a 'referenceTrigger'.")
    return Dependency(name, offset or timedelta(), size)


def _listed(written: Any) -> list[Any]:
    if written is None:
        return []
    if not isinstance(written, list) or len(written) > 5:
        raise InvalidTrigger("The property 'dependsOn' of a tumbling window lists at most five dependencies.")
    return written


def _whole(written: Mapping[str, Any], name: str, low: int, high: int, default: int | None) -> int:
    value = written.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise InvalidTrigger(f"The property '{name}' of a tumbling window is a whole number from {low} to {high}.")
    return value
