"""Append Variable: one more element at the end of an Array variable."""

from emulators.datafactory.engine.control.set_variable import undefined
from emulators.datafactory.engine.control.single import Immediate
from emulators.datafactory.engine.errors import ActivityError


class AppendVariable(Immediate):
    def start(self) -> None:
        properties = self.step.definition.type_properties
        written = str(properties.get("variableName"))
        value = self.step.evaluate(properties.get("value"))
        self.step.begin({"variableName": written, "value": value})
        name = self.step.run.variable_name(written)
        if name is None:
            self.step.fail(undefined(written))
            return
        current = self.step.run.variables[name]
        if not isinstance(current, list | tuple):
            text = f"The variable '{name}' is not of type 'Array', so nothing can be appended to it."
            self.step.fail(ActivityError("InvalidTemplate", text))
            return
        self.step.run.variables[name] = [*current, value]
        self.step.succeed({"name": name, "value": value})
