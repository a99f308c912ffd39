"""What a blob event trigger asks of Event Grid, and what its expressions see of an event."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from emulators.datafactory.triggers import InvalidTrigger, check_trigger, find_event_trigger
from emulators.datafactory.triggers.blob_events import CREATED, DELETED, firing, scope, subscription_filter, wants

NOW = datetime(2030, 6, 16, 0, 43, 5, tzinfo=UTC)


def _trigger(**type_properties: Any) -> dict[str, Any]:
    written = {"scope": "/the/account", "events": [CREATED], "blobPathBeginsWith": "/c/blobs/in/", **type_properties}
    return {
        "type": "BlobEventsTrigger",
        "typeProperties": {key: value for key, value in written.items() if value != ""},
    }


def _event(subject: str = "/blobServices/default/containers/c/blobs/in/a.csv", **more: Any) -> dict[str, Any]:
    return {"id": "1", "eventType": CREATED, "subject": subject, "data": {"contentLength": 1}, **more}


def test_the_filter_of_a_created_event() -> None:
    assert subscription_filter(_trigger(blobPathEndsWith=".csv")) == {
        "includedEventTypes": [CREATED],
        "subjectBeginsWith": "/blobServices/default/containers/c/blobs/in/",
        "subjectEndsWith": ".csv",
        "isSubjectCaseSensitive": False,
        "advancedFilters": [
            {
                "operatorType": "StringIn",
                "key": "data.api",
                "values": ["CopyBlob", "PutBlob", "PutBlockList", "FlushWithClose", "SftpCommit"],
            },
            {"operatorType": "NumberGreaterThan", "key": "data.contentLength", "value": 0},
        ],
    }


def test_empty_blobs_pass_the_filter_when_they_are_wanted() -> None:
    keys = [item["key"] for item in subscription_filter(_trigger(ignoreEmptyBlobs=False))["advancedFilters"]]
    assert keys == ["data.api"]


def test_a_deleted_blob_has_no_length_so_the_filter_does_not_ask_for_it() -> None:
    trigger = _trigger(events=[CREATED, DELETED])
    [apis] = subscription_filter(trigger)["advancedFilters"]
    assert {"PutBlob", "DeleteBlob"} <= set(apis["values"])
    assert wants(trigger, _event(eventType=DELETED, data={"api": "DeleteBlob"}))
    assert wants(trigger, _event())
    assert not wants(trigger, _event(data={"contentLength": 0}))


def test_events_of_another_type_are_not_wanted() -> None:
    assert not wants(_trigger(), _event(eventType=DELETED))
    assert wants(_trigger(ignoreEmptyBlobs=False), _event(data={"contentLength": 0}))
    assert not wants(_trigger(ignoreEmptyBlobs=None), _event(data={"contentLength": 0}))


@pytest.mark.parametrize(
    ("blob", "file_name", "folder_path"),
    [
        ("a.csv", "a.csv", "c"),
        ("in/a.csv", "a.csv", "c/in"),
        ("in/2030/a b+c%20ü.csv", "a b+c%20ü.csv", "c/in/2030"),
        ("blobs/a/blobs/b", "b", "c/blobs/a/blobs"),
        ("folder/", "", "c/folder"),
    ],
)
def test_expressions_see_name_and_folder(blob: str, file_name: str, folder_path: str) -> None:
    found = firing(_event(f"/blobServices/default/containers/c/blobs/{blob}"), NOW)
    assert found.outputs == {"body": {"fileName": file_name, "folderPath": folder_path}}


def test_the_trigger_run_keeps_the_event_and_the_time() -> None:
    found = firing(_event(), NOW)
    assert found.properties["TriggerTime"] == "6/16/2030 12:43:05 AM"
    assert json.loads(found.properties["EventPayload"]) == _event()
    assert found.event_id == "1"


@pytest.mark.parametrize("subject", ["", "/blobServices/default/containers/c", "/x/c/blobs/a", None])
def test_an_event_about_no_blob_is_refused(subject: Any) -> None:
    with pytest.raises(InvalidTrigger):
        firing(_event(subject), NOW)


def test_the_scope_is_the_account() -> None:
    assert scope(_trigger()) == "/the/account"


@pytest.mark.parametrize(
    "wrong",
    [
        {"scope": ""},
        {"scope": 5},
        {"events": []},
        {"events": ["Microsoft.Storage.BlobRenamed"]},
        {"events": "Microsoft.Storage.BlobCreated"},
        {"blobPathBeginsWith": ""},
        {"blobPathBeginsWith": "c/blobs/"},
        {"blobPathEndsWith": 5},
    ],
)
def test_what_cannot_be_a_trigger(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidTrigger):
        check_trigger(_trigger(**wrong))


def test_a_suffix_alone_is_enough() -> None:
    check_trigger(_trigger(blobPathBeginsWith="", blobPathEndsWith=".csv"))


def test_the_type_is_found_whatever_its_case() -> None:
    assert find_event_trigger({"type": "blobeventstrigger"}) is not None
    assert find_event_trigger({"type": "ScheduleTrigger"}) is None
