"""Which storage operation a request is, as far as events are concerned; pure.

Documented for Event Grid: blobs are created by Put Blob, Put Block List and Copy Blob (and their from-URL
variants) and deleted by Delete Blob. Page and append writes, metadata, leases, snapshots and container operations
raise no event, nor do the system containers `$logs` and `$blobchangefeed`.
"""

from collections.abc import Mapping
from enum import Enum

from emulators.storage.addresses import Address

_SILENT_CONTAINERS = frozenset({"$logs", "$blobchangefeed"})


class Operation(Enum):
    """The operations that the front door tells apart."""

    PUT_BLOB = "Put Blob"
    PUT_BLOB_FROM_URL = "Put Blob From URL"
    PUT_BLOCK_LIST = "Put Block List"
    COPY_BLOB = "Copy Blob"
    DELETE_BLOB = "Delete Blob"
    BATCH = "Blob Batch"
    OTHER = "any other"

    @property
    def api(self) -> str:
        """Event Grid's `data.api` (documented; for Put Blob From URL assumed to be that of Put Blob)."""
        return _API[self]

    @property
    def commits_on_head(self) -> bool:
        """Whether the head alone is the whole operation, so that nothing of it may reach Azurite early."""
        return self in {Operation.COPY_BLOB, Operation.PUT_BLOB_FROM_URL, Operation.DELETE_BLOB}


_API = {
    Operation.PUT_BLOB: "PutBlob",
    Operation.PUT_BLOB_FROM_URL: "PutBlob",
    Operation.PUT_BLOCK_LIST: "PutBlockList",
    Operation.COPY_BLOB: "CopyBlob",
    Operation.DELETE_BLOB: "DeleteBlob",
}


def identify(method: str, address: Address, parameters: Mapping[str, str], headers: Mapping[str, str]) -> Operation:
    """The operation of a request. `parameters` and `headers` have lower-case names.

    OTHER stands for everything that raises no event.
    """
    component = parameters.get("comp", "").lower()
    if method == "POST" and component == "batch":
        return Operation.BATCH
    if not address.blob or address.container in _SILENT_CONTAINERS:
        return Operation.OTHER
    if method == "PUT":
        return _put(component, headers)
    if method == "DELETE" and not component:
        return _delete(parameters, headers)
    return Operation.OTHER


def _put(component: str, headers: Mapping[str, str]) -> Operation:
    if component == "blocklist":
        return Operation.PUT_BLOCK_LIST
    if component:
        return Operation.OTHER
    if "x-ms-copy-source" not in headers:
        return Operation.PUT_BLOB
    return Operation.PUT_BLOB_FROM_URL if "x-ms-blob-type" in headers else Operation.COPY_BLOB


def _delete(parameters: Mapping[str, str], headers: Mapping[str, str]) -> Operation:
    of_a_snapshot = "snapshot" in parameters or "versionid" in parameters
    snapshots_only = headers.get("x-ms-delete-snapshots", "").lower() == "only"
    return Operation.OTHER if of_a_snapshot or snapshots_only else Operation.DELETE_BLOB
