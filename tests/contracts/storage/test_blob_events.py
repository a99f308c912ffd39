"""Which operations of azure-storage-blob raise which events, and what they say."""

import os
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import (
    BlobBlock,
    BlobSasPermissions,
    ContentSettings,
    StandardBlobTier,
    generate_blob_sas,
)


def _block_id(number: int) -> str:
    return f"{number:032d}"


def test_put_blob_raises_one_event_with_the_documented_schema(box: Any, place: Any) -> None:
    settings = ContentSettings(content_type="text/csv")
    answer = box.client.upload_blob("folder/a.csv", b"1,2,3", content_settings=settings, client_request_id="my-request")
    etag = answer.get_blob_properties().etag.strip('"')

    (event,) = box.events()

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", event.pop("eventTime"))
    uuid.UUID(event.pop("id"))
    uuid.UUID(event["data"].pop("storageDiagnostics").pop("batchId"))
    uuid.UUID(event["data"].pop("requestId"))
    assert re.fullmatch(r"[0-9A-F]{32}", event["data"].pop("sequencer"))
    assert event == {
        "topic": place.resource_ids["drydockone"],
        "subject": f"/blobServices/default/containers/{box.name}/blobs/folder/a.csv",
        "eventType": "Microsoft.Storage.BlobCreated",
        "data": {
            "api": "PutBlob",
            "clientRequestId": "my-request",
            "eTag": etag,
            "contentType": "text/csv",
            "contentLength": 5,
            "blobType": "BlockBlob",
            "url": f"https://drydockone.blob.core.windows.net/{box.name}/folder/a.csv",
        },
        "dataVersion": "",
        "metadataVersion": "1",
    }


def test_a_large_upload_raises_one_event_at_commit_with_the_whole_length(box: Any) -> None:
    content = os.urandom(5 << 20)
    blob = box.client.get_blob_client("large.bin")
    blob._config.max_single_put_size = blob._config.max_block_size = 1 << 20

    blob.upload_blob(content, max_concurrency=3)

    (event,) = box.events()
    assert event["data"]["api"] == "PutBlockList"
    assert event["data"]["contentLength"] == len(content)
    assert event["data"]["contentType"] == "application/octet-stream"
    assert blob.download_blob(max_concurrency=3).readall() == content


def test_staged_blocks_raise_nothing_until_they_are_committed(plain_box: Any) -> None:
    blob = plain_box.client.get_blob_client("b")
    blob.stage_block(_block_id(1), b"one")
    blob.stage_block(_block_id(2), b"three")
    assert plain_box.summary() == []

    blob.commit_block_list([BlobBlock(_block_id(1)), BlobBlock(_block_id(2))])

    (event,) = plain_box.events()
    assert (event["data"]["api"], event["data"]["contentLength"]) == ("PutBlockList", 8)


def test_an_empty_blob_raises_an_event_of_length_zero(box: Any) -> None:
    box.client.upload_blob("empty", b"")
    (event,) = box.events()
    assert event["data"]["contentLength"] == 0


@pytest.mark.parametrize(
    "name",
    ["a b.txt", "1+1=2", "100%", "ümläut/ß.csv", "a/b/c", "question?#hash", "日本", "per%20cent", "~(!)'*,;@&$:"],
)
def test_names_survive_in_event_and_storage(box: Any, name: str) -> None:
    box.client.upload_blob(name, b"x")

    assert [blob.name for blob in box.client.list_blobs()] == [name]
    assert box.client.download_blob(name).readall() == b"x"
    (event,) = box.events()
    assert event["subject"] == f"/blobServices/default/containers/{box.name}/blobs/{name}"
    assert event["data"]["url"].isascii()


def test_copying_raises_an_event_for_the_copy(box: Any) -> None:
    source = box.client.upload_blob("source", b"12345", content_settings=ContentSettings(content_type="text/plain"))
    copy = box.client.get_blob_client("copy")

    copy.start_copy_from_url(source.url)

    assert copy.download_blob().readall() == b"12345"
    _, event = box.events()
    assert event["subject"].endswith("/blobs/copy")
    assert (event["data"]["api"], event["data"]["contentLength"]) == ("CopyBlob", 5)
    assert event["data"]["contentType"] == "text/plain"


def test_copying_at_once_raises_an_event_too(plain_box: Any, place: Any) -> None:
    source = plain_box.client.upload_blob("source", b"12345")
    plain_box.client.get_blob_client("copy").start_copy_from_url(source.url, requires_sync=True)
    assert plain_box.summary() == [("PutBlob", "source"), ("CopyBlob", "copy")]


def test_copying_with_a_signature_asks_no_one_but_this_cloud(box: Any, place: Any) -> None:
    """Azurite asks the source itself; with an address of Azure that request must come back to the door."""
    source = box.client.upload_blob("source", b"12345")
    signature = generate_blob_sas(
        "drydockone",
        box.name,
        "source",
        account_key=place.keys["drydockone"],
        permission=BlobSasPermissions(read=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    box.client.get_blob_client("copy").start_copy_from_url(f"{source.url}?{signature}")
    assert box.client.download_blob("copy").readall() == b"12345"
    with pytest.raises(HttpResponseError):
        box.client.get_blob_client("copy").start_copy_from_url(f"{source.url}?{signature}x")


def test_putting_a_blob_from_an_address_is_refused_aloud_and_raises_nothing(plain_box: Any) -> None:
    source = plain_box.client.upload_blob("source", b"12345")
    with pytest.raises(HttpResponseError) as refused:
        plain_box.client.get_blob_client("copy").upload_blob_from_url(source.url)
    assert refused.value.status_code == 501
    assert plain_box.summary() == [("PutBlob", "source")]


def test_deleting_raises_an_event_that_knows_what_was_deleted(box: Any) -> None:
    blob = box.client.upload_blob("gone", b"123", content_settings=ContentSettings(content_type="text/plain"))
    blob.delete_blob()

    _, event = box.events()

    assert event["eventType"] == "Microsoft.Storage.BlobDeleted"
    data = event["data"]
    assert data["api"] == "DeleteBlob"
    assert data["contentType"] == "text/plain"
    assert data["blobType"] == "BlockBlob"
    assert data["url"].endswith(f"/{box.name}/gone")
    assert "eTag" not in data
    assert "contentLength" not in data


def test_a_batch_delete_raises_one_event_for_each_blob_that_was_there(box: Any) -> None:
    names = ["a b", "ü+%", "deep/er"]
    for name in names:
        box.client.upload_blob(name, b"x")

    box.client.delete_blobs(*names, "never was", raise_on_any_failure=False)

    events = [event for event in box.summary() if event[0] == "DeleteBlob"]
    assert sorted(events) == sorted(("DeleteBlob", name) for name in names)
    assert not list(box.client.list_blobs())


def test_a_batch_that_changes_tiers_raises_nothing(plain_box: Any) -> None:
    plain_box.client.upload_blob("a", b"x")
    plain_box.client.set_standard_blob_tier_blobs(StandardBlobTier.COOL, "a")
    assert plain_box.summary() == [("PutBlob", "a")]


def test_what_does_not_create_or_delete_a_blob_raises_nothing(plain_box: Any) -> None:
    blob = plain_box.client.upload_blob("b", b"x")
    blob.set_blob_metadata({"Some": "thing"})
    blob.set_http_headers(ContentSettings(content_type="text/plain"))
    blob.set_standard_blob_tier("Cool")
    blob.set_blob_tags({"a": "b"})
    snapshot = blob.create_snapshot()
    plain_box.client.get_blob_client("b", snapshot=snapshot["snapshot"]).delete_blob()
    blob.create_snapshot()
    blob.delete_blob(delete_snapshots="only")
    lease = blob.acquire_lease()
    lease.release()
    blob.get_blob_properties()
    assert plain_box.summary() == [("PutBlob", "b")]


def test_page_and_append_writes_raise_nothing_beyond_the_creation(plain_box: Any) -> None:
    log = plain_box.client.get_blob_client("log")
    log.create_append_blob()
    log.append_block(b"line")
    disk = plain_box.client.get_blob_client("disk")
    disk.create_page_blob(1024)
    disk.upload_page(b"x" * 512, 0, 512)
    disk.resize_blob(2048)

    events = plain_box.events()

    assert [(event["data"]["blobType"], event["data"]["contentLength"]) for event in events] == [
        ("AppendBlob", 0),
        ("PageBlob", 1024),
    ]


def test_containers_raise_nothing(place: Any, plain_box: Any) -> None:
    service = place.service_client()
    other = service.create_container(f"x{uuid.uuid4().hex}")
    other.upload_blob("a", b"")
    other.set_container_metadata({"a": "b"})
    other.delete_container()
    plain_box.events()
    mine = [event for event in place.events if f"/containers/{other.container_name}/" in event["subject"]]
    assert [event["data"]["api"] for event in mine] == ["PutBlob"]


def test_writes_that_fail_raise_nothing(plain_box: Any) -> None:
    blob = plain_box.client.upload_blob("b", b"x")
    with pytest.raises(ResourceExistsError):
        plain_box.client.upload_blob("b", b"y")
    with pytest.raises(ResourceNotFoundError):
        plain_box.client.delete_blob("never was")
    with pytest.raises(HttpResponseError):
        blob.commit_block_list([BlobBlock(_block_id(9))])
    lease = blob.acquire_lease()
    with pytest.raises(HttpResponseError):
        blob.delete_blob()
    lease.release()
    assert plain_box.summary() == [("PutBlob", "b")]


def test_an_account_without_a_topic_raises_nothing(place: Any, plain_box: Any) -> None:
    container = place.service_client("drydocktwo").create_container(f"x{uuid.uuid4().hex}")
    container.upload_blob("a", b"x")
    plain_box.events()
    assert not [event for event in place.events if container.container_name in event["subject"]]


def test_events_of_one_blob_come_in_the_order_of_its_writes(plain_box: Any) -> None:
    """Writers compete for one blob; the last event's ETag is that of the blob as it is."""
    blob = plain_box.client.get_blob_client("contested")
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(lambda number: blob.upload_blob(bytes([number]) * 10, overwrite=True), range(40)))

    events = plain_box.events()

    assert len(events) == 40
    assert events[-1]["data"]["eTag"] == blob.get_blob_properties().etag.strip('"')
    sequencers = [event["data"]["sequencer"] for event in events]
    assert sequencers == sorted(set(sequencers))


def test_two_writes_to_the_same_name_raise_two_events(plain_box: Any) -> None:
    plain_box.client.upload_blob("b", b"x")
    plain_box.client.upload_blob("b", b"xy", overwrite=True)
    assert [event["data"]["contentLength"] for event in plain_box.events()] == [1, 2]
