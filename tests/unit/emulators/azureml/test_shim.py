"""The stand-in for v1's `Run`, with a channel that notes what would be sent."""

import importlib.util
import io
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

SHIM = Path(__file__).parents[4] / "emulators" / "azureml" / "shim" / "azureml" / "core" / "run.py"


@pytest.fixture(scope="module")
def shim() -> ModuleType:
    """The module by its file: in this process the name `azureml` stays free."""
    spec = importlib.util.spec_from_file_location("shim_run", SHIM)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["shim_run"] = module
    spec.loader.exec_module(module)
    return module


class Channel:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Any]] = []
        self.answer: Any = None

    def call(self, method: str, path: str, document: Any = None) -> Any:
        self.calls.append((method, path, document))
        return self.answer

    def upload(self, path: str, file: Any, size: int) -> None:
        self.calls.append(("PUT", path, (file.read(), size)))


@pytest.fixture
def channel() -> Channel:
    return Channel()


@pytest.fixture
def run(shim: ModuleType, channel: Channel) -> Any:
    return shim.Run(channel, "step", shim.Experiment("e"), "parent")


def test_values_of_numpy_are_logged_as_numbers(run: Any, channel: Channel) -> None:
    run.log("auc", np.float32(0.5))
    run.log("rows", np.int64(7), step=2)
    run.log("loss", float("inf"))
    assert [document["cells"] for _, _, document in channel.calls] == [
        [{"auc": 0.5}],
        [{"rows": 7, "step": 2}],
        [{"loss": "inf"}],
    ]
    with pytest.raises(TypeError, match="not dict"):
        run.log("auc", {})


def test_metrics_come_back_by_name(run: Any, channel: Channel) -> None:
    channel.answer = {
        "value": [
            {"name": "once", "metricType": "azureml.v1.scalar", "cells": [{"once": 1}]},
            {"name": "loss", "metricType": "azureml.v1.scalar", "cells": [{"loss": 1.0}]},
            {"name": "loss", "metricType": "azureml.v1.scalar", "cells": [{"loss": 0.5}]},
            {"name": "curve", "metricType": "azureml.v1.list", "cells": [{"curve": 7}]},
            {"name": "table", "metricType": "azureml.v1.table", "cells": [{"a": 1, "b": 2}]},
            {"name": "table", "metricType": "azureml.v1.table", "cells": [{"a": 3}]},
        ]
    }
    assert run.get_metrics() == {"once": 1, "loss": [1.0, 0.5], "curve": [7], "table": {"a": [1, 3], "b": 2}}
    assert run.get_metrics("once") == {"once": 1}


def test_files_and_streams_are_uploaded(run: Any, channel: Channel, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a b.txt").write_bytes(b"file")
    run.upload_file("s", io.BytesIO(b"stream"))
    run.upload_folder("kept", tmp_path)
    assert channel.calls == [
        ("PUT", "step/artifacts/s", (b"stream", 6)),
        ("PUT", "step/artifacts/kept/deep/a%20b.txt", (b"file", 4)),
    ]


def test_a_run_knows_its_parent_and_fails_by_its_own_word(run: Any, channel: Channel) -> None:
    assert (run.parent.id, run.parent.parent) == ("parent", None)
    run.parent.fail("no good", error_code="Bad")
    run.complete()
    run.flush()
    assert channel.calls == [("PATCH", "parent", {"error": "Bad: no good"})]


def test_what_is_missing_raises_by_its_name(shim: ModuleType, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotImplementedError, match=r"Run\.log_image"):
        run.log_image("x")
    with pytest.raises(NotImplementedError, match=r"Experiment\.workspace"):
        _ = run.experiment.workspace
    monkeypatch.delenv("AZUREML_RUN_ID", raising=False)
    with pytest.raises(RuntimeError, match="no step of an Azure ML run"):
        shim.Run.get_context()
