"""An event subscription as Resource Manager's clients write it and see it again; pure.

Unset properties get Event Grid's documented defaults. The endpoint's full address may hold a secret in its query:
answers show only the part before it (`endpointBaseUrl`), as Azure's do. What this emulator does not deliver to is
refused by name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from emulators.eventgrid.errors import InvalidRequest, NotSupported
from emulators.eventgrid.filters import check_filter
from emulators.eventgrid.retry import LONGEST_LIFE_MINUTES, MOST_ATTEMPTS, RetryPolicy

SUCCEEDED, AWAITING, FAILED = "Succeeded", "AwaitingManualAction", "Failed"

_NAME = re.compile(r"[A-Za-z0-9-]{3,64}")
_UNSUPPORTED = {
    "deadLetterDestination": "dead-letter destinations: a blob writer in emulators/eventgrid/delivery.py",
    "deadLetterWithResourceIdentity": "dead-letter destinations: a blob writer in emulators/eventgrid/delivery.py",
    "deliveryWithResourceIdentity": "delivery with a managed identity: a token in emulators/eventgrid/delivery.py",
}
_UNSUPPORTED_WEBHOOK = {
    "azureActiveDirectoryTenantId": "webhooks protected by Entra ID: a token in emulators/eventgrid/delivery.py",
    "azureActiveDirectoryApplicationIdOrUri": "webhooks protected by Entra ID: a token in "
    "emulators/eventgrid/delivery.py",
    "deliveryAttributeMappings": "delivery attributes: headers in emulators/eventgrid/delivery.py",
}


@dataclass(frozen=True)
class Subscription:
    """A subscription to one topic. `rule` is its filter as written, `scope` the topic's resource id."""

    scope: str
    name: str
    endpoint_url: str
    rule: Mapping[str, Any]
    retry: RetryPolicy
    max_events_per_batch: int
    preferred_kilobytes: int
    labels: tuple[str, ...]
    expires: datetime | None
    state: str = SUCCEEDED

    @property
    def key(self) -> str:
        """What tells subscriptions apart; Azure's names ignore case."""
        return f"{self.scope}|{self.name}".lower()

    def with_state(self, state: str) -> "Subscription":
        return replace(self, state=state)

    def properties(self) -> dict[str, Any]:
        """All properties, the endpoint's full address among them: for the store, not for answers."""
        return {
            "topic": self.scope,
            "provisioningState": self.state,
            "destination": {
                "endpointType": "WebHook",
                "properties": {
                    "endpointUrl": self.endpoint_url,
                    "maxEventsPerBatch": self.max_events_per_batch,
                    "preferredBatchSizeInKilobytes": self.preferred_kilobytes,
                },
            },
            "filter": dict(self.rule),
            "labels": list(self.labels),
            "eventDeliverySchema": "EventGridSchema",
            "retryPolicy": {
                "maxDeliveryAttempts": self.retry.max_attempts,
                "eventTimeToLiveInMinutes": int(self.retry.time_to_live.total_seconds() // 60),
            },
            "expirationTimeUtc": None if self.expires is None else self.expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }

    def resource(self) -> dict[str, Any]:
        """The resource as answers show it."""
        properties = self.properties()
        webhook = properties["destination"]["properties"]
        webhook["endpointUrl"] = None
        webhook["endpointBaseUrl"] = self.endpoint_url.partition("?")[0]
        return {
            "id": f"{self.scope}/providers/Microsoft.EventGrid/eventSubscriptions/{self.name}",
            "name": self.name,
            "type": "Microsoft.EventGrid/eventSubscriptions",
            "properties": properties,
        }


def read_subscription(
    scope: str, name: str, properties: Mapping[str, Any], default_types: tuple[str, ...] | None
) -> Subscription:
    """The subscription that a PUT's `properties` describe.

    `default_types` are the event types of a filter that names none. Raises InvalidRequest, NotSupported.
    """
    _require(bool(_NAME.fullmatch(name)), f"the name '{name}' must have 3 to 64 letters, digits and hyphens")
    _refuse(properties, _UNSUPPORTED)
    schema = properties.get("eventDeliverySchema") or "EventGridSchema"
    if schema != "EventGridSchema":
        raise NotSupported(f"The event delivery schema '{schema}' is not emulated; to add it extend events.py.")
    webhook = _webhook(properties.get("destination"))
    rule = _filter(properties.get("filter"), default_types)
    return Subscription(
        scope=scope,
        name=name,
        endpoint_url=_endpoint(webhook),
        rule=rule,
        retry=_retry(properties.get("retryPolicy") or {}),
        max_events_per_batch=_whole(webhook, "maxEventsPerBatch", 1, 1, 5000),
        preferred_kilobytes=_whole(webhook, "preferredBatchSizeInKilobytes", 64, 1, 1024),
        labels=tuple(str(label) for label in properties.get("labels") or ()),
        expires=_expiry(properties.get("expirationTimeUtc")),
    )


def stored_subscription(name: str, properties: Mapping[str, Any]) -> Subscription:
    """A subscription again from its name and `Subscription.properties()`."""
    subscription = read_subscription(properties["topic"], name, properties, None)
    return subscription.with_state(properties["provisioningState"])


def _webhook(destination: Any) -> Mapping[str, Any]:
    _require(isinstance(destination, Mapping), "destination is required")
    kind = destination.get("endpointType")
    if kind != "WebHook":
        raise NotSupported(
            f"Event subscriptions to '{kind}' are not emulated, WebHook is; "
            "to add it give emulators/eventgrid/delivery.py another way to deliver."
        )
    webhook = destination.get("properties") or {}
    _refuse(webhook, _UNSUPPORTED_WEBHOOK)
    return dict(webhook)


def _endpoint(webhook: Mapping[str, Any]) -> str:
    url = webhook.get("endpointUrl")
    # Azure takes https only; on loopback http is taken too, where the address is this machine's
    if not isinstance(url, str) or not re.fullmatch(r"https://.+|http://(127\.0\.0\.1|localhost)[:/].*", url):
        raise InvalidRequest(
            "Invalid event subscription request: destination.properties.endpointUrl must be an https address."
        )
    return url


def _filter(rule: Any, default_types: tuple[str, ...] | None) -> dict[str, Any]:
    _require(rule is None or isinstance(rule, Mapping), "filter must be an object")
    check_filter(rule or {})
    filled = {
        "subjectBeginsWith": "",
        "subjectEndsWith": "",
        "isSubjectCaseSensitive": False,
        "enableAdvancedFilteringOnArrays": False,
        **{name: value for name, value in (rule or {}).items() if value is not None},
    }
    filled.setdefault("includedEventTypes", None if default_types is None else list(default_types))
    return filled


def _retry(policy: Mapping[str, Any]) -> RetryPolicy:
    minutes = _whole(policy, "eventTimeToLiveInMinutes", LONGEST_LIFE_MINUTES, 1, LONGEST_LIFE_MINUTES)
    attempts = _whole(policy, "maxDeliveryAttempts", MOST_ATTEMPTS, 1, MOST_ATTEMPTS)
    return RetryPolicy(attempts, timedelta(minutes=minutes))


def _whole(container: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = container.get(name)
    if value is None:
        return default
    fits = isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
    _require(fits, f"{name} must be a whole number from {least} to {most}")
    return int(value)


def _expiry(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        expires = datetime.fromisoformat(str(text))
    except ValueError:
        raise InvalidRequest(f"Invalid event subscription request: expirationTimeUtc '{text}' is no time.") from None
    return expires.replace(tzinfo=expires.tzinfo or UTC)


def _refuse(properties: Mapping[str, Any], unsupported: Mapping[str, str]) -> None:
    for name, missing in unsupported.items():
        if properties.get(name):
            raise NotSupported(f"The property '{name}' is not emulated. To add: {missing}.")


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InvalidRequest(f"Invalid event subscription request: {message}.")
