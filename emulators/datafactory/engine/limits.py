"""How large and how deep an activity's output may be, whoever made it: a service, a stub, a pipeline itself."""

import json
from typing import Any

from emulators.datafactory.engine.errors import ActivityError
from emulators.datafactory.engine.values import MAX_DEPTH, too_deep

MAX_OUTPUT = 4 * 1024 * 1024
"""Bytes of an output as JSON (documented for outputs and for return values)."""


TOO_DEEP = ActivityError("2001", f"The execution output is nested deeper than {MAX_DEPTH} levels.")


def oversize(output: Any) -> ActivityError | None:
    """The error of an activity whose output is too large, None where it is not (code and sentence seen in reports).

    One that is nested too deeply is refused in the same way; how Azure does that is not documented.
    """
    if too_deep(output):
        return TOO_DEEP
    size = len(json.dumps(output, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
    if size <= MAX_OUTPUT:
        return None
    return ActivityError("2001", f"The length of execution output is over limit (around 4MB currently): {size} bytes.")
