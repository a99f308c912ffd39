"""From an operation and its outcome to the event."""

from datetime import UTC, datetime

from emulators.storage.addresses import Address
from emulators.storage.events import Change, Facts, Outcome, blob_event, facts_of_properties, facts_of_put_blob
from emulators.storage.operations import Operation

BLOB = Address("acct", "con", "b")
TIME = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)


def _event(operation: Operation, facts: Facts | None, sequencer: int = 1) -> dict[str, object]:
    outcome = Outcome(201, {"etag": '"0x1"', "x-ms-request-id": "r"})
    return blob_event(Change(operation, BLOB, {}), outcome, facts, topic="/t", sequencer=sequencer, time=TIME)


def test_creation_and_deletion_differ_as_documented() -> None:
    facts = Facts("text/plain", 5, "BlockBlob")
    created, deleted = _event(Operation.COPY_BLOB, facts), _event(Operation.DELETE_BLOB, facts)
    assert created["eventType"] == "Microsoft.Storage.BlobCreated"
    assert deleted["eventType"] == "Microsoft.Storage.BlobDeleted"
    assert isinstance(created["data"], dict)
    assert isinstance(deleted["data"], dict)
    assert set(created["data"]) - set(deleted["data"]) == {"eTag", "contentLength"}


def test_time_has_seven_digits() -> None:
    assert _event(Operation.COPY_BLOB, None)["eventTime"] == "2026-01-02T03:04:05.6789010Z"


def test_what_is_not_known_is_left_out() -> None:
    data = _event(Operation.PUT_BLOCK_LIST, None)["data"]
    assert isinstance(data, dict)
    assert {"contentLength", "contentType", "blobType", "clientRequestId"}.isdisjoint(data)


def test_sequencers_compare_as_texts() -> None:
    texts = [_event(Operation.COPY_BLOB, None, number)["data"]["sequencer"] for number in (1, 9, 10, 255, 4096)]  # type: ignore[index]
    assert texts == sorted(texts)


def test_the_same_change_gives_the_same_event() -> None:
    assert _event(Operation.COPY_BLOB, None) == _event(Operation.COPY_BLOB, None)
    assert _event(Operation.COPY_BLOB, None)["id"] != _event(Operation.COPY_BLOB, None, 2)["id"]


def test_a_put_says_what_it_writes() -> None:
    assert facts_of_put_blob({}, 7) == Facts("application/octet-stream", 7, "BlockBlob")
    assert facts_of_put_blob({"content-type": "a/b"}, 7).content_type == "a/b"
    assert facts_of_put_blob({"content-type": "a/b", "x-ms-blob-content-type": "c/d"}, 7).content_type == "c/d"
    page = {"x-ms-blob-type": "PageBlob", "x-ms-blob-content-length": "1024"}
    assert facts_of_put_blob(page, 0) == Facts("application/octet-stream", 1024, "PageBlob")


def test_properties_say_what_is_there() -> None:
    headers = {"content-length": "3", "content-type": "a/b", "x-ms-blob-type": "AppendBlob"}
    assert facts_of_properties(headers) == Facts("a/b", 3, "AppendBlob")


def test_only_what_is_done_counts() -> None:
    assert Outcome(202, {"x-ms-copy-status": "success"}).done
    assert not Outcome(202, {"x-ms-copy-status": "pending"}).done
    assert not Outcome(412, {}).done
    assert not Outcome(304, {}).done
