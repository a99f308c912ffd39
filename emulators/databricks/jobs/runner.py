"""What jobs need of the runtime: something that runs one notebook and can be told to stop it."""

from typing import Protocol

from emulators.databricks.runtime.runs import NotebookResult, NotebookRunSpec


class NotebookRunner(Protocol):
    """The runtime's door. `run` returns how the notebook ended and raises only when it could not be run at all."""

    async def run(self, spec: NotebookRunSpec) -> NotebookResult:
        """Run a notebook to its end."""
        ...

    async def cancel(self, run_id: int) -> None:
        """End a run; its `run` then returns CANCELED. An unknown or ended run is no error."""
        ...
