"""The `$filter` of run history: comparisons joined by `and`, the part of OData that finding a run takes."""

import re
from collections.abc import Callable

from emulators.azureml.documents import HISTORY_STATUS
from emulators.azureml.errors import UnsupportedFilter
from emulators.azureml.runs import PipelineRun

Matches = Callable[[PipelineRun], bool]

_COMPARISON = re.compile(
    r"(?P<field>status|runid|parentrunid|(?P<group>tags|properties)/(?P<name>[^\s=]+))\s+eq\s+'(?P<value>(?:[^']|'')*)'",
    re.IGNORECASE,
)
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)


def parse(text: str) -> Matches:
    """A predicate for runs. `''` in a value is one quote. Raises UnsupportedFilter for anything not understood."""
    tests: list[Matches] = []
    position = 0
    stripped = text.strip()
    while position < len(stripped):
        if tests:
            joint = _AND.match(stripped, position)
            if joint is None:
                raise UnsupportedFilter(text)
            position = joint.end()
        comparison = _COMPARISON.match(stripped, position)
        if comparison is None:
            raise UnsupportedFilter(text)
        tests.append(_test(comparison))
        position = comparison.end()
    return lambda run: all(test(run) for test in tests)


def _test(comparison: re.Match[str]) -> Matches:
    value = comparison["value"].replace("''", "'")
    name = comparison["name"]
    if name is not None:
        in_tags = comparison["group"].lower() == "tags"
        return lambda run: (run.tags if in_tags else run.properties).get(name) == value
    field = comparison["field"].lower()
    if field == "status":
        return lambda run: HISTORY_STATUS[run.progress.status] == value
    if field == "runid":
        return lambda run: run.id == value.lower()
    return lambda run: run.request.parent_run_id == value
