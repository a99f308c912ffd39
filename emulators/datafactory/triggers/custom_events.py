"""CustomEventsTrigger: an event that an application published to an Event Grid topic starts pipelines."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulators.datafactory.triggers.definition import Firing, InvalidTrigger, Properties, spoken_time, type_properties

TYPE = "CustomEventsTrigger"


def check(properties: Properties) -> None:
    """Raise InvalidTrigger unless there is a scope and a list of event types (documented)."""
    written = type_properties(properties)
    if not isinstance(written.get("scope"), str) or not written["scope"]:
        raise InvalidTrigger("A CustomEventsTrigger needs the property 'scope', an Event Grid topic's resource id.")
    events = written.get("events")
    if not isinstance(events, list) or not events or not all(isinstance(event, str) for event in events):
        raise InvalidTrigger("The property 'events' of a CustomEventsTrigger lists event types.")


def scope(properties: Properties) -> str:
    """The resource whose events the trigger wants: the topic."""
    return str(type_properties(properties)["scope"])


def subscription_filter(properties: Properties) -> dict[str, Any]:
    """The `filter` of the Event Grid subscription."""
    written = type_properties(properties)
    return {
        "includedEventTypes": list(written["events"]),
        "subjectBeginsWith": written.get("subjectBeginsWith") or "",
        "subjectEndsWith": written.get("subjectEndsWith") or "",
        "isSubjectCaseSensitive": False,
        "advancedFilters": [],
    }


def wants(properties: Properties, event: Mapping[str, Any]) -> bool:
    """Whether the event's type is among the wanted ones, whatever its case (documented)."""
    return str(event.get("eventType")).lower() in {kind.lower() for kind in type_properties(properties)["events"]}


def firing(event: Mapping[str, Any], now: datetime) -> Firing:
    """What the trigger's expressions see: the whole event, as `triggerBody().event` (documented)."""
    return Firing(
        outputs={"body": {"event": dict(event)}},
        properties={
            "TriggerTime": spoken_time(now),
            "EventPayload": json.dumps(event, ensure_ascii=False, separators=(",", ":")),
        },
        event_id=str(event["id"]),
    )
