"""What the pipeline engine costs, as ratios within one run so that the machine does not matter:
`python -m benchmarks.engine [--items 100000]`. It prints and asserts nothing.

Three questions: what an activity costs beyond what it does itself, whether a ForEach of ten times as many items takes
ten times as long, and what a whole pipeline in a unit test costs beyond evaluating its expressions.
"""

import argparse
import asyncio
import gc
import itertools
import statistics
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

import httpx

from emulators.datafactory.activities import ActivityServices, run_activity
from emulators.datafactory.activities.identity import ServicePrincipal
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.executor import Executor
from emulators.datafactory.expressions import Scope, evaluate_value
from emulators.datafactory.testing import START, Factory
from emulators.kernel.clock import RealClock

ROUNDS = 7
AT_ONCE = 100
"""Activities that run at the same time where the executor is measured."""
PIPELINE = 40

_ADDRESS = "http://service.test/items"
_PARAMETERS = {"folder": "in/2030", "file": "claims.csv", "n": 3}


def main() -> None:
    parser = argparse.ArgumentParser(description="What the pipeline engine costs, as ratios.")
    parser.add_argument("--items", type=int, default=10_000, help="the longest ForEach")
    given = parser.parse_args()
    asyncio.run(_an_activity())
    _for_each(given.items)
    _a_pipeline_in_a_test()


# What an activity costs beyond what it does


class _Silent:
    """Hears of every change and keeps nothing."""

    def pipeline_run_changed(self, run: PipelineRun) -> None: ...

    def activity_run_changed(self, run: ActivityRun) -> None: ...


class _Nobody:
    """No activity here needs a token."""

    async def token(self, resource: str, principal: ServicePrincipal | None = None) -> str:
        raise AssertionError(f"a token for {resource} was asked for")


async def _an_activity() -> None:
    """Web activities against an answer in memory: in a pipeline, and as bare tasks that do the same."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"n": 1}))
    async with httpx.AsyncClient(transport=transport) as http:
        services = ActivityServices(http=http, clock=RealClock(), identity=_Nobody(), resource_manager=_ADDRESS)
        resources = _of([_call(f"Call{index}") for index in range(AT_ONCE)])
        executor = Executor(clock=RealClock(), services=services, ids=lambda: str(uuid.uuid4()), observer=_Silent())

        async def in_a_pipeline() -> None:
            invoked_by = InvokedBy(id="benchmark", name="Manual", invoked_by_type="Manual")
            run = executor.start(resources, "p", parameters=_PARAMETERS, invoked_by=invoked_by)
            ended = await executor.wait(run.run_id)
            assert ended.status == "Succeeded", ended.message

        async def as_tasks() -> None:
            await asyncio.gather(*(asyncio.create_task(run_activity(_ready(), services)) for _ in range(AT_ONCE)))

        async def as_empty_tasks() -> None:
            await asyncio.gather(*(asyncio.create_task(asyncio.sleep(0)) for _ in range(AT_ONCE)))

        whole, bare, empty = await _in_turn(in_a_pipeline, as_tasks, as_empty_tasks)
    print(f"{AT_ONCE} Web activities at once, per activity, the answer in memory")
    print(f"  bare asyncio task that does nothing       {_micro(empty / AT_ONCE)}")
    print(f"  bare asyncio task that does the same      {_micro(bare / AT_ONCE)}")
    print(f"  activity of a pipeline                    {_micro(whole / AT_ONCE)}  {whole / bare:5.2f}x")
    print(f"  engine and executor alone                 {_micro((whole - bare) / AT_ONCE)}")


def _ready() -> Activity:
    """The same activity, evaluated beforehand."""
    return Activity(
        name="Call",
        type="WebActivity",
        type_properties={"method": "GET", "url": f"{_ADDRESS}/claims.csv"},
        resources=Resources("factory"),
        pipeline_name="p",
        pipeline_run_id="",
        activity_run_id="",
    )


# Whether ForEach grows linearly


def _for_each(longest: int) -> None:
    counts = [count for count in (1_000, 10_000, 100_000) if count <= longest]
    print("ForEach around one stubbed activity, in a unit test, per item")
    for batch, how in ((1, "sequential"), (20, "20 at a time")):
        costs = [_item(count, batch) for count in counts]
        for count, cost in zip(counts, costs, strict=True):
            print(f"  {count:>7,} items, {how:14}             {_micro(cost)}  {cost / costs[0]:5.2f}x")


def _item(count: int, batch: int) -> float:
    """Seconds per item."""
    loop = _activity("Loop", "ForEach", items="@range(0, pipeline().parameters.n)", activities=[_call("Call")])
    loop["typeProperties"] |= {"isSequential": batch == 1, "batchCount": batch}
    factory = _factory([loop])

    def work() -> None:
        run = factory.run("p", {**_PARAMETERS, "n": count}, stubs={"WebActivity": {}})
        assert run.status == "Succeeded", run

    [seconds] = _measured(work, rounds=3)
    return seconds / count


# What a pipeline costs in a unit test


def _a_pipeline_in_a_test() -> None:
    """A chain of activities with three expressions each, against those expressions evaluated and nothing else."""
    written = [_busy(index) for index in range(PIPELINE)]
    factory = _factory(written)

    def whole() -> None:
        run = factory.run("p", _PARAMETERS, stubs={"WebActivity": {"n": 1}})
        assert run.status == "Succeeded", run

    def first() -> None:
        run = _factory(written).run("p", _PARAMETERS, stubs={"WebActivity": {"n": 1}})
        assert run.status == "Succeeded", run

    scope = Scope(
        pipeline={"parameters": _PARAMETERS, "RunId": "r"},
        activities={f"Call{index}": {"Output": {"n": 1}} for index in range(PIPELINE)},
        now=lambda: START,
    )

    def expressions() -> None:
        for activity in written:
            evaluate_value(activity["typeProperties"], scope)

    seconds = dict(zip(("alone", "run", "first"), _measured(expressions, whole, first), strict=True))
    print(f"pipeline of {PIPELINE} activities in a unit test")
    print(f"  its expressions alone                     {seconds['alone'] * 1e3:8.2f} ms")
    for name, what in (("run", "run, the factory loaded before"), ("first", "loaded, checked and run")):
        print(f"  {what:40}  {seconds[name] * 1e3:8.2f} ms  {seconds[name] / seconds['alone']:5.1f}x")


def _busy(index: int) -> dict[str, Any]:
    previous = f"activity('Call{index - 1}').output.n" if index else "pipeline().parameters.n"
    activity = _activity(
        f"Call{index}",
        "WebActivity",
        method="POST",
        url=f"@concat('{_ADDRESS}/', pipeline().parameters.folder, '/', pipeline().parameters.file)",
        body={"run": "@pipeline().RunId", "text": f"@if(greater({previous}, 0), string({previous}), 'none')"},
    )
    if index:
        activity["dependsOn"] = [{"activity": f"Call{index - 1}", "dependencyConditions": ["Succeeded"]}]
    return activity


# Pipelines and measuring


def _activity(name: str, kind: str, **properties: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "typeProperties": properties}


def _call(name: str) -> dict[str, Any]:
    return _activity(name, "WebActivity", method="GET", url=f"@concat('{_ADDRESS}/', pipeline().parameters.file)")


def _documents(activities: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    parameters = {"folder": {"type": "string"}, "file": {"type": "string"}, "n": {"type": "int"}}
    yield {"name": "p", "properties": {"parameters": parameters, "activities": activities}}


def _of(activities: list[dict[str, Any]]) -> Resources:
    return Resources.of(_documents(activities))


def _factory(activities: list[dict[str, Any]]) -> Factory:
    return Factory.load(resources=_documents(activities))


async def _in_turn(*works: Callable[[], Coroutine[Any, Any, None]]) -> list[float]:
    """Seconds of each, the median of several rounds in which they take turns; the first round warms up."""
    rounds: list[list[float]] = []
    for _ in range(ROUNDS + 1):
        taken = []
        for work in works:
            began = time.process_time()
            await work()
            taken.append(time.process_time() - began)
        rounds.append(taken)
    return [statistics.median(column) for column in zip(*rounds[1:], strict=True)]


def _measured(*works: Callable[[], None], rounds: int = ROUNDS) -> list[float]:
    """Seconds of processor time of each, the median of several rounds in which they take turns."""
    columns: list[list[float]] = [[] for _ in works]
    for number, (column, work) in itertools.product(range(rounds + 1), zip(columns, works, strict=True)):
        gc.collect()
        began = time.process_time()
        work()
        if number:
            column.append(time.process_time() - began)
    return [statistics.median(column) for column in columns]


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:8.1f} us"


if __name__ == "__main__":
    main()
