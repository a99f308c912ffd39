"""The history of a factory: what it keeps, and how it closes what a kill interrupted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulators.datafactory.engine.records import ActivityRun, InvokedBy, PipelineRun
from emulators.datafactory.run_history import INTERRUPTED, RunHistory, TriggerRun
from emulators.kernel.clock import VirtualClock
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore

HIDDEN_KINDS = ["datafactory/hiddenparameters/factory", "datafactory/hiddenoutputs/factory/r1"]
NOW = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def store() -> DocumentStore:
    return DocumentStore()


def _history(store: DocumentStore, minutes: int = 0) -> RunHistory:
    return RunHistory(store, "/factory", VirtualClock(NOW + timedelta(minutes=minutes)))


def _run(run_id: str = "r1", **more: Any) -> PipelineRun:
    values: dict[str, Any] = {
        "run_id": run_id,
        "run_group_id": run_id,
        "pipeline_name": "p",
        "parameters": {"n": [1, 2]},
        "invoked_by": InvokedBy("i", "Manual", "Manual", time=NOW),
        "status": "InProgress",
        "run_start": NOW,
        "last_updated": NOW,
        **more,
    }
    return PipelineRun(**values)


def _activity(identity: str = "a1", run_id: str = "r1", kind: str = "Wait", **more: Any) -> ActivityRun:
    return ActivityRun(identity, "A", kind, "p", run_id, activity_run_start=NOW, **more)


def test_the_last_state_counts_and_survives(store: DocumentStore) -> None:
    history = _history(store)
    history.pipeline_run_changed(_run())
    history.activity_run_changed(_activity())
    history.activity_run_changed(_activity("a2"))
    history.activity_run_changed(_activity(status="Succeeded", output={"x": 1}))
    history.pipeline_run_changed(_run(status="Succeeded", run_end=NOW))
    for found in (history, _history(store)):
        assert found.pipeline_run("r1")["status"] == "Succeeded"  # type: ignore[index]
        assert [(run["activityRunId"], run["status"]) for run in found.activity_runs("r1")] == [
            ("a1", "Succeeded"),
            ("a2", "InProgress"),
        ]
        assert found.pipeline_run("r2") is None


def test_an_earlier_run_comes_back_as_it_was_for_a_rerun(store: DocumentStore) -> None:
    run = _run(status="Failed", message="m", run_end=NOW, duration_in_ms=0, return_value={"k": 1})
    activity = _activity(status="Failed", error={"errorCode": "1", "message": "m", "target": "A"}, retry_attempt=1)
    history = _history(store)
    history.pipeline_run_changed(run)
    history.activity_run_changed(activity)
    reference = _history(store).reference("r1", is_recovery=True, start_activity_name="A", start_from_failure=False)
    assert reference is not None
    assert (reference.run, reference.activity_runs) == (run, (activity,))
    assert (reference.is_recovery, reference.start_activity_name) == (True, "A")
    assert history.reference("r2", is_recovery=False, start_activity_name=None, start_from_failure=False) is None


def test_what_a_run_hides_comes_back_for_a_rerun_only(store: DocumentStore) -> None:
    secret, mask = "s3cret-word", "**********"
    history = _history(store)
    history.pipeline_run_changed(_run(parameters={"s": mask}, hidden_parameters={"s": secret}))
    history.pipeline_run_changed(_run("r2", run_group_id="r1", recovers_run_id="r1"))
    history.activity_run_changed(_activity(status="Succeeded", output=mask, hidden_output={"x": secret}))
    assert masker.mask(secret) == mask
    history = _history(store)
    shown = [*history.pipeline_runs(), *history.activity_runs("r1")]
    assert len(shown) == 3
    assert secret not in str(shown)
    for run_id, parameters in (("r1", {"s": secret}), ("r2", {})):
        reference = history.reference(run_id, is_recovery=True, start_activity_name=None, start_from_failure=True)
        assert reference is not None
        assert reference.run.hidden_parameters == parameters
        assert [run.real_output for run in reference.activity_runs] == [{"x": secret}], "what was taken over is done"
        assert secret not in repr(reference)
    history.forget()
    assert not any(list(store.list(kind)) for kind in HIDDEN_KINDS)


def test_a_run_that_took_nothing_over_stands_for_itself(store: DocumentStore) -> None:
    history = _history(store)
    for run_id, recovers in (("r1", None), ("r2", "r1"), ("r3", "r2"), ("r4", None)):
        history.pipeline_run_changed(_run(run_id, run_group_id="r1", recovers_run_id=recovers))
        history.activity_run_changed(_activity(f"activity of {run_id}", run_id, status="Succeeded"))
    for run_id, told in (("r1", ["r1"]), ("r3", ["r1", "r2", "r3"]), ("r4", ["r4"])):
        reference = history.reference(run_id, is_recovery=True, start_activity_name=None, start_from_failure=True)
        assert reference is not None
        assert [run.pipeline_run_id for run in reference.activity_runs] == told


def test_the_runs_that_a_run_started_come_with_it(store: DocumentStore) -> None:
    history = _history(store)
    started = _activity(kind="ExecutePipeline", status="Succeeded", output={"pipelineRunId": "child"})
    history.pipeline_run_changed(_run())
    history.activity_run_changed(started)
    history.pipeline_run_changed(_run("child", status="Failed"))
    history.activity_run_changed(_activity("c1", "child", status="Failed"))
    reference = history.reference("r1", is_recovery=True, start_activity_name="A", start_from_failure=False)
    assert reference is not None
    child = reference.children["child"]
    assert (child.run.status, child.start_from_failure, len(child.activity_runs)) == ("Failed", True, 1)
    plain = history.reference("r1", is_recovery=False, start_activity_name=None, start_from_failure=False)
    assert plain is not None
    assert plain.children == {}, "what is done anew has no earlier children"


def test_a_recovery_run_is_the_latest_of_its_group(store: DocumentStore) -> None:
    history = _history(store)
    history.pipeline_run_changed(_run())
    history.pipeline_run_changed(_run("r2", run_group_id="r1"))
    history.pipeline_run_changed(_run("r1", status="Failed"))  # a late change of the first does not make it the latest
    history = _history(store)
    history.pipeline_run_changed(_run("r3", run_group_id="r1"))
    assert [run["isLatest"] for run in history.pipeline_runs()] == [False, False, True]


def test_what_was_interrupted_is_closed_and_what_ended_stays(store: DocumentStore) -> None:
    history = _history(store)
    history.pipeline_run_changed(_run())
    history.activity_run_changed(_activity())
    history.pipeline_run_changed(_run("r2", status="Succeeded"))
    history.pipeline_run_changed(_run("r3", status="Queued", run_start=None))
    history.keep_trigger_run(TriggerRun("t1", "t", "TumblingWindowTrigger", NOW))
    history = _history(store, minutes=5)
    assert history.close_interrupted() == ["r1", "r3"]
    assert history.close_interrupted() == []
    assert [run["status"] for run in history.pipeline_runs()] == ["Failed", "Succeeded", "Failed"]
    closed: Any = history.pipeline_run("r1")
    assert (closed["message"], closed["durationInMs"]) == (INTERRUPTED, 300_000)
    [activity] = history.activity_runs("r1")
    assert (activity["status"], activity["error"]["message"]) == ("Failed", INTERRUPTED)
    [trigger_run] = history.trigger_runs()
    assert (trigger_run.status, trigger_run.message) == ("Failed", INTERRUPTED)


def test_events_are_remembered_per_trigger(store: DocumentStore) -> None:
    run = TriggerRun(
        "t1", "Arrives", "BlobEventsTrigger", NOW, status="Succeeded", event_id="e", context={"outputs": {}}
    )
    _history(store).keep_trigger_run(run)
    history = _history(store)
    assert history.trigger_run_of_event("arrives", "e") == run
    assert history.trigger_run_of_event("arrives", "f") is None
    assert history.trigger_run_of_event("other", "e") is None


def test_a_forgotten_history_leaves_nothing(store: DocumentStore) -> None:
    history = _history(store)
    history.pipeline_run_changed(_run())
    history.activity_run_changed(_activity())
    history.keep_trigger_run(TriggerRun("t1", "t", "BlobEventsTrigger", NOW, event_id="e"))
    history.forget()
    for found in (history, _history(store)):
        assert list(found.pipeline_runs()) == []
        assert list(found.activity_runs("r1")) == []
        assert found.trigger_run_of_event("t", "e") is None
