"""Execute Pipeline: starts another pipeline of the factory and, when asked to, waits for its end.

Where `waitOnCompletion` is missing the activity does not wait: that is what the API does; Studio always writes it.
The shape of the output beside `pipelineReturnValue` is assumed. In a recovery run the child is started in the same
mode: it recovers the run that was started before (documented).
"""

from typing import TYPE_CHECKING, Any

from emulators.datafactory.engine.control.single import Single
from emulators.datafactory.engine.errors import ActivityError, RunRefused
from emulators.datafactory.engine.records import InvokedBy, PipelineRun

if TYPE_CHECKING:
    from emulators.datafactory.engine.step import Step


class ExecutePipeline(Single):
    def __init__(self, step: "Step") -> None:
        super().__init__(step)
        self._child: str | None = None
        self._cancelled = False

    def start(self) -> None:
        properties = self.step.definition.type_properties
        name = str((properties.get("pipeline") or {}).get("referenceName"))
        parameters = self.step.evaluate(properties.get("parameters") or {})
        waits = str(self.step.evaluate(properties.get("waitOnCompletion", False))).lower() == "true"
        identifier = self.step.begin(
            {"pipeline": properties.get("pipeline"), "parameters": parameters, "waitOnCompletion": waits}
        )
        if name.lower() in self.step.run.ancestors:
            self._fail(f"Pipeline '{name}' executes itself, directly or through others; Data Factory has no recursion.")
            return
        try:
            child = self._invoke(name, parameters, identifier, waits)
        except RunRefused as refusal:
            self._fail(refusal.message)
            return
        self._child = child.run_id
        if not waits:
            self.step.succeed(_output(child))

    def stop(self) -> None:
        """Cancel the child too when the cancellation is recursive; else leave it alone and end."""
        if self._child is not None and self.step.run.host.cancels_children:
            self._cancelled = True
            self.step.run.host.cancel_child(self._child)
        else:
            self.step.cancel()

    def _invoke(self, name: str, parameters: dict[str, Any], identifier: str, waits: bool) -> PipelineRun:
        run = self.step.run
        invoked_by = InvokedBy(
            id=identifier,
            name=self.step.definition.name,
            invoked_by_type="PipelineActivity",
            pipeline_name=run.record.pipeline_name,
            pipeline_run_id=run.record.run_id,
        )
        recovery = self.step.frame.recovery
        return run.host.start_child(
            run,
            name,
            parameters,
            invoked_by,
            self._child_ended if waits else None,
            recovery.child(self.step.definition) if recovery is not None else None,
        )

    def _child_ended(self, child: PipelineRun) -> None:
        if self.step.status != "InProgress":
            return
        if child.status == "Succeeded":
            self.step.succeed(_output(child))
        elif child.status == "Cancelled" and self._cancelled:
            self.step.cancel()
        elif child.status == "Cancelled":
            self._fail(f"The pipeline run '{child.run_id}' of '{child.pipeline_name}' was cancelled.", child)
        else:
            self._fail(child.message, child)

    def _fail(self, message: str, child: PipelineRun | None = None) -> None:
        self.step.fail(ActivityError("BadRequest", message), _output(child) if child else None)


def _output(child: PipelineRun) -> dict[str, Any]:
    output: dict[str, Any] = {"pipelineName": child.pipeline_name, "pipelineRunId": child.run_id}
    if child.return_value is not None:
        output["pipelineReturnValue"] = child.return_value
    return output
