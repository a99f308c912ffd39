"""Triggers that Event Grid sets off: their subscriptions, and the deliveries that come in.

A delivery is answered only after its pipeline runs are under way; no network or slow disk stands in between.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from emulators.datafactory.catalogue import Catalogue, Document, Factory, is_started
from emulators.datafactory.errors import BadRequest, DeliveryRefused, EventSubscriptionFailed, InvalidDelivery
from emulators.datafactory.event_subscriptions import EventSubscriptions, SubscriptionFailed
from emulators.datafactory.factory_runs import RunsOf
from emulators.datafactory.triggers import EventTrigger, InvalidTrigger, find_event_trigger
from emulators.kernel.clock import Clock
from emulators.kernel.masking import masker

log = logging.getLogger("drydock.datafactory")

_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0  # seconds of real time between attempts to subscribe again after a restart


class EventTriggers:
    """The event triggers of all factories."""

    def __init__(
        self,
        catalogue: Catalogue,
        runs_of: RunsOf,
        subscriptions: EventSubscriptions,
        clock: Clock,
        public_address: str,
    ) -> None:
        self._catalogue = catalogue
        self._runs_of = runs_of
        self._subscriptions = subscriptions
        self._clock = clock
        self._public_address = public_address.rstrip("/")
        self._beginning: set[str] = set()
        self._resuming: set[asyncio.Task[None]] = set()

    # Life

    async def begin(self, factory: Factory, trigger: Document) -> None:
        """Subscribe; events that come before the caller has noted the trigger as started are taken in too."""
        identity = factory.child_id("triggers", trigger.name)
        self._beginning.add(identity)
        try:
            await self.subscribe(factory, trigger)
            self._catalogue.annotate(factory, current(factory, trigger), started=True)
        finally:
            self._beginning.discard(identity)

    def resume(self, factory: Factory, trigger: Document) -> None:
        """Subscribe again in the background: the other services may come up later than this one."""
        task = asyncio.create_task(self._resume(factory, trigger), name=f"resume {trigger.name}")
        self._resuming.add(task)
        task.add_done_callback(self._resuming.discard)

    async def close(self) -> None:
        """Try no longer; what is subscribed stays so."""
        for task in self._resuming:
            task.cancel()
        await asyncio.gather(*self._resuming, return_exceptions=True)

    # Subscriptions

    async def subscribe(self, factory: Factory, trigger: Document) -> None:
        """Make or replace the trigger's subscription. Raises BadRequest for other types, EventSubscriptionFailed."""
        kind = _event_trigger(factory, trigger)
        identity, scope = factory.child_id("triggers", trigger.name), kind.scope(trigger.properties)
        endpoint = f"{self._public_address}{_webhook(factory, trigger)}?code={self._code(factory, trigger)}"
        try:
            await self._subscriptions.ensure(scope, identity, kind.subscription_filter(trigger.properties), endpoint)
        except SubscriptionFailed as error:
            raise EventSubscriptionFailed(scope, str(error), identity) from error

    async def unsubscribe(self, factory: Factory, trigger: Document) -> None:
        """Remove the subscription; a trigger that has none is fine. Raises as `subscribe` does."""
        kind = _event_trigger(factory, trigger)
        identity, scope = factory.child_id("triggers", trigger.name), kind.scope(trigger.properties)
        try:
            await self._subscriptions.remove(scope, identity)
        except SubscriptionFailed as error:
            raise EventSubscriptionFailed(scope, str(error), identity) from error

    async def status(self, factory: Factory, trigger: Document) -> str:
        """What Event Grid says of the trigger's subscription now. Raises BadRequest for other types."""
        kind = _event_trigger(factory, trigger)
        return await self._subscriptions.status(
            kind.scope(trigger.properties), factory.child_id("triggers", trigger.name)
        )

    # Deliveries

    def deliver(
        self, factory: Factory | None, name: str, code: str, events: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        """Take events in; the answer of the webhook. Pipeline runs are under way when it returns.

        Raises DeliveryRefused for a wrong code and InvalidDelivery for what is no event. A stopped trigger lets its
        events pass: Event Grid may still deliver what happened before.
        """
        trigger = None if factory is None else factory.find("triggers", name)
        if factory is None or trigger is None or not _code_fits(trigger, code):
            raise DeliveryRefused("The code of the delivery does not open this webhook.")
        kind = _event_trigger(factory, trigger)
        for event in events:
            if event.get("eventType") == _VALIDATION:
                return {"validationResponse": (event.get("data") or {}).get("validationCode")}
            self._take(factory, trigger, kind, event)
        return {}

    def _take(self, factory: Factory, trigger: Document, kind: EventTrigger, event: Mapping[str, Any]) -> None:
        if not isinstance(event.get("id"), str) or not isinstance(event.get("eventType"), str):
            raise InvalidDelivery("An event needs the texts 'id' and 'eventType'.")
        if not is_started(trigger) and factory.child_id("triggers", trigger.name) not in self._beginning:
            log.info("trigger %s is stopped; event %s passes", trigger.name, event["id"])
            return
        if kind.wants(trigger.properties, event):
            try:
                firing = kind.firing(event, self._clock.now())
            except InvalidTrigger as error:
                raise InvalidDelivery(str(error)) from error
            self._runs_of(factory).fire(trigger, firing)

    async def _resume(self, factory: Factory, trigger: Document) -> None:
        pause = _FIRST_PAUSE
        while is_started(current(factory, trigger)):
            try:
                await self.subscribe(factory, trigger)
            except EventSubscriptionFailed as error:
                log.warning("trigger %s could not be started again yet: %s", trigger.name, error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    def _code(self, factory: Factory, trigger: Document) -> str:
        """The secret of the trigger's webhook, made at the first subscription."""
        code = trigger.hidden.get("code")
        if not isinstance(code, str):
            code = secrets.token_urlsafe(32)
            self._catalogue.annotate(factory, current(factory, trigger), code=code)
        masker.add(code)
        return code


def current(factory: Factory, trigger: Document) -> Document:
    """The trigger as it is now: another request may have changed it while this one waited."""
    return factory.find("triggers", trigger.name) or trigger


def _event_trigger(factory: Factory, trigger: Document) -> EventTrigger:
    kind = find_event_trigger(trigger.properties)
    if kind is None:
        raise BadRequest(
            f"The trigger '{trigger.name}' of type '{trigger.properties['type']}' has no event subscription.",
            target=factory.child_id("triggers", trigger.name),
        )
    return kind


def _webhook(factory: Factory, trigger: Document) -> str:
    address = factory.address
    return quote(
        f"/__eventgrid/subscriptions/{address.subscription_id}/resourceGroups/{address.resource_group}"
        f"/factories/{address.name}/triggers/{trigger.name}"
    )


def _code_fits(trigger: Document, code: str) -> bool:
    expected = trigger.hidden.get("code")
    return isinstance(expected, str) and hmac.compare_digest(expected.encode(), code.encode())
