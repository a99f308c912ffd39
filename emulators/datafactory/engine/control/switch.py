"""Switch: a text chooses the first case with exactly that value, else the default branch.

A whole number is compared by its digits. Case matters (assumed; the documentation only says "matches").
"""

from typing import Any

from emulators.datafactory.engine.control.branching import Branching
from emulators.datafactory.engine.control.container import wrong_type
from emulators.datafactory.engine.values import type_name


class Switch(Branching):
    def start(self) -> None:
        value = self.step.evaluate(self.step.definition.type_properties.get("on"))
        self.step.begin({"on": value})
        if isinstance(value, bool) or not isinstance(value, str | int):
            self.step.fail(wrong_type("switch", self.step, type_name(value), "string or integer"))
        else:
            self.run_branch(self._place_of(str(value)))

    def _place_of(self, value: str) -> str:
        cases: list[dict[str, Any]] = self.step.definition.type_properties.get("cases") or []
        matching = (index for index, case in enumerate(cases) if str(case.get("value")) == value)
        index = next(matching, None)
        return "defaultActivities" if index is None else f"cases[{index}].activities"
