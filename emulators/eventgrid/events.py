"""The Event Grid event schema, as publishers must send it; pure."""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulators.eventgrid.errors import BadRequest

Event = dict[str, Any]

LARGEST_REQUEST = 1 << 20  # bytes, documented

_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:?\d{2})?")


def read_events(body: bytes, topic: str) -> list[Event]:
    """The events of a publish request, each with `topic` (the topic's resource id) and metadata version filled in.

    Raises BadRequest naming the event and the property.
    """
    try:
        events = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"The request body is not valid JSON: {error}.") from error
    if not isinstance(events, list):
        raise BadRequest("The request body must be a JSON array of events in the EventGridEvent schema.")
    try:
        json.dumps(events, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:  # NaN, Infinity, half of a surrogate pair: no delivery could repeat them
        raise BadRequest(f"The request body holds what JSON cannot: {error}.") from error
    return [_checked(event, number, topic) for number, event in enumerate(events)]


def _checked(event: Any, number: int, topic: str) -> Event:
    if not isinstance(event, Mapping):
        raise BadRequest(f"Event {number} is not a JSON object.")
    for name in ("id", "subject", "eventType", "eventTime"):
        _require_text(event, name, number)
    if not _is_time(event["eventTime"]):
        raise BadRequest(f"Event {number}: 'eventTime' is not a date and time in ISO 8601: '{event['eventTime']}'.")
    if event.get("topic") and str(event["topic"]).lower() != topic.lower():
        raise BadRequest(f"Event {number}: 'topic' must be left out or be '{topic}', not '{event['topic']}'.")
    if event.get("metadataVersion", "1") != "1":
        raise BadRequest(f"Event {number}: 'metadataVersion' must be left out or be '1'.")
    return {**event, "topic": topic, "dataVersion": event.get("dataVersion", ""), "metadataVersion": "1"}


def _require_text(event: Mapping[str, Any], name: str, number: int) -> None:
    if not isinstance(event.get(name), str) or not event[name]:
        raise BadRequest(
            f"Event {number}: this topic takes the EventGridEvent schema, which requires '{name}' to be a "
            "non-empty string."
        )


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        # Azure writes seven digits of a second, Python reads six
        datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return False
    return True
