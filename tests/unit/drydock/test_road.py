"""How the road tells what it sees: few words, counts as people read them."""

from typing import Any

import pytest
from azure.mgmt.datafactory.models import ActivityRun

from drydock.road import _remarks, _size, metrics_text
from steps.training import TrainingRun

COUNTS = {"rows_in": 20_000, "rows_training": 15_998, "rows_testing": 4_000, "rows_rejected": 2}


def activity(kind: str = "DatabricksNotebook", **members: Any) -> ActivityRun:
    document = {"activityName": "A", "activityType": kind, "status": "Succeeded", **members}
    return ActivityRun(document)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (
            activity(output={"runOutput": {"status": "accepted", **COUNTS}}),
            ["accepted: 20,000 records = 15,998 training + 4,000 testing + 2 rejected"],
        ),
        (
            activity(output={"runOutput": COUNTS}),
            ["checked: 20,000 records = 15,998 training + 4,000 testing + 2 rejected"],
        ),
        (activity(output={"runOutput": {"status": "rejected", "rows_training": 0}}), ["rejected"]),
        (activity(output={"runOutput": {"status": "duplicate", "duplicate_of": "r1"}}), ["duplicate of run r1"]),
        (activity(status="Failed", error={"message": "It [red]broke."}), ["It \\[red]broke."]),
        (activity("Switch", status="Failed", error={"message": "an inner activity failed"}), []),
        (activity(output=None), []),
    ],
)
def test_what_is_said_of_an_activity(seen: ActivityRun, expected: list[str]) -> None:
    assert list(_remarks(seen)) == expected


def test_metrics_are_shown_as_what_they_are() -> None:
    run = TrainingRun("1", "Finished", {}, {}, {"auc": 0.83911, "rows": 16_000})
    assert metrics_text(run) == "auc 0.8391, rows 16,000"


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (3_700_000, "3.7 MB"), (10**10, "10.0 GB")]
)
def test_sizes(size: int, text: str) -> None:
    assert _size(size) == text
