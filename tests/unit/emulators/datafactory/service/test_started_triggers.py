"""Starting and stopping: one at a time per trigger, and nothing changes meanwhile."""

import asyncio
from typing import Any

import pytest

from emulators.datafactory.catalogue import Catalogue, Document, Factory, FactoryAddress, is_started
from emulators.datafactory.clock_triggers import ClockTriggers
from emulators.datafactory.errors import BadRequest, EventSubscriptionFailed, UnsupportedTrigger
from emulators.datafactory.started_triggers import StartedTriggers
from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore

ARRIVES = {
    "type": "BlobEventsTrigger",
    "pipelines": [],
    "typeProperties": {"scope": "/a", "events": ["Microsoft.Storage.BlobCreated"], "blobPathEndsWith": ".csv"},
}


class Events:
    """Stands for Event Grid: answers when the test lets it, and can refuse."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.may_answer = asyncio.Event()
        self.refuses = False
        self.calls: list[str] = []

    async def begin(self, factory: Factory, trigger: Document) -> None:
        self.calls.append("begin")
        await self.may_answer.wait()
        if self.refuses:
            raise EventSubscriptionFailed("/a", "no", "t")
        self._catalogue.annotate(factory, trigger, started=True)

    async def unsubscribe(self, factory: Factory, trigger: Document) -> None:
        self.calls.append("unsubscribe")

    def resume(self, factory: Factory, trigger: Document) -> None:
        self.calls.append("resume")

    async def close(self) -> None:
        self.calls.append("close")


class World:
    def __init__(self) -> None:
        self.catalogue = Catalogue(DocumentStore())
        self.factory = self.catalogue.put_factory(FactoryAddress("s", "g", "f"), {"properties": {}})
        self.events = Events(self.catalogue)
        clock: Any = ClockTriggers(lambda _: None, VirtualClock())  # type: ignore[arg-type, return-value]
        self.triggers = StartedTriggers(self.catalogue, lambda _: None, self.events, clock)  # type: ignore[arg-type, return-value]

    def put(self, properties: Any = ARRIVES) -> Document:
        return self.catalogue.put(self.factory, "triggers", "t", properties)

    @property
    def trigger(self) -> Document:
        return self.factory.documents["triggers"]["t"]


async def test_a_trigger_changes_while_it_is_started_and_stopped_after() -> None:
    world = World()
    world.put()
    starting = asyncio.create_task(world.triggers.start(world.factory, world.trigger))
    await asyncio.sleep(0)
    assert world.triggers.is_changing(world.factory, world.trigger)
    stopping = asyncio.create_task(world.triggers.stop(world.factory, world.trigger))
    world.events.may_answer.set()
    await asyncio.gather(starting, stopping)
    assert world.events.calls == ["begin", "unsubscribe"]
    assert not is_started(world.trigger)
    assert not world.triggers.is_changing(world.factory, world.trigger)


async def test_two_starts_at_once_subscribe_once() -> None:
    world = World()
    world.put()
    world.events.may_answer.set()
    await asyncio.gather(*(world.triggers.start(world.factory, world.trigger) for _ in range(2)))
    assert world.events.calls == ["begin"]
    assert is_started(world.trigger)


async def test_a_refused_subscription_leaves_the_trigger_stopped_and_free() -> None:
    world = World()
    world.put()
    world.events.may_answer.set()
    world.events.refuses = True
    with pytest.raises(EventSubscriptionFailed):
        await world.triggers.start(world.factory, world.trigger)
    assert not is_started(world.trigger)
    assert not world.triggers.is_changing(world.factory, world.trigger)


async def test_what_was_started_is_resumed() -> None:
    world = World()
    world.put()
    world.triggers.resume()
    assert world.events.calls == []
    world.catalogue.annotate(world.factory, world.trigger, started=True)
    world.triggers.resume()
    await world.triggers.close()
    assert world.events.calls == ["resume", "close"]


async def test_what_cannot_run_is_refused_by_name() -> None:
    world = World()
    world.put({"type": "RerunTumblingWindowTrigger", "typeProperties": {}})
    with pytest.raises(UnsupportedTrigger, match="RerunTumblingWindowTrigger"):
        await world.triggers.start(world.factory, world.trigger)
    world.put({**ARRIVES, "typeProperties": {}})
    with pytest.raises(BadRequest, match="scope"):
        await world.triggers.start(world.factory, world.trigger)
