"""Started triggers, kept going, whatever their type: the one table of who follows which.

Whether a trigger is started is kept beside its document, so a restarted emulator starts the same ones again.
"""

import asyncio
from collections import defaultdict

from emulators.datafactory.catalogue import Catalogue, Document, Factory, is_started
from emulators.datafactory.clock_triggers import ClockTriggers
from emulators.datafactory.errors import BadRequest, UnsupportedTrigger
from emulators.datafactory.event_triggers import EventTriggers, current
from emulators.datafactory.factory_runs import RunsOf
from emulators.datafactory.run_history import TriggerRun
from emulators.datafactory.triggers import (
    Firing,
    InvalidTrigger,
    check_trigger,
    find_event_trigger,
    find_trigger_type,
    is_of_type,
    tumbling_window,
)


class StartedTriggers:
    """Starts and stops the triggers of all factories; `events` speaks to Event Grid, time is followed inside."""

    def __init__(self, catalogue: Catalogue, runs_of: RunsOf, events: EventTriggers, clock: ClockTriggers) -> None:
        self.events = events
        self._catalogue = catalogue
        self._runs_of = runs_of
        self._clock = clock
        self._changes: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def is_changing(self, factory: Factory, trigger: Document) -> bool:
        """Whether the trigger is just being started or stopped; its document must not change meanwhile."""
        return self._changes[factory.child_id("triggers", trigger.name)].locked()

    def resume(self) -> None:
        """Start again what was started when the emulator ended."""
        for factory in self._catalogue.factories():
            for trigger in factory.documents["triggers"].values():
                if is_started(trigger) and find_event_trigger(trigger.properties) is not None:
                    self.events.resume(factory, trigger)
                elif is_started(trigger):
                    self._clock.begin(factory, trigger)

    async def close(self) -> None:
        """Follow triggers no longer; those that are started stay so for the next start."""
        await self.events.close()
        await self._clock.close()

    async def start(self, factory: Factory, trigger: Document) -> None:
        """Start a trigger; a started one stays as it is.

        Raises BadRequest for a definition that cannot be started, UnsupportedTrigger for a type that the emulator
        does not run, EventSubscriptionFailed.
        """
        async with self._changes[factory.child_id("triggers", trigger.name)]:
            if is_started(current(factory, trigger)):
                return
            _check(factory, trigger)
            if find_event_trigger(trigger.properties) is not None:
                await self.events.begin(factory, trigger)
            else:
                self._catalogue.annotate(factory, trigger, started=True)
                self._clock.begin(factory, trigger)

    async def stop(self, factory: Factory, trigger: Document) -> None:
        """Stop a trigger; runs that it started go on (documented). Raises EventSubscriptionFailed."""
        async with self._changes[factory.child_id("triggers", trigger.name)]:
            self._catalogue.annotate(factory, current(factory, trigger), started=False)
            if find_event_trigger(trigger.properties) is not None:
                await self.events.unsubscribe(factory, trigger)
            else:
                await self._clock.end(factory, trigger)

    def rerun(self, factory: Factory, trigger: Document, run: TriggerRun) -> None:
        """Fire once more with what set the trigger off then and the trigger as it is now (documented)."""
        if is_of_type(trigger.properties, tumbling_window):
            self._clock.rerun(factory, trigger, run)
        else:
            self._runs_of(factory).fire(trigger, Firing.from_json(run.context))

    async def cancel(self, factory: Factory, run: TriggerRun) -> None:
        """Cancel what a trigger run started, or still waits to start."""
        await self._clock.cancel(factory, run)


def _check(factory: Factory, trigger: Document) -> None:
    target = factory.child_id("triggers", trigger.name)
    if find_trigger_type(trigger.properties) is None:
        raise UnsupportedTrigger(
            f"The Data Factory emulator cannot run triggers of type '{trigger.properties['type']}'. To support the "
            "type add a module to emulators/datafactory/triggers and a row to its table.",
            target=target,
        )
    try:
        check_trigger(trigger.properties)
    except InvalidTrigger as error:
        raise BadRequest(str(error), target=target) from error
