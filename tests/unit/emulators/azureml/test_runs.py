"""A run's lifecycle and its place in the store."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulators.azureml.definitions import Endpoint, Pipeline, Step
from emulators.azureml.errors import NotFound
from emulators.azureml.runner import close_steps
from emulators.azureml.runs import (
    CANCELED,
    FAILED,
    FINISHED,
    NOT_STARTED,
    RUNNING,
    DataFile,
    PipelineRun,
    Progress,
    Request,
    RunTable,
)
from emulators.kernel.store import DocumentStore

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
PIPELINE = Pipeline("p", "1", {"a": 1}, None, [Step("one", "one.py", ()), Step("two", "two.py", ())])
ENDPOINT = Endpoint("e", "training", "1", [PIPELINE], Path())


def new_run(number: int = 1) -> PipelineRun:
    return PipelineRun.new(number, Request("experiment", {"a": 1}, tags={"t": "1"}), ENDPOINT, PIPELINE, NOW)


def test_a_run_goes_forward_only() -> None:
    progress = Progress("2030")
    progress.enter(RUNNING, NOW)
    assert (progress.started, progress.ended, progress.over) == ("2030-01-02T03:04:05.000000Z", None, False)
    progress.enter(FINISHED, NOW, "fine")
    assert (progress.ended, progress.detail, progress.over) == ("2030-01-02T03:04:05.000000Z", "fine", True)
    for status in (NOT_STARTED, RUNNING, FAILED, CANCELED):
        with pytest.raises(RuntimeError):
            progress.enter(status, NOW)


def test_a_run_is_the_same_after_a_restart(tmp_path: Path) -> None:
    store = DocumentStore(tmp_path / "state.db")
    run = new_run()
    run.progress.enter(RUNNING, NOW)
    run.files.append(DataFile("d", "store", "container", "path", "00", '"e"', 7))
    run.steps[0].exit_code = 3
    RunTable(store).add(run)
    store.close()
    assert RunTable(DocumentStore(tmp_path / "state.db")).get(run.id) == run


def test_runs_are_found_by_their_own_id_and_their_steps() -> None:
    table = RunTable(DocumentStore())
    first, second = new_run(1), new_run(2)
    table.add(first)
    table.add(second)
    assert table.next_number() == 3
    assert list(table.newest_first()) == [second, first]
    assert table.entry(first.id.upper()) is first
    assert table.entry(first.steps[1].id) is first.steps[1]
    assert table.owner(second.steps[0].id) is second
    for unknown in ("x", first.steps[0].id):
        with pytest.raises(NotFound):
            table.get(unknown)


@pytest.mark.parametrize(("status", "expected"), [(FAILED, [FAILED, CANCELED]), (CANCELED, [CANCELED, CANCELED])])
def test_a_run_that_is_over_has_no_open_steps(status: str, expected: list[str]) -> None:
    run = new_run()
    run.steps[0].progress.enter(RUNNING, NOW)
    close_steps(run, status, NOW)
    assert [step.progress.status for step in run.steps] == expected
