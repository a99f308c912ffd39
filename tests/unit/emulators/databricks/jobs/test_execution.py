"""The life of runs in virtual time: retries, limits, cancels, stops, and any graph of tasks with any outcomes."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.databricks.identity.tokens import Principal
from emulators.databricks.jobs.states import LifeCycle
from emulators.databricks.runtime.runs import NotebookRunSpec, RunResult

OUTCOMES = ("SUCCESS", "FAILED", "TIMEDOUT")


def task(key: str = "t", path: str = "/Shared/n", after: tuple[str, ...] = (), **extra: Any) -> dict[str, Any]:
    depends_on = [{"task_key": each} for each in after]
    return {"task_key": key, "notebook_task": {"notebook_path": path}, "depends_on": depends_on, **extra}


async def test_retries_wait_their_interval_in_virtual_time(bench: Any) -> None:
    bench.runner.scripts["/Shared/n"] = ["FAILED", "FAILED", "SUCCESS"]
    begin = bench.clock.now()
    run = await bench.end(bench.submit(task(max_retries=3, min_retry_interval_millis=3_600_000)))
    assert run.state.ending.result == "SUCCESS"
    assert (bench.clock.now() - begin).total_seconds() == 7200
    assert [attempt.state.ending.result for attempt in run.attempts] == ["FAILED", "FAILED", "SUCCESS"]
    assert [attempt.original_run_id for attempt in run.attempts] == [
        None,
        run.attempts[0].run_id,
        run.attempts[0].run_id,
    ]


@pytest.mark.parametrize(("on_timeout", "attempts"), [(False, 1), (True, 3)])
async def test_a_timeout_is_retried_only_when_asked(bench: Any, on_timeout: bool, attempts: int) -> None:
    bench.runner.scripts["/Shared/n"] = ["TIMEDOUT"]
    run = await bench.end(bench.submit(task(max_retries=2, retry_on_timeout=on_timeout, timeout_seconds=5)))
    assert len(run.attempts) == attempts
    assert (run.state.life_cycle, run.state.ending.result) == (LifeCycle.TERMINATED, "TIMEDOUT")


async def test_the_runs_own_limit_ends_a_wait(bench: Any) -> None:
    bench.runner.scripts["/Shared/n"] = ["FAILED"]
    begin = bench.clock.now()
    run = await bench.end(bench.submit(task(max_retries=5, min_retry_interval_millis=60_000), timeout_seconds=90))
    assert (bench.clock.now() - begin).total_seconds() == 90
    assert [attempt.state.ending.result for attempt in run.attempts] == ["FAILED", "FAILED", "TIMEDOUT"]
    assert run.state.ending.result == "TIMEDOUT"


async def test_the_shorter_of_both_limits_reaches_the_notebook(bench: Any) -> None:
    await bench.end(bench.submit(task(timeout_seconds=30), timeout_seconds=20))
    await bench.end(bench.submit(task(timeout_seconds=10), timeout_seconds=20))
    await bench.end(bench.submit(task()))
    assert [spec.timeout_seconds for spec in bench.runner.specs] == [20, 10, None]


async def test_a_cancel_while_waiting_for_a_retry_ends_at_once(bench: Any) -> None:
    bench.runner.scripts["/Shared/n"] = ["FAILED"]
    with bench.clock.work():  # time stands still, so only the cancel can end the wait
        run = bench.submit(task(max_retries=-1, min_retry_interval_millis=1000), task("later", after=("t",)))
        await bench.until(lambda: run.latest()["t"].state.life_cycle is LifeCycle.WAITING_FOR_RETRY)
        bench.service.jobs.cancel(run.run_id)
        assert run.state.life_cycle is LifeCycle.TERMINATING
        await bench.end(run)
    assert {key: each.state.ending.result for key, each in run.latest().items()} == {
        "t": "CANCELED",
        "later": "CANCELED",
    }
    assert run.state.ending.result == "CANCELED"


async def test_a_cancel_before_the_first_step_starts_nothing(bench: Any) -> None:
    run = bench.submit(task())
    bench.service.jobs.cancel(run.run_id)
    await bench.end(run)
    assert run.state.ending.result == "CANCELED"
    assert bench.runner.specs == []


async def test_time_stands_still_while_a_notebook_runs(bench: Any) -> None:
    begin = bench.clock.now()

    async def works(_: NotebookRunSpec) -> RunResult:
        sleeper = asyncio.create_task(bench.clock.sleep(10))
        for _turn in range(100):
            await asyncio.sleep(0)
        assert bench.clock.now() == begin
        sleeper.cancel()
        return RunResult("SUCCESS", None, None, None, "", None)

    bench.runner.behaviours["/Shared/n"] = works
    assert (await bench.end(bench.submit(task()))).state.ending.result == "SUCCESS"


async def test_the_end_of_the_cloud_ends_active_runs_by_name(bench: Any) -> None:
    bench.runner.behaviours["/Shared/n"] = bench.runner.until_cancelled
    runs = [bench.submit(task()) for _ in range(6)]  # two more than there are places
    await bench.until(lambda: len(bench.runner.specs) == 4)
    await bench.service.stop()
    for run in runs:
        assert run.state.life_cycle is LifeCycle.INTERNAL_ERROR
        assert "local cloud was stopped" in run.state.message
    assert len(bench.runner.specs) == 4


async def test_what_a_notebook_starts_never_waits_for_a_place(bench: Any) -> None:
    bench.runner.behaviours["/Shared/n"] = bench.runner.until_cancelled
    runs = [bench.submit(task()) for _ in range(4)]  # every place is taken by notebooks that wait for what they start
    await bench.until(lambda: len(bench.runner.specs) == 4)
    bench.notebook("/Shared/quick")
    notebook = Principal("me", run_id=runs[0].attempts[0].run_id)
    job_id = bench.service.jobs.catalogue.create({"tasks": [task(path="/Shared/quick")]}, "me")
    of_job = await bench.end(bench.service.jobs.run_now({"job_id": job_id}, notebook))
    child = await bench.end(bench.service.jobs.submit({"tasks": [task(path="/Shared/quick")]}, notebook))
    assert [run.run_type for run in (of_job, child)] == ["JOB_RUN", "WORKFLOW_RUN"]
    assert [run.state.ending.result for run in (of_job, child)] == ["SUCCESS", "SUCCESS"]
    await bench.service.stop()


async def test_a_cancelled_notebook_is_terminating_until_it_has_ended(bench: Any) -> None:
    release = asyncio.Event()

    async def ends_slowly(_: NotebookRunSpec) -> RunResult:
        await release.wait()
        return RunResult("CANCELED", None, None, None, "", None)

    bench.runner.behaviours["/Shared/n"] = ends_slowly
    run = bench.submit(task())
    await bench.until(lambda: run.state.life_cycle is LifeCycle.RUNNING)
    bench.service.jobs.cancel(run.run_id)
    assert (run.state.life_cycle, run.attempts[0].state.life_cycle) == (LifeCycle.TERMINATING, LifeCycle.TERMINATING)
    release.set()
    assert (await bench.end(run)).state.ending.result == "CANCELED"


async def test_a_disabled_task_counts_as_done(bench: Any) -> None:
    run = await bench.end(bench.submit(task("a", disabled=True), task("b", after=("a",))))
    assert {key: each.state.ending.result for key, each in run.latest().items()} == {"a": "DISABLED", "b": "SUCCESS"}
    assert run.state.ending.result == "SUCCESS"


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_graph_ends_as_a_simple_model_predicts(make_bench: Any, data: st.DataObject) -> None:
    """ALL_SUCCESS graphs: a task runs exactly when all before it succeeded, and the leaves decide."""
    count = data.draw(st.integers(1, 8))
    after = {n: data.draw(st.sets(st.integers(0, n - 1), max_size=3)) if n else set() for n in range(count)}
    outcome = {n: data.draw(st.sampled_from(OUTCOMES)) for n in range(count)}
    expected: dict[int, str] = {}
    for n in range(count):
        expected[n] = outcome[n] if all(expected[m] == "SUCCESS" for m in after[n]) else "UPSTREAM_FAILED"
    leaves = set(range(count)) - {m for each in after.values() for m in each}
    good = all(expected[n] == "SUCCESS" for n in leaves)

    async def scenario() -> None:
        bench = make_bench()
        for n in range(count):
            bench.runner.scripts[bench.notebook(f"/Shared/{n}")] = [outcome[n]]
        tasks = [task(str(n), f"/Shared/{n}", tuple(str(m) for m in sorted(after[n]))) for n in range(count)]
        run = await bench.end(bench.submit(*data.draw(st.permutations(tasks))))
        assert {int(key): each.state.ending.result for key, each in run.latest().items()} == expected
        assert (run.state.ending.result == "SUCCESS") is good

    asyncio.run(scenario())
