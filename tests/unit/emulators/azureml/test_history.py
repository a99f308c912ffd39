"""Metrics, tags and properties, and the tokens by which scripts report them."""

import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulators.azureml.definitions import Endpoint, Pipeline, Step
from emulators.azureml.environment import Workspace, step_environment
from emulators.azureml.errors import InvalidField, NotFound, PropertyIsImmutable
from emulators.azureml.history import History
from emulators.azureml.models import Models
from emulators.azureml.runs import PipelineRun, Request, RunTable
from emulators.azureml.tokens import RunTokens
from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore

PIPELINE = Pipeline("p", "1", {}, None, [Step("one", "one.py", ())])


@pytest.fixture
def run() -> PipelineRun:
    endpoint = Endpoint("e", "n", "1", [PIPELINE], Path())
    return PipelineRun.new(1, Request("e", {}), endpoint, PIPELINE, datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def history(run: PipelineRun) -> History:
    store = DocumentStore()
    runs = RunTable(store)
    runs.add(run)
    return History(store, runs, VirtualClock())


def metric(name: str, *cells: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "metricType": "azureml.v1.scalar", "cells": list(cells)}


def test_a_pipeline_runs_metrics_include_its_steps(history: History, run: PipelineRun) -> None:
    step = run.steps[0].id
    history.log_metric(step, metric("auc", {"auc": 0.5}))
    history.log_metric(step, metric("auc", {"auc": 0.75}))
    history.log_metric(run.id, metric("rows", {"rows": 3}))
    assert [(one["runId"], one["cells"]) for one in history.metrics(run.id)] == [
        (run.id, [{"rows": 3}]),
        (step, [{"auc": 0.5}]),
        (step, [{"auc": 0.75}]),
    ]
    assert [one["metricId"] for one in history.metrics(step)] == [f"{step}/0", f"{step}/1"]
    assert history.metrics(step)[0]["schema"]["properties"] == [{"propertyId": "auc", "name": "auc", "type": "float"}]


def test_a_metric_that_is_no_number_travels_as_text(history: History, run: PipelineRun) -> None:
    history.log_metric(run.id, metric("loss", {"loss": math.nan}))
    assert history.metrics(run.id)[0]["cells"] == [{"loss": "nan"}]


@pytest.mark.parametrize(
    "body",
    [
        {"metricType": "azureml.v1.scalar", "cells": []},
        {"name": "x", "metricType": "image", "cells": []},
        {"name": "x", "metricType": "azureml.v1.scalar", "cells": [1]},
    ],
)
def test_what_is_no_metric_is_refused(history: History, run: PipelineRun, body: dict[str, Any]) -> None:
    with pytest.raises(InvalidField):
        history.log_metric(run.id, body)


def test_tags_change_and_properties_do_not(history: History, run: PipelineRun) -> None:
    history.change(run.id, {"tags": {"a": 1}, "properties": {"p": "1"}})
    history.change(run.id, {"tags": {"a": None}, "properties": {"p": "1"}})
    assert (run.tags, run.properties) == ({"a": ""}, {"p": "1"})
    with pytest.raises(PropertyIsImmutable):
        history.change(run.id, {"tags": {"b": "2"}, "properties": {"p": "2"}})
    assert run.tags == {"a": ""}, "a refused change changes nothing"
    with pytest.raises(InvalidField):
        history.change(run.id, {"tags": {"a": {}}})
    with pytest.raises(NotFound):
        history.change("x", {})


def test_a_token_dies_with_its_step(run: PipelineRun) -> None:
    tokens = RunTokens()
    with tokens.issued(run.id) as token:
        assert tokens.run_of(token) == run.id
        assert tokens.run_of(token + "x") is None
    assert tokens.run_of(token) is None


def test_a_script_sees_its_run_and_no_secret_of_ours(run: PipelineRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_CLIENT_SECRET", "x")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    workspace = Workspace("https://a", "s", "g", "w", Path("/ca.pem"))
    environment = step_environment(workspace, run, run.steps[0], "token")
    assert "AZURE_CLIENT_SECRET" not in environment
    assert environment["OMP_NUM_THREADS"] == "1"
    assert (environment["AZUREML_RUN_ID"], environment["AZUREML_ROOT_RUN_ID"]) == (run.steps[0].id, run.id)
    assert (Path(environment["PYTHONPATH"]) / "azureml" / "core" / "run.py").exists()


def test_models_count_their_versions() -> None:
    models = Models(DocumentStore(), VirtualClock())
    for name in ("a", "b", "a"):
        models.register("run", "e", {"name": name, "path": "outputs/m"})
    assert [model["id"] for model in models.all()] == ["a:1", "b:1", "a:2"]
    assert (models.get("a")["version"], models.get("a:1")["version"]) == (2, 1)
    with pytest.raises(NotFound):
        models.get("c")
    for body in ({"name": "a:b", "path": "x"}, {"name": "a"}, {"name": "a", "path": "x", "tags": 1}):
        with pytest.raises(InvalidField):
            models.register("run", "e", body)
