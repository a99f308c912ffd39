"""Filter: keeps the items for which the condition holds, in their order."""

from emulators.datafactory.engine.control.container import wrong_type
from emulators.datafactory.engine.control.single import Immediate
from emulators.datafactory.engine.values import type_name


class Filter(Immediate):
    def start(self) -> None:
        properties = self.step.definition.type_properties
        items = self.step.evaluate(properties.get("items"))
        self.step.begin({"items": items, "condition": properties.get("condition")})
        if not isinstance(items, list | tuple):
            self.step.fail(wrong_type("filter", self.step, type_name(items), "array"))
            return
        kept = []
        for item in items:
            holds = self.step.evaluate(properties.get("condition"), item=item)
            if not isinstance(holds, bool):
                self.step.fail(wrong_type("where", self.step, type_name(holds), "boolean"))
                return
            if holds:
                kept.append(item)
        self.step.succeed({"ItemsCount": len(items), "FilteredItemsCount": len(kept), "Value": kept})
