"""The control activities, whose meaning is the engine's own: one module per type, one table of them.

They are pure like the rest of the engine; everything that is not in this table runs outside, as an execution
activity under a policy.
"""

from collections.abc import Callable, Mapping

from emulators.datafactory.engine.control.append_variable import AppendVariable
from emulators.datafactory.engine.control.execute_pipeline import ExecutePipeline
from emulators.datafactory.engine.control.fail import Fail
from emulators.datafactory.engine.control.filter import Filter
from emulators.datafactory.engine.control.for_each import ForEach
from emulators.datafactory.engine.control.if_condition import IfCondition
from emulators.datafactory.engine.control.set_variable import SetVariable
from emulators.datafactory.engine.control.switch import Switch
from emulators.datafactory.engine.control.until import Until
from emulators.datafactory.engine.control.wait import Wait
from emulators.datafactory.engine.step import Control, Step

CONTROLS: Mapping[str, Callable[[Step], Control]] = {
    "appendvariable": AppendVariable,
    "executepipeline": ExecutePipeline,
    "fail": Fail,
    "filter": Filter,
    "foreach": ForEach,
    "ifcondition": IfCondition,
    "setvariable": SetVariable,
    "switch": Switch,
    "until": Until,
    "wait": Wait,
}
"""Type name in lower case → behaviour."""

__all__ = ["CONTROLS"]
