"""Functions that look at the run: `pipeline()`, `activity('A')`, `variables('v')`, `item()` and their like. All of it
comes from the scope.
"""

from collections.abc import Mapping
from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError, nearest
from emulators.datafactory.expressions.functions.signature import STRING, Family, Parameter
from emulators.datafactory.expressions.scope import UNSET, Scope
from emulators.datafactory.expressions.selection import find_name

family = Family("reference")

_NOTHING = "must not have any parameters."
_ONE = "must have only one parameter."
_INVALID = "The provided parameters for template language function '{name}' are not valid."
_NAME = Parameter(STRING)


def _unexpected(name: str) -> ExpressionError:
    return ExpressionError(f"The template function '{name}' is not expected at this location.")


def _object(value: Mapping[str, Any]) -> dict[str, Any]:
    return value if type(value) is dict else dict(value)


def _given(name: str, value: Mapping[str, Any] | None) -> dict[str, Any]:
    if value is None:
        raise _unexpected(name)
    return _object(value)


@family("pipeline", _NOTHING, scoped=True)
def pipeline(scope: Scope) -> dict[str, Any]:
    """The run: `RunId`, `TriggerTime`, …, `parameters`, `globalParameters`."""
    return _given("pipeline", scope.pipeline)


@family("dataset", _NOTHING, scoped=True)
def dataset(scope: Scope) -> dict[str, Any]:
    """The parameters of the dataset whose JSON this is."""
    return _given("dataset", scope.dataset)


@family("linkedService", _NOTHING, scoped=True)
def linked_service(scope: Scope) -> dict[str, Any]:
    """The parameters of the linked service whose JSON this is."""
    return _given("linkedService", scope.linked_service)


@family("globalParameters", _NOTHING, scoped=True)
def global_parameters(scope: Scope) -> dict[str, Any]:
    """The factory's global parameters; the older form of `pipeline().globalParameters`."""
    name = None if scope.pipeline is None else find_name(scope.pipeline, "globalParameters")
    if scope.pipeline is None or name is None:
        raise _unexpected("globalParameters")
    return _object(scope.pipeline[name])


@family("trigger", _NOTHING, scoped=True)
def trigger(scope: Scope) -> dict[str, Any]:
    """The trigger run, in the parameter mapping of a trigger."""
    return _given("trigger", scope.trigger)


@family("triggerBody", _NOTHING, scoped=True)
def trigger_body(scope: Scope) -> Any:
    """What the trigger was told, in the parameter mapping of a trigger."""
    if scope.trigger_body is UNSET:
        raise _unexpected("triggerBody")
    return scope.trigger_body


@family("item", _NOTHING, scoped=True)
def item(scope: Scope) -> Any:
    """The element of the innermost loop."""
    if scope.item is UNSET:
        raise _unexpected("item")
    return scope.item


@family("activity", _ONE, _NAME, minimum=0, scoped=True, invalid_type=_INVALID)
def activity(scope: Scope, name: str | None = None) -> dict[str, Any]:
    """What became of an activity upstream: `output`, `error`, `Status`; its name ignores case (observed)."""
    if name is None:  # without a name it would mean the activity that it stands in, which nobody may ask for (observed)
        raise _unexpected("activity")
    found = find_name(scope.activities, name)
    if found is None:
        raise ExpressionError(
            f"Template language expression cannot be evaluated: the template action '{name}' is not defined at"
            " current scope.",
            suggestion=nearest(name, scope.activities),
        )
    return _object(scope.activities[found])


@family("variables", _ONE, _NAME, scoped=True, invalid_type=_INVALID)
def variables(scope: Scope, name: str) -> Any:
    """The current value of a variable; its name ignores case (observed)."""
    found = find_name(scope.variables, name)
    if found is None:
        raise ExpressionError(
            f"Template language expression cannot be evaluated: the template variable '{name}' cannot be found.",
            suggestion=nearest(name, scope.variables),
        )
    return scope.variables[found]
