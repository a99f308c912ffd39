"""BlobEventsTrigger: a blob that was written or deleted starts pipelines with its name and folder.

The trigger is an Event Grid subscription on the storage account. The filter does what Event Grid can do; the rest,
and every event once more, is decided when the event arrives.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from emulators.datafactory.triggers.definition import Firing, InvalidTrigger, Properties, spoken_time, type_properties

TYPE = "BlobEventsTrigger"

CREATED = "Microsoft.Storage.BlobCreated"
DELETED = "Microsoft.Storage.BlobDeleted"

COMMITTED_WRITES = ("CopyBlob", "PutBlob", "PutBlockList", "FlushWithClose", "SftpCommit")
"""`data.api` of the calls after which a blob is complete; others come before the data (the service's list, assumed)."""

DELETES = ("DeleteBlob", "DeleteFile", "SftpRemove")

_CONTAINERS = "/blobServices/default/containers"


def check(properties: Properties) -> None:
    """Raise InvalidTrigger unless there is a scope, known events and at least one path filter (documented)."""
    written = type_properties(properties)
    if not isinstance(written.get("scope"), str) or not written["scope"]:
        raise InvalidTrigger("A BlobEventsTrigger needs the property 'scope', a storage account's resource id.")
    events = written.get("events")
    if not isinstance(events, list) or not events or not set(events) <= {CREATED, DELETED}:
        raise InvalidTrigger(f"The property 'events' of a BlobEventsTrigger lists {CREATED}, {DELETED} or both.")
    paths = [written.get("blobPathBeginsWith"), written.get("blobPathEndsWith")]
    if not any(paths):
        raise InvalidTrigger("A BlobEventsTrigger needs 'blobPathBeginsWith' or 'blobPathEndsWith'.")
    if not all(path is None or isinstance(path, str) for path in paths):
        raise InvalidTrigger("The path filters of a BlobEventsTrigger are texts.")
    if paths[0] and not paths[0].startswith("/"):
        raise InvalidTrigger("The property 'blobPathBeginsWith' starts with '/<container>/'.")


def scope(properties: Properties) -> str:
    """The resource whose events the trigger wants: the storage account."""
    return str(type_properties(properties)["scope"])


def subscription_filter(properties: Properties) -> dict[str, Any]:
    """The `filter` of the Event Grid subscription.

    The length of a deleted blob is not in its event, so "not empty" is left to `wants` where deletes are wanted too.
    """
    written = type_properties(properties)
    events = list(written["events"])
    apis = [*(COMMITTED_WRITES if CREATED in events else ()), *(DELETES if DELETED in events else ())]
    advanced: list[dict[str, Any]] = [{"operatorType": "StringIn", "key": "data.api", "values": apis}]
    if _ignores_empty(properties) and DELETED not in events:
        advanced.append({"operatorType": "NumberGreaterThan", "key": "data.contentLength", "value": 0})
    begins = written.get("blobPathBeginsWith")
    return {
        "includedEventTypes": events,
        "subjectBeginsWith": f"{_CONTAINERS}{begins}" if begins else "",
        "subjectEndsWith": written.get("blobPathEndsWith") or "",
        "isSubjectCaseSensitive": False,
        "advancedFilters": advanced,
    }


def wants(properties: Properties, event: Mapping[str, Any]) -> bool:
    """Whether an event sets the trigger off: its type is wanted, and it is not an empty blob that is to be ignored."""
    kind = event.get("eventType")
    if kind not in type_properties(properties)["events"]:
        return False
    length = (event.get("data") or {}).get("contentLength")
    return not (kind == CREATED and _ignores_empty(properties) and length == 0)


def firing(event: Mapping[str, Any], now: datetime) -> Firing:
    """What the trigger's expressions see: `fileName` is the last segment of the blob's name, `folderPath` the
    container and the segments between, without a slash at the end (documented). Raises InvalidTrigger for an event
    that is not about a blob."""
    container, separator, blob = str(event.get("subject")).removeprefix(f"{_CONTAINERS}/").partition("/blobs/")
    if not separator or not container or "/" in container:
        raise InvalidTrigger(f"The event's subject '{event.get('subject')}' does not name a blob.")
    folder, _, name = blob.rpartition("/")
    return Firing(
        outputs={"body": {"fileName": name, "folderPath": f"{container}/{folder}" if folder else container}},
        properties={
            "TriggerTime": spoken_time(now),
            "EventPayload": json.dumps(event, ensure_ascii=False, separators=(",", ":")),
        },
        event_id=str(event["id"]),
    )


def _ignores_empty(properties: Properties) -> bool:
    """Empty blobs are ignored unless the trigger says otherwise (documented default)."""
    return type_properties(properties).get("ignoreEmptyBlobs") in (None, True)
