"""Started triggers, kept going: Event Grid subscriptions made, deliveries taken in, clocks followed.

Whether a trigger is started is kept beside its document, so a restarted emulator starts the same ones again. A
delivery is answered only after its pipeline runs are under way; no network or slow disk stands in between.
"""

import asyncio
import hmac
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from emulators.datafactory.catalogue import Catalogue, Document, Factory
from emulators.datafactory.errors import (
    BadRequest,
    DeliveryRefused,
    EventSubscriptionFailed,
    InvalidDelivery,
    UnsupportedTrigger,
)
from emulators.datafactory.event_subscriptions import EventSubscriptions, SubscriptionFailed
from emulators.datafactory.factory_runs import FactoryRuns
from emulators.datafactory.triggers import EventTrigger, InvalidTrigger, check_trigger, find_event_trigger
from emulators.kernel.clock import Clock
from emulators.kernel.masking import masker

log = logging.getLogger("drydock.datafactory")

_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 30.0  # seconds of real time between attempts to subscribe again after a restart


class RunsOf(Protocol):
    """Gives the runs of a factory."""

    def __call__(self, factory: Factory) -> FactoryRuns: ...


def is_started(trigger: Document) -> bool:
    """Whether the trigger's runtime state is Started."""
    return bool(trigger.hidden.get("started"))


class StartedTriggers:
    """Starts and stops the triggers of all factories."""

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
        self._starting: set[str] = set()
        self._resuming: set[asyncio.Task[None]] = set()

    # Life

    def resume(self) -> None:
        """Start again, in the background, what was started when the emulator ended."""
        for factory in self._catalogue.factories():
            for trigger in factory.documents["triggers"].values():
                if is_started(trigger):
                    task = asyncio.create_task(self._resume(factory, trigger), name=f"resume {trigger.name}")
                    self._resuming.add(task)
                    task.add_done_callback(self._resuming.discard)

    async def close(self) -> None:
        """Follow triggers no longer; those that are started stay so for the next start."""
        for task in self._resuming:
            task.cancel()
        await asyncio.gather(*self._resuming, return_exceptions=True)

    # What the control plane asks for

    async def start(self, factory: Factory, trigger: Document) -> None:
        """Start a trigger; a started one stays as it is.

        Raises BadRequest for a definition that cannot be started, UnsupportedTrigger for a type that the emulator
        does not run, EventSubscriptionFailed.
        """
        if is_started(trigger):
            return
        _check(factory, trigger)
        self._starting.add(_id(factory, trigger))
        try:
            await self.subscribe(factory, trigger)
            self._mark(factory, trigger, started=True)
        finally:
            self._starting.discard(_id(factory, trigger))

    async def stop(self, factory: Factory, trigger: Document) -> None:
        """Stop a trigger; runs that it started go on (documented). Raises EventSubscriptionFailed."""
        self._mark(factory, trigger, started=False)
        await self.unsubscribe(factory, trigger)

    async def subscribe(self, factory: Factory, trigger: Document) -> None:
        """Make the Event Grid subscription of an event trigger. Raises BadRequest for other types."""
        kind = _event_trigger(factory, trigger)
        code = trigger.hidden.get("code")
        if code is None:
            code = secrets.token_urlsafe(32)
            self._catalogue.annotate(factory, _current(factory, trigger), code=code)
        masker.add(code)
        scope = kind.scope(trigger.properties)
        try:
            await self._subscriptions.ensure(
                scope,
                _id(factory, trigger),
                kind.subscription_filter(trigger.properties),
                f"{self._public_address}{_webhook(factory, trigger)}?code={code}",
            )
        except SubscriptionFailed as error:
            raise EventSubscriptionFailed(scope, str(error), _id(factory, trigger)) from error

    async def unsubscribe(self, factory: Factory, trigger: Document) -> None:
        """Remove the subscription; a trigger that has none is fine. Raises EventSubscriptionFailed."""
        kind = _event_trigger(factory, trigger)
        scope = kind.scope(trigger.properties)
        try:
            await self._subscriptions.remove(scope, _id(factory, trigger))
        except SubscriptionFailed as error:
            raise EventSubscriptionFailed(scope, str(error), _id(factory, trigger)) from error

    async def subscription_status(self, factory: Factory, trigger: Document) -> str:
        """What Event Grid says of the trigger's subscription now."""
        kind = _event_trigger(factory, trigger)
        return await self._subscriptions.status(kind.scope(trigger.properties), _id(factory, trigger))

    # What Event Grid delivers

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
        if not is_started(trigger) and _id(factory, trigger) not in self._starting:
            log.info("trigger %s is stopped; event %s passes", trigger.name, event["id"])
            return
        if kind.wants(trigger.properties, event):
            try:
                firing = kind.firing(event, self._clock.now())
            except InvalidTrigger as error:
                raise InvalidDelivery(str(error)) from error
            self._runs_of(factory).fire(trigger, firing)

    async def _resume(self, factory: Factory, trigger: Document) -> None:
        """Subscribe again; the other services may come up later than this one, so try until it works."""
        pause = _FIRST_PAUSE
        while is_started(_current(factory, trigger)):
            try:
                await self.subscribe(factory, trigger)
            except EventSubscriptionFailed as error:
                log.warning("trigger %s could not be started again yet: %s", trigger.name, error.message)
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            else:
                return

    def _mark(self, factory: Factory, trigger: Document, *, started: bool) -> None:
        self._catalogue.annotate(factory, _current(factory, trigger), started=started)


def _check(factory: Factory, trigger: Document) -> None:
    try:
        check_trigger(trigger.properties)
    except InvalidTrigger as error:
        raise BadRequest(str(error), target=_id(factory, trigger)) from error
    if find_event_trigger(trigger.properties) is None:
        raise UnsupportedTrigger(
            f"The Data Factory emulator cannot run triggers of type '{trigger.properties['type']}'. To support "
            "the type add a module to emulators/datafactory/triggers and a row to its table.",
            target=_id(factory, trigger),
        )


def _event_trigger(factory: Factory, trigger: Document) -> EventTrigger:
    kind = find_event_trigger(trigger.properties)
    if kind is None:
        raise BadRequest(
            f"The trigger '{trigger.name}' of type '{trigger.properties['type']}' has no event subscription.",
            target=_id(factory, trigger),
        )
    return kind


def _current(factory: Factory, trigger: Document) -> Document:
    """The trigger as it is now: another request may have changed it while this one waited."""
    return factory.find("triggers", trigger.name) or trigger


def _id(factory: Factory, trigger: Document) -> str:
    return factory.child_id("triggers", trigger.name)


def _webhook(factory: Factory, trigger: Document) -> str:
    address = factory.address
    return quote(
        f"/__eventgrid/subscriptions/{address.subscription_id}/resourceGroups/{address.resource_group}"
        f"/factories/{address.name}/triggers/{trigger.name}"
    )


def _code_fits(trigger: Document, code: str) -> bool:
    expected = trigger.hidden.get("code")
    return isinstance(expected, str) and hmac.compare_digest(expected.encode(), code.encode())
