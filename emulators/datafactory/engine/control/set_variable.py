"""Set Variable: gives a variable of the run a value of its type, or gives the pipeline its return value."""

from collections.abc import Mapping
from typing import Any

from emulators.datafactory.engine.control.single import Immediate
from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.limits import oversize
from emulators.datafactory.engine.values import WrongType, check_variable

RETURN_VALUE = "pipelineReturnValue"


class SetVariable(Immediate):
    def start(self) -> None:
        properties = self.step.definition.type_properties
        name = str(properties.get("variableName"))
        if properties.get("setSystemVariable") is True or name == RETURN_VALUE:
            self._return(properties.get("value") or [])
        else:
            self._set(name, self.step.evaluate(properties.get("value")))

    def _set(self, written: str, value: Any) -> None:
        self.step.begin({"variableName": written, "value": value})
        run = self.step.run
        name = run.variable_name(written)
        if name is None:
            self.step.fail(undefined(written))
            return
        try:
            check_variable(name, str(run.pipeline.variables[name].get("type")), value)
        except WrongType as error:
            self.step.fail(ActivityError("InvalidTemplate", str(error)))
            return
        run.variables[name] = value
        self.step.succeed({"name": name, "value": value})

    def _return(self, written: Any) -> None:
        """Several of these add up by key; for one key the last one wins (assumed: only one per run is supported)."""
        values = {item["key"]: self._content(item.get("value")) for item in written}
        self.step.begin({"variableName": RETURN_VALUE, "value": values})
        returned = {**(self.step.run.record.return_value or {}), **values}
        error = oversize(returned)
        if error is not None:
            self.step.fail(error)
            return
        self.step.run.record.return_value = returned
        self.step.succeed({"name": RETURN_VALUE, "value": values})

    def _content(self, written: Any) -> Any:
        """One typed value `{"type", "content"}`; Array and Object nest further typed values (documented)."""
        if not isinstance(written, Mapping) or "type" not in written:
            return self.step.evaluate(written)
        kind, content = str(written["type"]).lower(), written.get("content")
        if kind == "null":
            return None
        if kind == "array" and isinstance(content, list):
            return [self._content(item) for item in content]
        if kind == "object" and isinstance(content, list):
            return {item["key"]: self._content(item.get("value")) for item in content}
        return self.step.evaluate(content)


def undefined(name: str) -> ActivityError:
    """The sentence of the workflow engine for a variable that the pipeline does not declare."""
    return ActivityError(
        "InvalidTemplate",
        f"Language expression cannot be evaluated: the template variable '{name}' cannot be found.",
    )
