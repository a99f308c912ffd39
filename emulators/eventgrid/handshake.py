"""A webhook must prove that it wants events before it gets any (documented: webhook event delivery).

It is sent one validation event and answers with the code in it; or it answers without, and somebody opens the
validation address of that event within ten minutes.
"""

import json
from datetime import datetime, timedelta

import httpx

from emulators.eventgrid.errors import UrlValidation
from emulators.eventgrid.subscriptions import Subscription

MANUAL_TIME = timedelta(minutes=10)


async def offer_validation(
    client: httpx.AsyncClient, subscription: Subscription, *, event_id: str, code: str, url: str | None, now: datetime
) -> bool:
    """Send the validation event. True when the webhook answered with `code`, False when it left it to a person.

    `url` is the validation address, None when there is none. Raises UrlValidation when the webhook did neither.
    """
    data = {"validationCode": code} if url is None else {"validationCode": code, "validationUrl": url}
    event = {
        "id": event_id,
        "topic": subscription.scope,
        "subject": "",
        "data": data,
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "eventTime": now.strftime("%Y-%m-%dT%H:%M:%S.%f0Z"),
        "metadataVersion": "1",
        "dataVersion": "2",
    }
    headers = {"aeg-event-type": "SubscriptionValidation", "aeg-subscription-name": subscription.name.upper()}
    base = subscription.endpoint_url.partition("?")[0]
    try:
        answer = await client.post(subscription.endpoint_url, json=[event], headers=headers)
    except httpx.HTTPError as error:
        raise UrlValidation(
            f"Webhook validation handshake failed for {base}: {str(error) or type(error).__name__}."
        ) from error
    if not answer.is_success:
        raise UrlValidation(
            f"Webhook validation handshake failed for {base}. Http POST request failed with response code "
            f"{answer.status_code}."
        )
    if _response_code(answer) == code:
        return True
    if url is None or _response_code(answer) is not None:
        raise UrlValidation(
            f"Webhook validation handshake failed for {base}. The answer ({answer.status_code}) does not hold the "
            "validation code in 'validationResponse'."
        )
    return False


def _response_code(answer: httpx.Response) -> str | None:
    try:
        document = answer.json()
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None
    found = document.get("validationResponse") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None
