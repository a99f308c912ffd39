"""What passes between the runner and a notebook's process."""

from pathlib import Path

from emulators.databricks.runtime.process_order import ProcessOrder, ProcessReport
from emulators.databricks.runtime.runner import run_environment
from emulators.databricks.runtime.runs import NotebookRunSpec, PythonRunSpec, RunContext

CONTEXT = RunContext("http://127.0.0.1:1", "token", "1", "c", task_values={"t": {"k": [1]}})


def test_an_order_survives_the_way() -> None:
    for spec in (
        NotebookRunSpec(1, "/n", {"ä": "1"}, None, "g", CONTEXT),
        PythonRunSpec(1, "dbfs:/x.py", ["ä", ""], 5, "g", CONTEXT),
    ):
        order = ProcessOrder(spec, 2, "secret", "/run", "/dbfs", None, None)
        assert ProcessOrder.from_json(order.to_json()) == order


def test_a_report_survives_the_way_and_none_is_none(tmp_path: Path) -> None:
    assert ProcessReport.read(tmp_path) is None
    report = ProcessReport(False, None, "E: x", "trace", 5, {"k": {"v": 1}})
    report.write(tmp_path)
    assert ProcessReport.read(tmp_path) == report
    assert [path.name for path in tmp_path.iterdir()] == ["report.json"]


def test_a_notebook_does_not_see_the_laptops_variables() -> None:
    seen = run_environment({"PATH": "/bin", "AZURE_CLIENT_SECRET": "x", "PYTHONPATH": "/mine"}, CONTEXT)
    assert seen["PATH"] == "/bin"
    assert seen["DATABRICKS_HOST"] == CONTEXT.host
    assert not {"AZURE_CLIENT_SECRET", "PYTHONPATH"} & seen.keys()
