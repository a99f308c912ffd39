"""What sets pipelines off: one module per trigger type, and the one table of them.

A type knows how its JSON is read and what a firing looks like; it has no clock, no socket and no state. The control
plane keeps started triggers going (`emulators/datafactory/started_triggers.py`).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from emulators.datafactory.triggers import blob_events, custom_events
from emulators.datafactory.triggers.definition import (
    Firing,
    InvalidTrigger,
    Properties,
    TriggeredPipeline,
    evaluated_parameters,
    triggered_pipelines,
)

__all__ = [
    "EVENT_TRIGGERS",
    "EventTrigger",
    "Firing",
    "InvalidTrigger",
    "TriggeredPipeline",
    "check_trigger",
    "evaluated_parameters",
    "find_event_trigger",
    "triggered_pipelines",
]


class EventTrigger(Protocol):
    """A trigger type that Event Grid sets off; the modules of this package are such types."""

    TYPE: str

    def check(self, properties: Properties) -> None: ...
    def scope(self, properties: Properties) -> str: ...
    def subscription_filter(self, properties: Properties) -> dict[str, Any]: ...
    def wants(self, properties: Properties, event: Mapping[str, Any]) -> bool: ...
    def firing(self, event: Mapping[str, Any], now: datetime) -> Firing: ...


EVENT_TRIGGERS: tuple[EventTrigger, ...] = (blob_events, custom_events)
"""Trigger types that Event Grid sets off."""


def find_event_trigger(properties: Properties) -> EventTrigger | None:
    """The event trigger type of a trigger, None for other types."""
    kind = str(properties.get("type")).lower()
    return next((trigger for trigger in EVENT_TRIGGERS if trigger.TYPE.lower() == kind), None)


def check_trigger(properties: Properties) -> None:
    """Check what the trigger's type asks of it; raises InvalidTrigger. Types that are only kept are not checked."""
    trigger = find_event_trigger(properties)
    if trigger is not None:
        trigger.check(properties)
