"""How large an activity's output may be, whoever made it: a service, a stub, a pipeline's return value."""

import json
from typing import Any

from emulators.datafactory.engine.errors import ActivityError

MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes of an output as JSON (documented for outputs and for return values)."""


def oversize(output: Any) -> ActivityError | None:
    """The error of an activity whose output is too large, None where it is not (code and sentence seen in reports)."""
    size = len(json.dumps(output, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
    if size <= MAX_OUTPUT:
        return None
    return ActivityError("2001", f"The length of execution output is over limit (around 4MB currently): {size} bytes.")
