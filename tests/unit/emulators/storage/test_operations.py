"""Which request is which operation."""

import pytest

from emulators.storage.addresses import Address
from emulators.storage.operations import Operation, identify

BLOB = Address("acct", "con", "b")
COPY = {"x-ms-copy-source": "https://acct.blob.core.windows.net/con/a"}


@pytest.mark.parametrize(
    ("method", "address", "parameters", "headers", "expected"),
    [
        ("PUT", BLOB, {}, {"x-ms-blob-type": "BlockBlob"}, Operation.PUT_BLOB),
        ("PUT", BLOB, {"timeout": "30"}, {}, Operation.PUT_BLOB),
        ("PUT", BLOB, {"sig": "s", "se": "e"}, {}, Operation.PUT_BLOB),
        ("PUT", BLOB, {"comp": "blocklist"}, {}, Operation.PUT_BLOCK_LIST),
        ("PUT", BLOB, {"comp": "BlockList"}, {}, Operation.PUT_BLOCK_LIST),
        ("PUT", BLOB, {}, COPY, Operation.COPY_BLOB),
        ("PUT", BLOB, {}, {**COPY, "x-ms-requires-sync": "true"}, Operation.COPY_BLOB),
        ("PUT", BLOB, {}, {**COPY, "x-ms-blob-type": "BlockBlob"}, Operation.PUT_BLOB_FROM_URL),
        ("DELETE", BLOB, {}, {}, Operation.DELETE_BLOB),
        ("DELETE", BLOB, {}, {"x-ms-delete-snapshots": "include"}, Operation.DELETE_BLOB),
        ("POST", Address("acct", "", ""), {"comp": "batch"}, {}, Operation.BATCH),
        ("POST", Address("acct", "con", ""), {"comp": "batch", "restype": "container"}, {}, Operation.BATCH),
        ("DELETE", BLOB, {}, {"x-ms-delete-snapshots": "only"}, Operation.OTHER),
        ("DELETE", BLOB, {"snapshot": "2026"}, {}, Operation.OTHER),
        ("DELETE", BLOB, {"versionid": "2026"}, {}, Operation.OTHER),
        ("DELETE", Address("acct", "con", ""), {"restype": "container"}, {}, Operation.OTHER),
        ("PUT", Address("acct", "con", ""), {"restype": "container"}, {}, Operation.OTHER),
        ("PUT", Address("acct", "$logs", "b"), {}, {}, Operation.OTHER),
        ("DELETE", Address("acct", "$blobchangefeed", "b"), {}, {}, Operation.OTHER),
        ("GET", BLOB, {}, {}, Operation.OTHER),
        ("HEAD", BLOB, {}, {}, Operation.OTHER),
        *(
            ("PUT", BLOB, {"comp": component}, {}, Operation.OTHER)
            for component in (
                "block", "page", "appendblock", "metadata", "properties", "lease", "snapshot", "tier", "tags",
                "copy", "undelete", "incrementalcopy", "seal", "expiry",
            )
        ),
    ],
)  # fmt: skip
def test_operations(
    method: str, address: Address, parameters: dict[str, str], headers: dict[str, str], expected: Operation
) -> None:
    assert identify(method, address, parameters, headers) is expected


def test_static_websites_raise_events() -> None:
    assert identify("PUT", Address("acct", "$web", "index.html"), {}, {}) is Operation.PUT_BLOB


def test_what_commits_without_a_body() -> None:
    assert Operation.COPY_BLOB.commits_on_head
    assert Operation.DELETE_BLOB.commits_on_head
    assert not Operation.PUT_BLOB.commits_on_head
    assert not Operation.PUT_BLOCK_LIST.commits_on_head
