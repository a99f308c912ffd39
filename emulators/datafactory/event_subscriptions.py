"""Event Grid subscriptions of event triggers, made and removed through Resource Manager as the real service does.

A subscription's name follows from the trigger, so that making it again after a restart replaces it and never adds a
second one. Its webhook carries a code that only Event Grid and the factory know.
"""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from emulators.datafactory.activities import ActivityFailed, Identity

API_VERSION = "2022-06-15"
MANAGEMENT = "https://management.azure.com"

_NAMES = uuid.UUID("5f0f3c4e-6f0a-5d53-9d61-0d0c6a0b7b11")
_ATTEMPTS = 120
_PAUSE = 0.25  # seconds of real time between two looks at a subscription that Event Grid is still making

_STATUS = {
    "succeeded": "Enabled",
    "creating": "Provisioning",
    "updating": "Provisioning",
    "awaitingmanualaction": "Provisioning",
    "deleting": "Deprovisioning",
}


class SubscriptionFailed(Exception):
    """Resource Manager or Event Grid refused or did not answer; the text says which and what it said."""


class EventSubscriptions:
    """Speaks to Event Grid through Resource Manager, as the factory's managed identity."""

    def __init__(self, http: httpx.AsyncClient, identity: Identity, resource_manager: str) -> None:
        self._http = http
        self._identity = identity
        self._resource_manager = resource_manager.rstrip("/")

    async def ensure(self, scope: str, trigger_id: str, event_filter: Mapping[str, Any], endpoint: str) -> None:
        """Make or replace the subscription and wait until Event Grid delivers. Raises SubscriptionFailed."""
        document = {
            "properties": {
                "destination": {
                    "endpointType": "WebHook",
                    "properties": {"endpointUrl": endpoint, "maxEventsPerBatch": 1},
                },
                "filter": dict(event_filter),
                "eventDeliverySchema": "EventGridSchema",
                "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
            }
        }
        response = await self._call("PUT", scope, trigger_id, document)
        for _ in range(_ATTEMPTS):
            state = _provisioning_state(response)
            if state == "succeeded":
                return
            if state in ("failed", "canceled"):
                raise SubscriptionFailed(f"Event Grid ended the subscription's provisioning as '{state}'.")
            await asyncio.sleep(_PAUSE)
            response = await self._call("GET", scope, trigger_id)
        raise SubscriptionFailed("Event Grid did not finish the subscription's provisioning in time.")

    async def remove(self, scope: str, trigger_id: str) -> None:
        """Remove the subscription; one that is not there is fine. Raises SubscriptionFailed."""
        await self._call("DELETE", scope, trigger_id, missing_is_fine=True)

    async def status(self, scope: str, trigger_id: str) -> str:
        """What Event Grid says of it now: Enabled, Provisioning, Deprovisioning, Disabled or Unknown."""
        try:
            response = await self._call("GET", scope, trigger_id, missing_is_fine=True)
        except SubscriptionFailed:
            return "Unknown"
        if response.status_code == httpx.codes.NOT_FOUND:
            return "Disabled"
        return _STATUS.get(_provisioning_state(response), "Unknown")

    async def _call(
        self,
        method: str,
        scope: str,
        trigger_id: str,
        document: Mapping[str, Any] | None = None,
        *,
        missing_is_fine: bool = False,
    ) -> httpx.Response:
        address = f"{self._resource_manager}{quote(_subscription_id(scope, trigger_id))}"
        try:
            token = await self._identity.token(MANAGEMENT)
            response = await self._http.request(
                method,
                address,
                params={"api-version": API_VERSION},
                headers={"Authorization": f"Bearer {token}"},
                json=document,
            )
        except ActivityFailed as error:
            raise SubscriptionFailed(error.message) from error
        except httpx.HTTPError as error:
            raise SubscriptionFailed(f"Resource Manager at {self._resource_manager} failed: {error!r}") from error
        if response.is_success or (missing_is_fine and response.status_code == httpx.codes.NOT_FOUND):
            return response
        raise SubscriptionFailed(f"{method} of the event subscription answered {_reason(response)}")


def _subscription_id(scope: str, trigger_id: str) -> str:
    name = uuid.uuid5(_NAMES, trigger_id.lower())
    return f"/{scope.strip('/')}/providers/Microsoft.EventGrid/eventSubscriptions/{name}"


def _provisioning_state(response: httpx.Response) -> str:
    try:
        return str(response.json()["properties"]["provisioningState"]).lower()
    except (ValueError, KeyError, TypeError):
        return "unknown"


def _reason(response: httpx.Response) -> str:
    try:
        error = response.json()["error"]
        return f"{response.status_code} {error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        return f"{response.status_code} {response.text[:500]}"
