"""Custom event triggers: the filter, and what expressions see."""

from datetime import UTC, datetime
from typing import Any

import pytest

from emulators.datafactory.triggers import InvalidTrigger, TriggeredPipeline, check_trigger, evaluated_parameters
from emulators.datafactory.triggers.custom_events import firing, subscription_filter, wants

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EVENT = {"id": "7", "eventType": "copyCompleted", "subject": "a", "data": {"fileName": "x.csv"}}


def _trigger(**type_properties: Any) -> dict[str, Any]:
    return {
        "type": "CustomEventsTrigger",
        "typeProperties": {"scope": "/the/topic", "events": ["CopyCompleted"], **type_properties},
    }


def test_the_filter() -> None:
    assert subscription_filter(_trigger(subjectBeginsWith="a", subjectEndsWith="z")) == {
        "includedEventTypes": ["CopyCompleted"],
        "subjectBeginsWith": "a",
        "subjectEndsWith": "z",
        "isSubjectCaseSensitive": False,
        "advancedFilters": [],
    }


def test_event_types_match_whatever_their_case() -> None:
    assert wants(_trigger(), EVENT)
    assert not wants(_trigger(), {**EVENT, "eventType": "other"})


def test_expressions_see_the_event() -> None:
    pipeline = TriggeredPipeline(
        "p", {"file": "@triggerBody().event.data.fileName", "type": "@{triggerBody().event.eventType}!", "plain": 3}
    )
    assert evaluated_parameters(pipeline, firing(EVENT, NOW), NOW) == {
        "file": "x.csv",
        "type": "copyCompleted!",
        "plain": 3,
    }


@pytest.mark.parametrize("wrong", [{"scope": None}, {"events": []}, {"events": [1]}])
def test_what_cannot_be_a_trigger(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidTrigger):
        check_trigger(_trigger(**wrong))
