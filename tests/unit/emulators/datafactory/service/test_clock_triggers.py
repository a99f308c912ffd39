"""Schedules and tumbling windows on virtual time: a year of nights, a month of windows."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from emulators.datafactory.activities import ActivityServices, EntraIdentity, ServicePrincipal
from emulators.datafactory.catalogue import Catalogue, Document, Factory, FactoryAddress
from emulators.datafactory.clock_triggers import WAITING, ClockTriggers
from emulators.datafactory.factory_runs import FactoryRuns
from emulators.datafactory.run_history import TriggerRun
from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore

START = datetime(2030, 1, 1, tzinfo=UTC)
PIPELINE = {"pipelineReference": {"referenceName": "p", "type": "PipelineReference"}, "parameters": {}}


class World:
    """One factory on a virtual clock, without any service around it."""

    def __init__(self, store: DocumentStore, clock: VirtualClock) -> None:
        self.clock = clock
        self.catalogue = Catalogue(store)
        self.factory: Factory = self.catalogue.put_factory(FactoryAddress("s", "g", "f"), {"properties": {}})
        self._http = httpx.AsyncClient()
        identity = EntraIdentity(self._http, "https://nowhere", ServicePrincipal("t", "c", "s"))
        services = ActivityServices(http=self._http, clock=clock, identity=identity, resource_manager="https://nowhere")
        self.runs = FactoryRuns(self.factory, store, clock, services)
        self.triggers = ClockTriggers(lambda _: self.runs, clock)

    async def close(self) -> None:
        await self.triggers.close()
        await self.runs.executor.close()
        await self._http.aclose()

    def pipeline(self, *activities: Any, **more: Any) -> None:
        self.catalogue.put(self.factory, "pipelines", "p", {"activities": list(activities), **more})

    def schedule(self, **recurrence: Any) -> Document:
        written = {"frequency": "Day", "startTime": "2030-01-01T01:00:00Z", "timeZone": "UTC", **recurrence}
        properties = {"type": "ScheduleTrigger", "pipelines": [PIPELINE], "typeProperties": {"recurrence": written}}
        return self.catalogue.put(self.factory, "triggers", "nightly", properties)

    def windows(self, name: str = "hourly", **type_properties: Any) -> Document:
        written = {"frequency": "Hour", "interval": 1, "startTime": "2030-01-01T00:00:00Z", "maxConcurrency": 1}
        properties = {
            "type": "TumblingWindowTrigger",
            "pipeline": PIPELINE,
            "typeProperties": {**written, **type_properties},
        }
        return self.catalogue.put(self.factory, "triggers", name, properties)

    def of(self, trigger: Document) -> list[TriggerRun]:
        return [run for run in self.runs.history.trigger_runs() if run.trigger_name == trigger.name]

    async def until(self, reached: Callable[[], bool]) -> None:
        """Let virtual time pass until something is so."""
        async with asyncio.timeout(20):
            while not reached():
                await self.clock.sleep(60)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World(DocumentStore(), VirtualClock(START))
    yield world
    await world.close()


def _wait(seconds: int) -> dict[str, Any]:
    return {"name": "W", "type": "Wait", "typeProperties": {"waitTimeInSeconds": seconds}}


FAIL = {"name": "F", "type": "Fail", "typeProperties": {"message": "no", "errorCode": "1"}}


async def test_a_year_of_nights_passes_in_a_moment(world: World) -> None:
    world.pipeline(_wait(1800))
    trigger = world.schedule(endTime="2031-01-01T00:00:00Z")
    world.triggers.begin(world.factory, trigger)
    while world.clock.now() < START + timedelta(days=366):
        await world.clock.sleep(86_400)
    fired = world.of(trigger)
    assert len(fired) == 365
    assert fired[0].properties == {"TriggerTime": "1/1/2030 1:00:00 AM", "ScheduleTime": "1/1/2030 1:00:00 AM"}
    assert Counter(run["status"] for run in world.runs.history.pipeline_runs()) == {"Succeeded": 365}


async def test_on_a_steady_clock_nights_come_only_when_time_is_let_pass() -> None:
    world = World(DocumentStore(), VirtualClock(START, steady=True))
    world.pipeline(_wait(1800))
    trigger = world.schedule()
    world.triggers.begin(world.factory, trigger)
    await world.clock.settled()
    assert (world.clock.now(), world.of(trigger)) == (START, [])
    await world.clock.sleep(3 * 86_400)
    await world.clock.settled()
    assert len(world.of(trigger)) == 3
    assert [run["status"] for run in world.runs.history.pipeline_runs()] == ["Succeeded"] * 3
    await world.close()


async def test_a_schedule_hands_its_times_to_the_pipeline(world: World) -> None:
    world.pipeline(parameters={"at": {"type": "String"}})
    handing = {**PIPELINE, "parameters": {"at": "@trigger().scheduledTime"}}
    trigger = world.schedule()
    trigger = world.catalogue.put(world.factory, "triggers", "nightly", {**trigger.properties, "pipelines": [handing]})
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: bool(world.of(trigger)))
    [run] = world.runs.history.pipeline_runs()
    assert run["parameters"] == {"at": "2030-01-01T01:00:00.0000000Z"}
    assert run["invokedBy"]["invokedByType"] == "ScheduleTrigger"


async def test_a_stopped_schedule_fires_no_more(world: World) -> None:
    world.pipeline()
    trigger = world.schedule(frequency="Hour")
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: len(world.of(trigger)) == 2)
    await world.triggers.end(world.factory, trigger)
    await world.clock.sleep(86_400)
    assert len(world.of(trigger)) == 2


async def test_windows_are_made_up_for_the_oldest_first(world: World) -> None:
    world.pipeline(_wait(600), parameters={"from": {"type": "String"}, "to": {"type": "String"}})
    bounds = {"from": "@trigger().outputs.windowStartTime", "to": "@trigger().outputs.windowEndTime"}
    trigger = world.windows(startTime="2029-12-31T20:00:00Z", endTime="2030-01-01T02:00:00Z")
    trigger = world.catalogue.put(
        world.factory, "triggers", "hourly", {**trigger.properties, "pipeline": {**PIPELINE, "parameters": bounds}}
    )
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: [run.status for run in world.of(trigger)] == ["Succeeded"] * 6)
    runs = list(world.runs.history.pipeline_runs())
    assert [run["parameters"]["from"][:16] for run in runs] == [
        "2029-12-31T20:00", "2029-12-31T21:00", "2029-12-31T22:00", "2029-12-31T23:00",
        "2030-01-01T00:00", "2030-01-01T01:00",
    ]  # fmt: skip
    # four windows are due at once and run one after another, ten minutes each
    assert [run["runStart"][11:16] for run in runs] == ["00:00", "00:10", "00:20", "00:30", "01:00", "02:00"]


async def test_windows_run_side_by_side_up_to_their_concurrency(world: World) -> None:
    world.pipeline(_wait(600))
    trigger = world.windows(startTime="2029-12-31T20:00:00Z", endTime="2030-01-01T00:00:00Z", maxConcurrency=3)
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: [run.status for run in world.of(trigger)] == ["Succeeded"] * 4)
    starts = [run["runStart"][11:16] for run in world.runs.history.pipeline_runs()]
    assert starts == ["00:00", "00:00", "00:00", "00:10"]


async def test_the_delay_comes_after_the_windows_end(world: World) -> None:
    world.pipeline()
    trigger = world.windows(delay="00:15:00", endTime="2030-01-01T01:00:00Z")
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: bool(world.of(trigger)))
    [run] = world.runs.history.pipeline_runs()
    assert run["runStart"][11:16] == "01:15"


async def test_a_failed_window_is_tried_again_and_then_fails(world: World) -> None:
    world.pipeline(FAIL)
    trigger = world.windows(endTime="2030-01-01T01:00:00Z", retryPolicy={"count": 2, "intervalInSeconds": 120})
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: [run.status for run in world.of(trigger)] == ["Failed"])
    starts = [run["runStart"][11:16] for run in world.runs.history.pipeline_runs()]
    assert starts == ["01:00", "01:02", "01:04"]


async def test_a_window_waits_for_the_windows_of_another_trigger(world: World) -> None:
    world.pipeline(_wait(600))
    upstream = world.windows("upstream", endTime="2030-01-01T02:00:00Z")
    reference = {"referenceName": "upstream", "type": "TriggerReference"}
    depends = [{"type": "TumblingWindowTriggerDependencyReference", "referenceTrigger": reference}]
    trigger = world.windows(interval=2, endTime="2030-01-01T02:00:00Z", dependsOn=depends)
    world.triggers.begin(world.factory, trigger)
    world.triggers.begin(world.factory, upstream)
    await world.until(lambda: [run.status for run in world.of(trigger)] == [WAITING])
    await world.until(lambda: [run.status for run in world.of(trigger)] == ["Succeeded"])
    ends = max(run["runEnd"] for run in world.runs.history.pipeline_runs())
    assert ends[11:16] == "02:20"  # the second window upstream ends at 02:10


async def test_a_window_that_depends_on_itself_follows_the_one_before(world: World) -> None:
    world.pipeline(_wait(600))
    depends = [{"type": "SelfDependencyTumblingWindowTriggerReference", "offset": "-01:00:00"}]
    trigger = world.windows(
        startTime="2029-12-31T21:00:00Z", endTime="2030-01-01T00:00:00Z", maxConcurrency=5, dependsOn=depends
    )
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: [run.status for run in world.of(trigger)] == ["Succeeded"] * 3)
    assert [run["runStart"][11:16] for run in world.runs.history.pipeline_runs()] == ["00:00", "00:10", "00:20"]


async def test_a_dependency_that_never_succeeds_fails_the_window_after_a_week(world: World) -> None:
    world.pipeline()
    reference = {"referenceName": "nobody", "type": "TriggerReference"}
    depends = [{"type": "TumblingWindowTriggerDependencyReference", "referenceTrigger": reference}]
    trigger = world.windows(endTime="2030-01-01T01:00:00Z", dependsOn=depends)
    world.triggers.begin(world.factory, trigger)
    while not world.of(trigger) or world.of(trigger)[0].status == WAITING:
        await world.clock.sleep(3600)
    assert world.of(trigger)[0].status == "Failed"
    assert START + timedelta(days=7, hours=1) <= world.clock.now() <= START + timedelta(days=7, hours=3)
    assert list(world.runs.history.pipeline_runs()) == []


async def test_a_window_can_be_cancelled_and_run_again(world: World) -> None:
    world.pipeline(_wait(600))
    trigger = world.windows(endTime="2030-01-01T01:00:00Z")
    world.triggers.begin(world.factory, trigger)
    await world.until(lambda: [run.status for run in world.of(trigger)] == ["Inprogress"])
    [first] = world.of(trigger)
    await world.triggers.cancel(world.factory, first)
    await world.until(lambda: world.runs.history.pipeline_run(first.triggered_pipelines["p"])["status"] == "Cancelled")  # type: ignore[index]
    world.triggers.rerun(world.factory, trigger, first)
    await world.until(lambda: [run.status for run in world.of(trigger)] == ["Cancelled", "Succeeded"])
    assert world.of(trigger)[1].triggered_pipelines != first.triggered_pipelines


async def test_after_a_restart_only_what_was_not_handled_runs() -> None:
    store = DocumentStore()
    before = World(store, VirtualClock(START + timedelta(hours=3)))
    before.pipeline(_wait(60))
    trigger = before.windows(endTime="2030-01-01T03:00:00Z")
    before.triggers.begin(before.factory, trigger)
    await before.until(lambda: [run.status for run in before.of(trigger)] == ["Succeeded", "Inprogress"])
    await before.close()

    after = World(store, before.clock)
    after.runs.history.close_interrupted()
    assert [run.status for run in after.of(trigger)] == ["Succeeded", "Failed"]
    after.triggers.begin(after.factory, after.factory.documents["triggers"]["hourly"])
    await after.until(lambda: [run.status for run in after.of(trigger)][2:] == ["Succeeded", "Succeeded"])
    starts = [run.properties["windowStartTime"][11:16] for run in after.of(trigger)]
    assert starts == ["00:00", "01:00", "01:00", "02:00"]
    await after.close()
