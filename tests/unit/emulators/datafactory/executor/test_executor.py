"""The executor: real tasks on virtual time, observers, cancellation, closing."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest

from emulators.datafactory import activities
from emulators.datafactory.activities import ActivityFailed, ActivityServices
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.errors import RunRefused
from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.executor import Executor
from emulators.kernel.clock import VirtualClock

MANUAL = InvokedBy(id="1", name="Manual", invoked_by_type="Manual")


class Observer:
    """Keeps the sequence of statuses, pipeline and activities alike."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.activities: dict[str, ActivityRun] = {}

    def pipeline_run_changed(self, run: PipelineRun) -> None:
        self.seen.append(f"{run.pipeline_name} {run.status}")

    def activity_run_changed(self, run: ActivityRun) -> None:
        self.seen.append(f"{run.activity_name} {run.status}")
        self.activities[run.activity_name] = run


class NoIdentity:
    async def token(self, resource: str, principal: Any = None) -> str:
        raise AssertionError("no activity of these tests asks for a token")


@pytest.fixture
def observer() -> Observer:
    return Observer()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
async def executor(observer: Observer, clock: VirtualClock) -> AsyncIterator[Executor]:
    numbers = itertools.count(1)
    async with httpx.AsyncClient() as http:
        services = ActivityServices(http=http, clock=clock, identity=NoIdentity(), resource_manager="https://none.test")
        made = Executor(
            clock=clock,
            services=services,
            ids=lambda: f"00000000-0000-4000-8000-{next(numbers):012x}",
            observer=observer,
        )
        yield made
        await made.close()


def pipeline(*written: dict[str, Any], **more: Any) -> Resources:
    return Resources("factory", pipelines={"p": {"activities": list(written), **more}})


def activity(
    name: str, kind: str = "Wait", after: Mapping[str, str] | None = None, **properties: Any
) -> dict[str, Any]:
    depends = [{"activity": other, "dependencyConditions": [condition]} for other, condition in (after or {}).items()]
    policy = properties.pop("policy", {})
    return {"name": name, "type": kind, "dependsOn": depends, "policy": policy, "typeProperties": properties}


def start(executor: Executor, resources: Resources, **more: Any) -> PipelineRun:
    return executor.start(resources, "p", parameters={}, invoked_by=MANUAL, **more)


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Activity name → what its handler does: an output, an exception, or a coroutine function."""
    behaviours: dict[str, Any] = {}

    async def handler(started: Activity, services: ActivityServices) -> dict[str, Any]:
        behaviour = behaviours[started.name]
        if isinstance(behaviour, Exception):
            raise behaviour
        return await behaviour(started) if callable(behaviour) else behaviour

    monkeypatch.setattr(activities, "_BY_KIND", {"outside": handler})
    return behaviours


async def test_a_week_of_waiting_takes_no_time(executor, observer, clock):
    began = clock.now()
    resources = pipeline(
        activity("A", waitTimeInSeconds=604800), activity("B", after={"A": "Succeeded"}, waitTimeInSeconds=1)
    )
    run = start(executor, resources)
    assert run.status == "InProgress"
    ended = await executor.wait(run.run_id)
    assert ended.status == "Succeeded"
    assert clock.now() - began == timedelta(days=7, seconds=1)
    assert ended.duration_in_ms == 604801000
    assert observer.seen == [
        "p InProgress", "A InProgress", "A Succeeded", "B InProgress", "B Succeeded", "p Succeeded",
    ]  # fmt: skip


async def test_handlers_outputs_and_failures_reach_the_run(executor, observer, outside):
    outside["A"] = {"rows": 3}
    outside["B"] = ActivityFailed("3204", "the notebook raised", output={"runPageUrl": "u"})
    resources = pipeline(activity("A", "Outside"), activity("B", "Outside", after={"A": "Succeeded"}))
    ended = await executor.wait(start(executor, resources).run_id)
    assert ended.status == "Failed"
    assert ended.message == "Operation on target B failed: the notebook raised"
    assert observer.activities["A"].output == {"rows": 3}
    assert observer.activities["B"].error["errorCode"] == "3204"
    assert observer.activities["B"].output == {"runPageUrl": "u"}


async def test_a_defect_in_a_handler_fails_the_activity_and_says_so(executor, observer, outside):
    outside["A"] = ZeroDivisionError("oops")
    ended = await executor.wait(start(executor, pipeline(activity("A", "Outside"))).run_id)
    assert ended.status == "Failed"
    assert "defect" in ended.message
    assert observer.activities["A"].error["failureType"] == "SystemError"


async def test_real_work_is_not_jumped_over(executor, observer, clock, outside):
    async def work(started: Activity) -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {}

    outside["A"] = work
    began = clock.now()
    resources = pipeline(activity("A", "Outside", policy={"timeout": "0.00:10:00"}))
    ended = await executor.wait(start(executor, resources).run_id)
    assert ended.status == "Succeeded"
    assert clock.now() == began


async def test_cancelling_stops_the_handler_and_lets_it_clean_up(executor, observer, outside):
    running, cleaned = asyncio.Event(), []

    async def endless(started: Activity) -> dict[str, Any]:
        running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
            cleaned.append(started.name)
            raise
        return {}

    outside["A"] = endless
    run = start(
        executor, pipeline(activity("A", "Outside"), activity("B", after={"A": "Completed"}, waitTimeInSeconds=1))
    )
    await running.wait()
    await executor.cancel(run.run_id)
    ended = await executor.wait(run.run_id)
    assert ended.status == "Cancelled"
    assert cleaned == ["A"]
    assert observer.seen == ["p InProgress", "A InProgress", "p Canceling", "A Cancelled", "p Cancelled"]


async def test_cancelling_before_the_handler_has_begun(executor, outside):
    outside["A"] = {}
    run = start(executor, pipeline(activity("A", "Outside")))
    await executor.cancel(run.run_id)
    assert (await executor.wait(run.run_id)).status == "Cancelled"


async def test_cancelling_a_run_that_is_over_changes_nothing(executor, observer):
    run = start(executor, pipeline(activity("A", waitTimeInSeconds=1)))
    await executor.wait(run.run_id)
    seen = list(observer.seen)
    await executor.cancel(run.run_id)
    assert observer.seen == seen


async def test_a_run_that_azure_refuses_is_refused(executor):
    with pytest.raises(RunRefused) as refusal:
        executor.start(Resources("factory"), "nowhere", parameters={}, invoked_by=MANUAL)
    assert refusal.value.code == "BadRequest"


async def test_closing_leaves_nothing_behind(observer, clock, executor, outside):
    async def endless(started: Activity) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    outside["A"] = endless
    start(executor, pipeline(activity("A", "Outside"), activity("W", waitTimeInSeconds=5)))
    await asyncio.sleep(0)
    await executor.close()
    left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    assert not [name for name in left if name.startswith(("activity", "timer"))]


async def test_an_unknown_run_cannot_be_waited_for(executor):
    with pytest.raises(KeyError):
        await executor.wait("nowhere")


async def test_the_type_that_is_not_built_fails_by_name(executor, observer):
    ended = await executor.wait(start(executor, pipeline(activity("A", "ExecuteDataFlow"))).run_id)
    assert ended.status == "Failed"
    assert "'ExecuteDataFlow'" in ended.message
    assert observer.activities["A"].error["errorCode"] == "NotSupportedByEmulator"
