"""From an operation and its outcome to Event Grid's blob event; pure.

The schema is the documented one of Event Grid for Blob storage (`Microsoft.Storage.BlobCreated`, `BlobDeleted`,
data version empty, metadata version 1).
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulators.storage.addresses import Address
from emulators.storage.operations import Operation

Event = dict[str, Any]

_EVENT_IDS = uuid.UUID("3c1b8f0e-6f0f-5d8b-9a53-0b6f2f3b8a51")


@dataclass(frozen=True)
class Change:
    """A blob that a request sets out to change. `headers` are the request's, by lower-case name."""

    operation: Operation
    address: Address
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Facts:
    """What an event says of the blob itself; `content_length` in bytes, None where it is unknown."""

    content_type: str
    content_length: int | None
    blob_type: str


@dataclass(frozen=True)
class Outcome:
    """The answer to a change: HTTP status and headers by lower-case name."""

    status: int
    headers: Mapping[str, str]

    @property
    def done(self) -> bool:
        """Whether the blob has been changed. A copy that is only begun has not changed it yet."""
        return 200 <= self.status < 300 and self.headers.get("x-ms-copy-status", "success") == "success"


def facts_of_put_blob(headers: Mapping[str, str], body_length: int) -> Facts:
    """What a Put Blob request itself says of the blob it writes (`body_length` in bytes)."""
    blob_type = headers.get("x-ms-blob-type", "BlockBlob")
    content_type = headers.get("x-ms-blob-content-type") or headers.get("content-type") or "application/octet-stream"
    length = int(headers.get("x-ms-blob-content-length", "0")) if blob_type == "PageBlob" else body_length
    return Facts(content_type, length, blob_type)


def facts_of_properties(headers: Mapping[str, str]) -> Facts:
    """What the answer to Get Blob Properties says."""
    length = headers.get("content-length")
    return Facts(
        headers.get("content-type", "application/octet-stream"),
        None if length is None else int(length),
        headers.get("x-ms-blob-type", "BlockBlob"),
    )


def blob_event(
    change: Change, outcome: Outcome, facts: Facts | None, *, topic: str, sequencer: int, time: datetime
) -> Event:
    """The event of a change that was done. `topic` is the storage account's Resource Manager id.

    `sequencer` grows from event to event; it is written so that its texts compare as the numbers do. `facts` None
    leaves out what is not known.
    """
    deleted = change.operation is Operation.DELETE_BLOB
    request_id = outcome.headers.get("x-ms-request-id", "")
    order = f"{sequencer:032X}"
    data = {
        "api": change.operation.api,
        "clientRequestId": change.headers.get("x-ms-client-request-id"),
        "requestId": request_id or None,
        "eTag": None if deleted else outcome.headers.get("etag", "").strip('"'),
        "contentType": facts and facts.content_type,
        "contentLength": None if deleted or facts is None else facts.content_length,
        "blobType": facts and facts.blob_type,
        "url": change.address.url,
        "sequencer": order,
        "storageDiagnostics": {"batchId": str(uuid.uuid5(_EVENT_IDS, f"batch {request_id} {order}"))},
    }
    return {
        "topic": topic,
        "subject": change.address.subject,
        "eventType": "Microsoft.Storage.BlobDeleted" if deleted else "Microsoft.Storage.BlobCreated",
        "eventTime": time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "id": str(uuid.uuid5(_EVENT_IDS, f"event {request_id} {order}")),
        "data": {name: value for name, value in data.items() if value is not None},
        "dataVersion": "",
        "metadataVersion": "1",
    }
