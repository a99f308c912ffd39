"""If Condition: a Boolean chooses one of two branches. Nothing is converted to a Boolean."""

from emulators.datafactory.engine.control.branching import Branching
from emulators.datafactory.engine.control.container import wrong_type
from emulators.datafactory.engine.values import type_name


class IfCondition(Branching):
    def start(self) -> None:
        value = self.step.evaluate(self.step.definition.type_properties.get("expression"))
        self.step.begin({"expression": value})
        if not isinstance(value, bool):
            self.step.fail(wrong_type("if", self.step, type_name(value), "boolean"))
        else:
            self.run_branch("ifTrueActivities" if value else "ifFalseActivities")
