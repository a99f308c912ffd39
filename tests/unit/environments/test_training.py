"""The local training step: the pipeline that publishes it, and the script itself on a made-up file."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import joblib
import pytest

from dataprep.sample import write_sample
from emulators.azureml.definitions import read_definition
from release.source import FactorySource

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "environments/local/azureml"

RECORDER = """
import json, pathlib

class Run:
    @classmethod
    def get_context(cls):
        return cls()

    def log(self, name, value):
        with pathlib.Path("logged.jsonl").open("a") as file:
            file.write(json.dumps([name, value]) + "\\n")
"""


def test_the_factory_passes_what_the_pipeline_declares() -> None:
    """Contract C4."""
    pipelines = FactorySource.load(ROOT / "adf").of_kind("pipelines")
    activities = pipelines[0].properties["activities"][1]["typeProperties"]["cases"][0]["activities"]
    given = next(found for found in activities if found["name"] == "TrainModel")["typeProperties"]
    declared = read_definition(FOLDER / "driver-training.toml").pipelines[0].parameters
    assert set(given["mlPipelineParameters"]) <= set(declared)
    assert given["mlPipelineEndpointId"]


def train(folder: Path, data: Path) -> subprocess.CompletedProcess[str]:
    """Run the script as a training step is run, with a stand-in for the SDK that writes down what is logged."""
    package = folder / "sdk/azureml/core"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text(RECORDER)
    names = {"--model-name": "m", "--dataset-version": "abc", "--caller-run-id": "run-1", "--data": str(data)}
    command = [sys.executable, str(FOLDER / "train.py"), *(part for pair in names.items() for part in pair)]
    environment = os.environ | {"PYTHONPATH": str(folder / "sdk")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_training_logs_its_quality_and_leaves_model_and_lineage(tmp_path: Path) -> None:
    data = tmp_path / "two words.csv"
    write_sample(data, 1_500, seed=2)
    trained = train(tmp_path, data)
    assert trained.returncode == 0, trained.stderr
    metrics = dict(json.loads(line) for line in (tmp_path / "logged.jsonl").read_text().splitlines())
    assert 0.55 < metrics["auc"] <= 1
    assert metrics["gini"] == pytest.approx(2 * metrics["auc"] - 1)
    assert (metrics["rows"], metrics["claims"]) == (1_500, 54)
    lineage = json.loads((tmp_path / "outputs/lineage.json").read_text())
    assert (lineage["dataset_version"], lineage["caller_run_id"]) == ("abc", "run-1")
    assert lineage["data_sha256"] == hashlib.sha256(data.read_bytes()).hexdigest()
    assert len(lineage["features"]) == 57
    assert joblib.load(tmp_path / "outputs/model.joblib").classes_.tolist() == [0, 1]


def test_a_file_without_claims_is_refused_in_words(tmp_path: Path) -> None:
    data = tmp_path / "drivers.csv"
    write_sample(data, 60)
    header, *lines = data.read_text().splitlines()
    data.write_text("\n".join([header, *(line for line in lines if line.split(",")[1] == "0")]))
    refused = train(tmp_path, data)
    assert refused.returncode == 1
    assert "drivers.csv holds 50 drivers, 0 of them with a claim: too few to learn from." in refused.stderr
