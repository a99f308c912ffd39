"""Event Grid's state and behaviour: who subscribes to what, and what becomes of a published event."""

import asyncio
import itertools
import logging
import ssl
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx

from emulators.eventgrid.delivery import DELIVERIES, Courier, Delivery
from emulators.eventgrid.errors import Forbidden, ResourceNotFound, Unauthorized
from emulators.eventgrid.events import read_events
from emulators.eventgrid.filters import matches
from emulators.eventgrid.handshake import MANUAL_TIME, offer_validation
from emulators.eventgrid.settings import EventGridSettings, TopicSettings
from emulators.eventgrid.subscriptions import (
    AWAITING,
    FAILED,
    SUCCEEDED,
    Subscription,
    read_subscription,
    stored_subscription,
)
from emulators.eventgrid.topics import Topics
from emulators.kernel.masking import masker

_SUBSCRIPTIONS = "eventgrid.subscription"
_ANSWER_SECONDS = 30.0  # documented: how long Event Grid waits for a webhook's answer

_logger = logging.getLogger("drydock.eventgrid")


class EventGridService:
    """One cloud's Event Grid."""

    def __init__(self, settings: EventGridSettings) -> None:
        self.settings = settings
        self.topics = Topics(settings.topics, settings.store, settings.address)
        self._couriers: dict[str, Courier] = {}
        self._codes: dict[str, str] = {}
        self._timers: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count(1)
        self._client: httpx.AsyncClient | None = None

    async def start(self) -> None:
        """Take up the subscriptions and undelivered events of the store."""
        context = ssl.create_default_context(cafile=str(self.settings.ca_bundle))
        self._client = httpx.AsyncClient(
            verify=context,
            timeout=_ANSWER_SECONDS,
            trust_env=False,  # subscribers of a local cloud are on this machine: no proxy lies between
            limits=httpx.Limits(max_connections=None, keepalive_expiry=None),
        )
        for key, document in self.settings.store.list(_SUBSCRIPTIONS):
            if not self.topics.has(document["properties"]["topic"]):
                self.settings.store.delete(_SUBSCRIPTIONS, key)  # a kill came between the topic's end and its own
                continue
            subscription = stored_subscription(document["name"], document["properties"])
            # the code of a validation that was under way is forgotten with the process that sent it
            self._employ(subscription.with_state(FAILED) if subscription.state == AWAITING else subscription)
        for key, document in self.settings.store.list(DELIVERIES):
            self._numbers = itertools.count(max(int(key), 0) + 1)
            courier = self._couriers.get(document["subscription"])
            if courier is None:
                self.settings.store.delete(DELIVERIES, key)
            else:
                courier.take(Delivery.from_document(key, document))

    async def stop(self) -> None:
        """Stop delivering; what is undelivered stays in the store."""
        for timer in self._timers:
            timer.cancel()
        await asyncio.gather(
            *self._timers, *(courier.stop() for courier in self._couriers.values()), return_exceptions=True
        )
        if self._client is not None:
            await self._client.aclose()

    # subscriptions

    async def put_subscription(self, scope: str, name: str, properties: Mapping[str, Any]) -> dict[str, Any]:
        """Create or replace a subscription; its resource.

        Raises ResourceNotFound (topic), InvalidRequest, NotSupported, UrlValidation.
        """
        topic = self._topic(scope)
        subscription = read_subscription(topic.resource_id, name, properties, topic.default_event_types)
        masker.add(subscription.endpoint_url.partition("?")[2])
        validated = await self._validate(subscription)
        self._topic(scope)  # it may have been deleted while the webhook took its time
        subscription = subscription.with_state(SUCCEEDED if validated else AWAITING)
        self._save(subscription)
        self._employ(subscription)
        if not validated:
            self._time_out_later(subscription)
        return subscription.resource()

    async def update_subscription(self, scope: str, name: str, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change some properties of a subscription (PATCH); its resource."""
        properties = {**self._find(scope, name).properties(), **changes}
        return await self.put_subscription(scope, name, properties)

    def get_subscription(self, scope: str, name: str) -> dict[str, Any]:
        """A subscription's resource. Raises ResourceNotFound."""
        return self._find(scope, name).resource()

    def list_subscriptions(self, scope: str) -> list[dict[str, Any]]:
        """The subscriptions of a topic. Raises ResourceNotFound for a topic that does not exist."""
        topic = self._topic(scope)
        couriers = self._couriers.values()
        return [one.subscription.resource() for one in couriers if one.subscription.scope == topic.resource_id]

    def full_url(self, scope: str, name: str) -> str:
        """A subscription's whole endpoint address, with the secrets in it."""
        return self._find(scope, name).endpoint_url

    async def delete_subscription(self, scope: str, name: str) -> bool:
        """Delete a subscription and its undelivered events; False when there was none."""
        topic = self._topic(scope)
        courier = self._couriers.pop(f"{topic.resource_id}|{name}".lower(), None)
        if courier is None:
            return False
        await courier.stop()
        key = courier.subscription.key
        self.settings.store.delete(_SUBSCRIPTIONS, key)
        for delivery, document in self.settings.store.list(DELIVERIES):
            if document["subscription"] == key:
                self.settings.store.delete(DELIVERIES, delivery)
        return True

    def confirm(self, code: str) -> None:
        """Somebody opened a validation address. Raises ResourceNotFound for one that is unknown or too old."""
        courier = self._couriers.get(self._codes.pop(code, ""))
        if courier is None or courier.subscription.state != AWAITING:
            raise ResourceNotFound("The validation address is unknown, used or too old.")
        courier.subscription = courier.subscription.with_state(SUCCEEDED)
        self._save(courier.subscription)

    async def delete_topic(self, resource_id: str) -> bool:
        """Delete a custom topic with its subscriptions and undelivered events; False when there was none."""
        try:
            topic = self.topics.custom(resource_id)
        except ResourceNotFound:
            return False
        for subscription in self.list_subscriptions(topic.resource_id):
            await self.delete_subscription(topic.resource_id, subscription["name"])
        self.topics.delete(topic.resource_id)
        return True

    # events

    def publish(self, topic_name: str, key: str | None, body: bytes) -> None:
        """Take the events of a publish request; they are in the store when this returns.

        Raises ResourceNotFound, Forbidden, Unauthorized, BadRequest.
        """
        topic = self.topics.at_address(topic_name)
        if topic is None:
            raise ResourceNotFound(f"The topic '{topic_name}' does not exist.")
        if not topic.is_public:
            raise Forbidden(
                f"Publishing to {topic_name} by client 127.0.0.1 is rejected due to IpAddress filtering rules."
            )
        if not topic.opens(key):
            raise Unauthorized(
                "Request must contain one of the following authorization signature: aeg-sas-token, aeg-sas-key. "
                "(This emulator takes the topic's key in aeg-sas-key only.)"
            )
        for event in read_events(body, topic.resource_id):
            for courier in self._couriers.values():
                if self._wants(courier.subscription, topic, event):
                    self._hand_over(courier, event)

    def _wants(self, subscription: Subscription, topic: TopicSettings, event: Mapping[str, Any]) -> bool:
        return (
            subscription.scope == topic.resource_id
            and subscription.state == SUCCEEDED
            and (subscription.expires is None or self.settings.clock.now() < subscription.expires)
            and matches(event, subscription.rule, topic.default_event_types)
        )

    def _hand_over(self, courier: Courier, event: dict[str, Any]) -> None:
        now = self.settings.clock.now()
        delivery = Delivery(f"{next(self._numbers):016d}", courier.subscription.key, event, accepted=now, due=now)
        self.settings.store.put(DELIVERIES, delivery.key, delivery.document())
        courier.take(delivery)

    def _employ(self, subscription: Subscription) -> None:
        """Deliver to this subscription from now on, in the place of an earlier one of its name."""
        courier = self._couriers.get(subscription.key)
        if courier is not None:
            courier.subscription = subscription
            return
        assert self._client is not None  # noqa: S101 - started
        courier = Courier(subscription, self.settings.store, self.settings.clock, self._client)
        self._couriers[subscription.key] = courier
        courier.start()

    async def _validate(self, subscription: Subscription) -> bool:
        assert self._client is not None  # noqa: S101 - started
        code = str(uuid4())
        address = self.settings.address
        url = None if address is None else f"{address}/validate?code={code}"
        with self.settings.clock.work():
            validated = await offer_validation(
                self._client, subscription, event_id=str(uuid4()), code=code, url=url, now=self.settings.clock.now()
            )
        if not validated:
            self._codes[code] = subscription.key
        return validated

    def _time_out_later(self, subscription: Subscription) -> None:
        task = asyncio.create_task(self._time_out(subscription, MANUAL_TIME), name="validation time-out")
        self._timers.add(task)
        task.add_done_callback(self._timers.discard)

    async def _time_out(self, subscription: Subscription, after: timedelta) -> None:
        await self.settings.clock.sleep(after.total_seconds())
        courier = self._couriers.get(subscription.key)
        if courier is not None and courier.subscription.state == AWAITING:
            _logger.error("nobody opened the validation address of %s in time", subscription.name)
            courier.subscription = subscription.with_state(FAILED)
            self._save(courier.subscription)

    def _save(self, subscription: Subscription) -> None:
        document = {"name": subscription.name, "properties": subscription.properties()}
        self.settings.store.put(_SUBSCRIPTIONS, subscription.key, document)

    def _topic(self, scope: str) -> TopicSettings:
        return self.topics.of_resource(scope)

    def _find(self, scope: str, name: str) -> Subscription:
        topic = self._topic(scope)
        courier = self._couriers.get(f"{topic.resource_id}|{name}".lower())
        if courier is None:
            raise ResourceNotFound(f"The event subscription '{name}' does not exist on '{topic.resource_id}'.")
        return courier.subscription
