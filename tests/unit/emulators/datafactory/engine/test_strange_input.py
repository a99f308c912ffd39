"""Whatever stands in an activity's properties: the pipeline is refused or its run ends, and nothing else breaks."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulators.datafactory.engine.control import CONTROLS
from emulators.datafactory.engine.errors import RunRefused

TEXTS = ["", "x", "@item()", "@variables('v')", "@pipeline().RunId", "@createArray(1, 2)", "@json('{}')", "@div(1, 0)"]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 200) | st.floats(allow_nan=False) | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["key", "value", "type", "n"]), inner),
    max_leaves=6,
)
PROPERTIES = [
    "activities", "batchCount", "cases", "condition", "defaultActivities", "errorCode", "expression",
    "ifTrueActivities", "isSequential", "items", "message", "on", "parameters", "pipeline", "setSystemVariable",
    "timeout", "value",
    "variableName", "waitOnCompletion", "waitTimeInSeconds",
]  # fmt: skip
PARTS = ["dependsOn", "inputs", "linkedServiceName", "outputs", "policy", "state", "typeProperties", "userProperties"]


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from([*CONTROLS, "WebActivity"]), properties=st.dictionaries(st.sampled_from(PROPERTIES), JSON))
def test_strange_type_properties(new_rig: Any, kind: str, properties: Any) -> None:
    _ends(new_rig(), {"name": "A", "type": kind, "typeProperties": properties})


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(kind=st.sampled_from(["wait", "WebActivity"]), parts=st.dictionaries(st.sampled_from(PARTS), JSON))
def test_strange_parts(new_rig: Any, kind: str, parts: Any) -> None:
    _ends(new_rig(), {"name": "A", "type": kind, "typeProperties": {"waitTimeInSeconds": 1}} | parts)


@pytest.mark.parametrize("value", [5, "x", [1], [{"value": {"type": "Array", "content": 1}}], {"key": 1}])
def test_strange_return_values_fail_the_activity(rig: Any, activity: Any, value: Any) -> None:
    run = rig.run(
        [activity("R", "SetVariable", variableName="pipelineReturnValue", setSystemVariable=True, value=value)]
    )
    assert run.status == "Failed"
    assert rig.of("R")[0].error["errorCode"] == "2104"


def _ends(rig: Any, written: Any) -> None:
    rig.quiet = True
    pipelines = {"p": {"activities": [written], "variables": {"v": {"type": "String"}}}}
    try:
        run = rig.run(pipelines)
    except RunRefused:
        return
    assert run.is_final
    assert all(record.is_final for record in rig.records)
