"""The filter by which runs are found."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from emulators.azureml.definitions import Endpoint, Pipeline
from emulators.azureml.errors import UnsupportedFilter
from emulators.azureml.filters import parse
from emulators.azureml.runs import PipelineRun, Request

PIPELINE = Pipeline("p", "1", {}, None, [])
RUN = PipelineRun.new(
    1,
    Request("e", {}, tags={"kind": "it's"}, parent_run_id="parent"),
    Endpoint("e", "n", "1", [PIPELINE], Path()),
    PIPELINE,
    datetime(2030, 1, 1, tzinfo=UTC),
)
RUN.properties["caller_run_id"] = "7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("properties/caller_run_id eq '7'", True),
        ("properties/caller_run_id eq '8'", False),
        ("tags/kind eq 'it''s'", True),
        ("tags/none eq 'x'", False),
        ("status eq 'NotStarted'", True),
        ("ParentRunId EQ 'parent' AND status eq 'NotStarted'", True),
        ("status eq 'NotStarted' and properties/caller_run_id eq '8'", False),
        ("tags/kind eq ' and '", False),
    ],
)
def test_a_filter_tells_which_runs_match(text: str, expected: bool) -> None:
    assert parse(text)(RUN) is expected


def test_a_run_is_found_by_its_id() -> None:
    assert parse(f"runId eq '{RUN.id}'")(RUN)


@pytest.mark.parametrize(
    "text", ["x", "status", "status ne 'x'", "status eq x", "status eq 'x' or status eq 'y'", "status eq 'x' and"]
)
def test_a_filter_that_is_not_understood_is_refused(text: str) -> None:
    with pytest.raises(UnsupportedFilter):
        parse(text)
