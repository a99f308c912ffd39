"""What sets pipelines off: one module per trigger type, and the one table of them.

A type knows how its JSON is read and what a firing looks like; it has no clock, no socket and no state. The control
plane keeps started triggers going: `event_triggers.py` and `clock_triggers.py` beside this package.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from emulators.datafactory.triggers import blob_events, custom_events, schedule, tumbling_window
from emulators.datafactory.triggers.definition import (
    Firing,
    InvalidTrigger,
    Properties,
    TriggeredPipeline,
    evaluated_parameters,
    triggered_pipelines,
)


class TriggerType(Protocol):
    """What every trigger type has; the modules of this package are such types."""

    TYPE: str

    def check(self, properties: Properties) -> None: ...


class EventTrigger(TriggerType, Protocol):
    """A trigger type that Event Grid sets off."""

    def scope(self, properties: Properties) -> str: ...
    def subscription_filter(self, properties: Properties) -> dict[str, Any]: ...
    def wants(self, properties: Properties, event: Mapping[str, Any]) -> bool: ...
    def firing(self, event: Mapping[str, Any], now: datetime) -> Firing: ...


EVENT_TRIGGERS: tuple[EventTrigger, ...] = (blob_events, custom_events)
"""Trigger types that Event Grid sets off."""

CLOCK_TRIGGERS: tuple[TriggerType, ...] = (schedule, tumbling_window)
"""Trigger types that time sets off."""


def find_event_trigger(properties: Properties) -> EventTrigger | None:
    """The event trigger type of a trigger, None for other types."""
    return next((kind for kind in EVENT_TRIGGERS if is_of_type(properties, kind)), None)


def find_trigger_type(properties: Properties) -> TriggerType | None:
    """The type of a trigger, None for one that the emulator only keeps."""
    return next((kind for kind in (*EVENT_TRIGGERS, *CLOCK_TRIGGERS) if is_of_type(properties, kind)), None)


def is_of_type(properties: Properties, kind: TriggerType) -> bool:
    """Whether a trigger is of a type, its name in whatever case."""
    return str(properties.get("type")).lower() == kind.TYPE.lower()


def check_trigger(properties: Properties, before: Properties | None = None) -> None:
    """Check what the trigger's type asks of it, and of a change of `before`; raises InvalidTrigger.

    Types that are only kept are not checked.
    """
    kind = find_trigger_type(properties)
    if kind is not None:
        kind.check(properties)
    if before is not None and is_of_type(properties, tumbling_window) and is_of_type(before, tumbling_window):
        tumbling_window.check_change(before, properties)


__all__ = [
    "CLOCK_TRIGGERS",
    "EVENT_TRIGGERS",
    "EventTrigger",
    "Firing",
    "InvalidTrigger",
    "Properties",
    "TriggerType",
    "TriggeredPipeline",
    "check_trigger",
    "evaluated_parameters",
    "find_event_trigger",
    "find_trigger_type",
    "is_of_type",
    "triggered_pipelines",
]
