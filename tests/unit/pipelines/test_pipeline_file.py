"""The pipeline file is valid against the published schema and calls what exists."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
PIPELINE = ROOT / "azure-pipelines.yml"


def test_the_pipeline_file_fits_the_schema() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.azure-pipelines"]
    options = ["--data-transform", "azure-pipelines", "--regex-variant", "nonunicode", str(PIPELINE)]
    checked = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
