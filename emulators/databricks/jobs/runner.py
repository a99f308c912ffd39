"""What jobs need of the runtime: something that runs one notebook or Python file and can be told to stop it."""

from typing import Protocol

from emulators.databricks.runtime.runs import RunResult, RunSpec


class TaskRunner(Protocol):
    """The runtime's door. `run` returns how the code ended and raises only when it could not be run at all."""

    async def run(self, spec: RunSpec) -> RunResult:
        """Run to the end."""
        ...

    async def cancel(self, run_id: int) -> None:
        """End a run; its `run` then returns CANCELED. An unknown or ended run is no error."""
        ...
