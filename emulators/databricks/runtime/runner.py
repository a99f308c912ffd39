"""Runs notebooks: one Python process per run, attached to the warm Spark driver, watched until it ends.

This is the door of the runtime. The workspace's REST side builds one `NotebookRunner` and calls `run` for every notebook task; several
runs may be under way at once.
"""

from emulators.databricks.runtime.runs import NotebookResult, NotebookRunSpec, Outcome, RunContext
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark import SparkDriver

__all__ = ["NotebookResult", "NotebookRunSpec", "NotebookRunner", "Outcome", "RunContext"]


class NotebookRunner:
    """Starts, watches and ends notebook processes on one Spark driver."""

    def __init__(self, driver: SparkDriver, settings: RuntimeSettings) -> None:
        self._driver = driver
        self._settings = settings

    async def run(self, spec: NotebookRunSpec) -> NotebookResult:
        """Run a notebook to its end and say how it ended; never raises for what the notebook did."""
        raise NotImplementedError

    async def cancel(self, run_id: int) -> None:
        """End a run: its Spark jobs, then its processes; its `run` returns CANCELED. An unknown or ended run is no error."""
        raise NotImplementedError
