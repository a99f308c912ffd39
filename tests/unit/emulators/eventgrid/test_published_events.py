"""The schema of published events."""

import json
from typing import Any

import pytest

from emulators.eventgrid.errors import BadRequest
from emulators.eventgrid.events import read_events

GOOD = {"id": "1", "subject": "/s", "eventType": "A.B", "eventTime": "2026-01-02T03:04:05.1234567Z", "data": {}}


def _read(*events: Any) -> list[dict[str, Any]]:
    return read_events(json.dumps(events).encode(), "/Topic")


def test_topic_and_versions_are_filled_in() -> None:
    assert _read(GOOD) == [{**GOOD, "topic": "/Topic", "dataVersion": "", "metadataVersion": "1"}]
    assert _read({**GOOD, "topic": "/topic", "dataVersion": "2", "metadataVersion": "1"})[0]["dataVersion"] == "2"


def test_no_events_are_fine() -> None:
    assert _read() == []


@pytest.mark.parametrize("time", ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.1+02:00", "2026-01-02T03:04:05"])
def test_times(time: str) -> None:
    assert _read({**GOOD, "eventTime": time})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"id": None}, "'id'"),
        ({"subject": ""}, "'subject'"),
        ({"eventType": 5}, "'eventType'"),
        ({"eventTime": "yesterday"}, "'eventTime'"),
        ({"eventTime": "2026-13-02T03:04:05Z"}, "'eventTime'"),
        ({"topic": "/other"}, "'topic'"),
        ({"metadataVersion": "2"}, "'metadataVersion'"),
    ],
)
def test_the_event_and_the_property_are_named(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadRequest, match=f"Event 1.*{said}"):
        _read(GOOD, {**GOOD, **change})


@pytest.mark.parametrize(("body", "said"), [(b"{", "JSON"), (b"{}", "array"), (b"[1]", "object"), (b"\xff", "JSON")])
def test_bodies_that_are_no_events(body: bytes, said: str) -> None:
    with pytest.raises(BadRequest, match=said):
        read_events(body, "/t")


@pytest.mark.parametrize("data", ["NaN", "1e999", '"\\ud800"'], ids=["no number", "infinite", "half a character"])
def test_what_no_delivery_could_repeat_is_refused(data: str) -> None:
    event = '{"id": "1", "subject": "s", "eventType": "t", "eventTime": "2030-01-01T00:00:00Z", "data": %s}'
    with pytest.raises(BadRequest, match="holds what JSON cannot"):
        read_events(f"[{event % data}]".encode(), "/t")
