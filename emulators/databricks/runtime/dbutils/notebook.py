"""`dbutils.notebook`: leaving this notebook with a value, running another one, and asking where it runs."""

from dataclasses import dataclass
from typing import Any, Never

from emulators.databricks.runtime.dbutils.entry_point import EntryPoint
from emulators.databricks.runtime.notebook_source import resolve_path
from emulators.databricks.runtime.workspace_client import WorkspaceClient

_FAILURES = {
    "FAILED": "FAILED: Workload failed, see run output for details",
    "TIMEDOUT": "TIMEDOUT",
    "CANCELED": "CANCELED",
}


class NotebookExit(BaseException):
    """Leaves the notebook. Not an Exception, so ordinary handlers let it through."""


class WorkflowException(Exception):
    """A notebook called by `dbutils.notebook.run` did not succeed."""

    def __init__(self, outcome: str) -> None:
        super().__init__(f"com.databricks.WorkflowException: com.databricks.NotebookExecutionException: {outcome}")


@dataclass
class ExitRequest:
    """That the notebook asked to end, remembered apart from the exception.

    A bare `except` may swallow that one but not this.
    """

    requested: bool = False
    value: str | None = None


class Notebooks:
    """The utility of one run. `current_path` follows `%run` so that relative paths mean what they say there."""

    def __init__(self, workspace: WorkspaceClient, path: str, cluster_id: str, entry_point: EntryPoint) -> None:
        self._workspace = workspace
        self._cluster_id = cluster_id
        self.current_path = path
        self.entry_point = entry_point
        self._exit = ExitRequest()

    @property
    def exit_request(self) -> ExitRequest:
        return self._exit

    def exit(self, value: Any = None) -> Never:
        """End the whole run, successfully, with a value (made a string).

        In an included notebook too: `%run` is one program (assumed).
        """
        self._exit.requested = True
        self._exit.value = None if value is None else str(value)
        raise NotebookExit(self._exit.value)

    def run(self, path: str, timeout_seconds: int = 0, arguments: dict[str, str] | None = None) -> str | None:
        """Run another notebook as a run of its own and return its exit value.

        Raises WorkflowException when it does not succeed.
        """
        arguments = arguments or {}
        for name, value in arguments.items():
            if not isinstance(name, str) or not isinstance(value, str):
                raise TypeError(
                    f"dbutils.notebook.run: argument {name!r} must be a string, not {type(value).__name__}."
                )
        target = resolve_path(self.current_path, path)
        run_id = self._workspace.submit_notebook(target, arguments, int(timeout_seconds), self._cluster_id)
        try:
            run = self._workspace.wait_for_run(run_id)
        except BaseException:  # we are being interrupted: the child must not run on alone
            self._workspace.cancel_run(run_id)
            raise
        outcome = run["state"].get("result_state", "FAILED")
        if outcome != "SUCCESS":
            raise WorkflowException(_FAILURES.get(outcome, outcome))
        output = self._workspace.run_output(run["tasks"][0]["run_id"])
        result: str | None = output.get("notebook_output", {}).get("result")
        return result

    def getContext(self) -> Any:  # noqa: N802
        return self.entry_point.getDbutils().notebook().getContext()
