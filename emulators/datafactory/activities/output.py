"""The common end of an execution activity's output: where it ran and what it would have cost."""

import math
from typing import Any


def with_tail(output: dict[str, Any], integration_runtime: str, seconds: float) -> dict[str, Any]:
    """Add the fields that outputs of external activities share (seen in public course material).

    `seconds` is the execution duration; billing counts begun minutes, in hours.
    """
    minutes = max(1, math.ceil(seconds / 60))
    return {
        **output,
        "effectiveIntegrationRuntime": integration_runtime,
        "executionDuration": int(seconds),
        "durationInQueue": {"integrationRuntimeQueue": 0},
        "billingReference": {
            "activityType": "ExternalActivity",
            "billableDuration": [
                {"meterType": "AzureIR", "duration": round(minutes / 60, 16), "unit": "Hours"},
            ],
        },
    }
