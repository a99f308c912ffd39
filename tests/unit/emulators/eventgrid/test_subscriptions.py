"""Event subscriptions as clients write and see them."""

from typing import Any

import pytest

from emulators.eventgrid.errors import InvalidRequest, NotSupported
from emulators.eventgrid.subscriptions import Subscription, read_subscription, stored_subscription

SCOPE = "/subscriptions/s/resourceGroups/r/providers/Microsoft.Storage/storageAccounts/a"
HOOK = {"endpointType": "WebHook", "properties": {"endpointUrl": "https://h.example/p?code=secret"}}
TYPES = ("Microsoft.Storage.BlobCreated",)


def _read(**properties: Any) -> Subscription:
    return read_subscription(SCOPE, "sub", {"destination": HOOK, **properties}, TYPES)


def test_defaults_are_filled_in_and_the_address_is_masked() -> None:
    assert _read().resource() == {
        "id": f"{SCOPE}/providers/Microsoft.EventGrid/eventSubscriptions/sub",
        "name": "sub",
        "type": "Microsoft.EventGrid/eventSubscriptions",
        "properties": {
            "topic": SCOPE,
            "provisioningState": "Succeeded",
            "destination": {
                "endpointType": "WebHook",
                "properties": {
                    "endpointUrl": None,
                    "endpointBaseUrl": "https://h.example/p",
                    "maxEventsPerBatch": 1,
                    "preferredBatchSizeInKilobytes": 64,
                },
            },
            "filter": {
                "subjectBeginsWith": "",
                "subjectEndsWith": "",
                "isSubjectCaseSensitive": False,
                "enableAdvancedFilteringOnArrays": False,
                "includedEventTypes": ["Microsoft.Storage.BlobCreated"],
            },
            "labels": [],
            "eventDeliverySchema": "EventGridSchema",
            "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
            "expirationTimeUtc": None,
        },
    }


def test_what_is_written_is_kept() -> None:
    subscription = _read(
        filter={"subjectBeginsWith": "/a", "includedEventTypes": ["X"], "isSubjectCaseSensitive": True},
        retryPolicy={"maxDeliveryAttempts": 3, "eventTimeToLiveInMinutes": 5},
        labels=["l"],
        expirationTimeUtc="2030-01-01T00:00:00Z",
    )
    assert stored_subscription("sub", subscription.properties()) == subscription
    properties = subscription.resource()["properties"]
    assert properties["retryPolicy"] == {"maxDeliveryAttempts": 3, "eventTimeToLiveInMinutes": 5}
    assert properties["expirationTimeUtc"] == "2030-01-01T00:00:00Z"
    assert properties["labels"] == ["l"]


def test_a_custom_topic_has_no_types_of_its_own() -> None:
    subscription = read_subscription(SCOPE, "sub", {"destination": HOOK}, None)
    assert subscription.rule["includedEventTypes"] is None


def test_names_ignore_case() -> None:
    assert _read().key == read_subscription(SCOPE.upper(), "SUB", {"destination": HOOK}, TYPES).key


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "http://localhost/x", "https://h"])
def test_addresses_that_are_taken(url: str) -> None:
    assert _read(destination={"endpointType": "WebHook", "properties": {"endpointUrl": url}}).endpoint_url == url


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"destination": None}, "destination"),
        ({"destination": {"endpointType": "WebHook", "properties": {}}}, "endpointUrl"),
        ({"destination": {"endpointType": "WebHook", "properties": {"endpointUrl": "http://h.example"}}}, "https"),
        ({"filter": "x"}, "filter"),
        ({"retryPolicy": {"maxDeliveryAttempts": 31}}, "maxDeliveryAttempts"),
        ({"retryPolicy": {"eventTimeToLiveInMinutes": 0}}, "eventTimeToLiveInMinutes"),
        ({"retryPolicy": {"maxDeliveryAttempts": True}}, "maxDeliveryAttempts"),
        ({"expirationTimeUtc": "soon"}, "expirationTimeUtc"),
    ],
)
def test_what_cannot_be_is_refused(properties: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        _read(**properties)


def test_a_name_has_limits() -> None:
    for name in ("ab", "a" * 65, "under_score"):
        with pytest.raises(InvalidRequest, match="name"):
            read_subscription(SCOPE, name, {"destination": HOOK}, TYPES)


@pytest.mark.parametrize(
    "properties",
    [
        {"destination": {"endpointType": "StorageQueue", "properties": {}}},
        {"eventDeliverySchema": "CloudEventSchemaV1_0"},
        {"deadLetterDestination": {"endpointType": "StorageBlob"}},
        {"destination": {**HOOK, "properties": {**HOOK["properties"], "azureActiveDirectoryTenantId": "t"}}},  # type: ignore[dict-item]
    ],
)
def test_what_is_not_emulated_is_refused_by_name(properties: dict[str, Any]) -> None:
    with pytest.raises(NotSupported, match="emulated"):
        _read(**properties)
