"""Which events a subscription wants."""

from typing import Any

import pytest

from emulators.eventgrid.errors import InvalidRequest
from emulators.eventgrid.filters import OPERATORS, check_filter, matches

EVENT: dict[str, Any] = {
    "id": "1",
    "topic": "/t",
    "subject": "/blobServices/default/containers/Input/blobs/Dir/File.CSV",
    "eventType": "Microsoft.Storage.BlobCreated",
    "dataVersion": "",
    "data": {
        "api": "PutBlob",
        "contentLength": 10,
        "ratio": 0.5,
        "hot": True,
        "nothing": None,
        "deep": {"er": "value"},
        "tags": ["Red", "green"],
        "numbers": [1, 20],
        "text": "10",
    },
}


def _advanced(operator: str, key: str, value: Any = None, *, arrays: bool = False) -> bool:
    one = {"operatorType": operator, "key": key}
    if value is not None:
        one["values" if isinstance(value, list) else "value"] = value
    rule = {"advancedFilters": [one], "enableAdvancedFilteringOnArrays": arrays}
    check_filter(rule)
    return matches(EVENT, rule, None)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, True),
        ({"subjectBeginsWith": "/blobServices/default/containers/input/blobs/dir"}, True),
        ({"subjectBeginsWith": "/blobservices/default/containers/other"}, False),
        ({"subjectEndsWith": ".csv"}, True),
        ({"subjectEndsWith": ".parquet"}, False),
        ({"subjectEndsWith": ".csv", "isSubjectCaseSensitive": True}, False),
        ({"subjectEndsWith": ".CSV", "isSubjectCaseSensitive": True}, True),
        ({"subjectBeginsWith": "", "subjectEndsWith": None}, True),
        ({"includedEventTypes": ["microsoft.storage.blobcreated"]}, True),
        ({"includedEventTypes": ["Microsoft.Storage.BlobDeleted"]}, False),
        ({"includedEventTypes": ["All"]}, True),
    ],
)
def test_types_and_subjects(rule: dict[str, Any], expected: bool) -> None:
    check_filter(rule)
    assert matches(EVENT, rule, None) is expected


def test_a_filter_without_types_takes_the_topics_own() -> None:
    assert matches(EVENT, {}, ["Microsoft.Storage.BlobCreated"])
    assert not matches(EVENT, {}, ["Microsoft.Storage.BlobDeleted"])


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("NumberIn", "data.contentLength", [1, 10], True),
        ("NumberIn", "data.contentLength", [1], False),
        ("NumberIn", "data.text", [10], False),
        ("NumberNotIn", "data.contentLength", [1], True),
        ("NumberNotIn", "data.contentLength", [10.0], False),
        ("NumberLessThan", "data.contentLength", 11, True),
        ("NumberLessThan", "data.contentLength", 10, False),
        ("NumberLessThanOrEquals", "data.contentLength", 10, True),
        ("NumberGreaterThan", "data.contentLength", 0, True),
        ("NumberGreaterThan", "data.contentLength", 10, False),
        ("NumberGreaterThan", "data.hot", 0, False),
        ("NumberGreaterThanOrEquals", "data.ratio", 0.5, True),
        ("NumberInRange", "data.contentLength", [[0, 5], [10, 12]], True),
        ("NumberInRange", "data.contentLength", [[0, 9.9]], False),
        ("NumberNotInRange", "data.contentLength", [[0, 5]], True),
        ("NumberNotInRange", "data.contentLength", [[0, 10]], False),
        ("BoolEquals", "data.hot", True, True),
        ("BoolEquals", "data.hot", False, False),
        ("BoolEquals", "data.contentLength", True, False),
        ("StringIn", "data.api", ["putblob", "x"], True),
        ("StringIn", "eventType", ["x"], False),
        ("StringNotIn", "data.api", ["PutBlockList"], True),
        ("StringNotIn", "data.api", ["PUTBLOB"], False),
        ("StringBeginsWith", "data.api", ["x", "put"], True),
        ("StringBeginsWith", "data.api", ["blob"], False),
        ("StringNotBeginsWith", "data.api", ["blob"], True),
        ("StringNotBeginsWith", "data.api", ["blob", "put"], False),
        ("StringEndsWith", "subject", [".csv"], True),
        ("StringNotEndsWith", "subject", [".csv"], False),
        ("StringContains", "subject", ["/dir/"], True),
        ("StringContains", "data.contentLength", ["1"], False),
        ("StringNotContains", "subject", ["/dir/"], False),
        ("IsNullOrUndefined", "data.nothing", None, True),
        ("IsNullOrUndefined", "data.api", None, False),
        ("IsNotNull", "data.api", None, True),
        ("IsNotNull", "data.nothing", None, False),
        ("stringin", "Data.Deep.ER", ["value"], True),
        ("StringIn", "data.deep.er.est", ["value"], False),
    ],
)
def test_every_operator(operator: str, key: str, value: Any, expected: bool) -> None:
    assert _advanced(operator, key, value) is expected


@pytest.mark.parametrize(
    ("operator", "value", "expected"),
    [
        ("NumberIn", [1], False),
        ("NumberNotIn", [1], True),
        ("NumberGreaterThan", 0, False),
        ("NumberInRange", [[0, 1]], False),
        ("NumberNotInRange", [[0, 1]], True),
        ("BoolEquals", False, False),
        ("StringIn", ["a"], False),
        ("StringNotIn", ["a"], True),
        ("StringContains", ["a"], False),
        ("StringNotContains", ["a"], True),
        ("StringNotBeginsWith", ["a"], True),
        ("StringNotEndsWith", ["a"], True),
        ("IsNullOrUndefined", None, True),
        ("IsNotNull", None, False),
    ],
)
def test_a_missing_key_fulfils_the_negative_operators_only(operator: str, value: Any, expected: bool) -> None:
    assert _advanced(operator, "data.missing", value) is expected


@pytest.mark.parametrize(
    ("operator", "key", "value", "expected"),
    [
        ("StringIn", "data.tags", ["red"], True),
        ("StringIn", "data.tags", ["blue"], False),
        ("StringNotIn", "data.tags", ["red"], False),
        ("StringNotIn", "data.tags", ["blue"], True),
        ("NumberGreaterThan", "data.numbers", 10, True),
        ("NumberLessThan", "data.numbers", 1, False),
    ],
)
def test_arrays_are_looked_into_when_asked(operator: str, key: str, value: Any, expected: bool) -> None:
    assert _advanced(operator, key, value, arrays=True) is expected
    assert _advanced(operator, key, value, arrays=False) is False


def test_all_advanced_filters_must_hold() -> None:
    holds = {"operatorType": "StringIn", "key": "data.api", "values": ["PutBlob"]}
    fails = {"operatorType": "NumberGreaterThan", "key": "data.contentLength", "value": 10}
    assert matches(EVENT, {"advancedFilters": [holds, holds]}, None)
    assert not matches(EVENT, {"advancedFilters": [holds, fails]}, None)


def test_there_are_nineteen_operators() -> None:
    assert len(OPERATORS) == 19


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"subjectBeginsWith": 5}, "subjectBeginsWith"),
        ({"includedEventTypes": "BlobCreated"}, "includedEventTypes"),
        ({"includedEventTypes": []}, "includedEventTypes"),
        ({"advancedFilters": {"a": 1}}, "advancedFilters"),
        ({"advancedFilters": ["x"]}, r"advancedFilters\[0\]"),
        ({"advancedFilters": [{"operatorType": "Matches", "key": "subject"}]}, "'Matches'"),
        ({"advancedFilters": [{"operatorType": "StringIn", "values": ["a"]}]}, "key"),
        ({"advancedFilters": [{"operatorType": "StringIn", "key": "body", "values": ["a"]}]}, "'body'"),
        ({"advancedFilters": [{"operatorType": "StringIn", "key": "subject"}]}, "values"),
        ({"advancedFilters": [{"operatorType": "StringIn", "key": "subject", "values": [1]}]}, "wrong type"),
        ({"advancedFilters": [{"operatorType": "NumberIn", "key": "subject", "values": ["1"]}]}, "wrong type"),
        ({"advancedFilters": [{"operatorType": "NumberInRange", "key": "subject", "values": [[1]]}]}, "wrong type"),
        ({"advancedFilters": [{"operatorType": "NumberLessThan", "key": "subject", "value": "1"}]}, "number"),
        ({"advancedFilters": [{"operatorType": "BoolEquals", "key": "subject", "value": 1}]}, "true or false"),
        ({"advancedFilters": [{"operatorType": "IsNotNull", "key": "subject"}] * 26}, "more than 25"),
        ({"advancedFilters": [{"operatorType": "StringIn", "key": "subject", "values": ["a"] * 26}]}, "more than 25"),
    ],
)
def test_filters_that_cannot_be_are_refused(rule: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        check_filter(rule)
