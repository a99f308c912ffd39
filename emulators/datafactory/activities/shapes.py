"""What kind of JSON value some properties of activities must have, once evaluated: looked at before a handler runs.

Only what an expression could get wrong and a handler relies on; single values are each handler's own to judge.
"""

from collections.abc import Mapping

from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.values import type_name

WRONG_TYPE = "2104"
"""The documented code for a property of the wrong type; the sentence is assumed."""

OBJECT, ARRAY = "Object", "Array"

SHAPES: Mapping[str, Mapping[str, str]] = {
    "azurefunctionactivity": {"headers": OBJECT},
    "azuremlexecutepipeline": {"mlPipelineParameters": OBJECT, "dataPathAssignments": OBJECT},
    "databricksjob": {"jobParameters": OBJECT},
    "databricksnotebook": {"baseParameters": OBJECT, "libraries": ARRAY},
    "databrickssparkpython": {"parameters": ARRAY, "libraries": ARRAY},
    "script": {"scripts": ARRAY, "logSettings": OBJECT},
    "sqlserverstoredprocedure": {"storedProcedureParameters": OBJECT},
    "webactivity": {"headers": OBJECT, "authentication": OBJECT, "datasets": ARRAY, "linkedServices": ARRAY},
    "webhook": {"headers": OBJECT, "authentication": OBJECT},
}
"""Activity type in lower case → property → the kind of value it must have where it is given."""


def check_shapes(activity: Activity) -> None:
    """Raise ActivityFailed for the first property whose value is of the wrong kind; null counts as not given."""
    for name, wanted in SHAPES.get(activity.type.lower(), {}).items():
        value = activity.type_properties.get(name)
        if value is not None and type_name(value) != wanted:
            raise ActivityFailed(
                WRONG_TYPE,
                f"The property '{name}' of activity '{activity.name}' must be of type {wanted}, "
                f"not {type_name(value)}.",
            )
