"""Requests that a vault refuses: each says which part of it is wrong, and never repeats a value."""

import json
from typing import Any

import pytest

TOO_LONG = "x" * (25 * 1024 + 1)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "'value'"),
        ({"value": None}, "'value'"),
        ({"value": 5}, "'value'"),
        ({"value": TOO_LONG}, "25,601 bytes"),
        ({"value": "secret-value", "attributes": []}, "'attributes'"),
        ({"value": "secret-value", "attributes": {"enabled": "yes"}}, "'attributes.enabled'"),
        ({"value": "secret-value", "attributes": {"exp": "tomorrow"}}, "'attributes.exp'"),
        ({"value": "secret-value", "attributes": {"nbf": -1}}, "'attributes.nbf'"),
        ({"value": "secret-value", "attributes": {"exp": 10**18}}, "'attributes.exp'"),
        ({"value": "secret-value", "contentType": "x" * 256}, "'contentType'"),
        ({"value": "secret-value", "tags": ["a"]}, "'tags'"),
        ({"value": "secret-value", "tags": {"a": 1}}, "'tags'"),
        ({"value": "secret-value", "tags": {str(number): "" for number in range(16)}}, "16 tags"),
        ({"value": "secret-value", "tags": {"a": "x" * 257}}, "The tag 'a'"),
    ],
)
def test_a_wrong_part_of_a_secret_is_named(place: Any, name: str, body: dict[str, Any], part: str) -> None:
    answer = place.ask("PUT", f"/secrets/{name}", json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")
    assert part in answer.json()["error"]["message"]
    assert "secret-value" not in answer.text
    assert TOO_LONG not in answer.text
    assert place.ask("GET", f"/secrets/{name}").status_code == 404


def test_the_longest_value_is_kept(place: Any, name: str) -> None:
    value = "ü" * (25 * 1024 // 2)
    assert place.ask("PUT", f"/secrets/{name}", json={"value": value}).status_code == 200
    assert place.ask("GET", f"/secrets/{name}").json()["value"] == value


@pytest.mark.parametrize("bad", ["under_score", "a.b", "x" * 128, "sp%20ace", "a%2Fb"])
def test_a_name_that_no_secret_can_have_is_refused(place: Any, bad: str) -> None:
    for method in ("PUT", "GET"):
        answer = place.ask(method, f"/secrets/{bad}", json={"value": "v"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")
        assert "invalid name" in answer.json()["error"]["message"]


def test_a_body_that_is_no_json_object_is_refused(place: Any, name: str) -> None:
    for content in (b'{"value": "secret-value"', b'["secret-value"]', b"\xff"):
        answer = place.ask("PUT", f"/secrets/{name}", content=content)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")
        assert "secret-value" not in answer.text


def test_an_endless_body_is_not_read_to_its_end(place: Any, name: str) -> None:
    body = json.dumps({"value": "x" * (2 << 20)}).encode()
    answer = place.ask("PUT", f"/secrets/{name}", content=body)
    assert answer.status_code == 413


@pytest.mark.parametrize("size", ["0", "26", "-1", "many", "²"])
def test_a_page_of_an_impossible_size_is_refused(place: Any, size: str) -> None:
    answer = place.ask("GET", "/secrets", params={"maxresults": size})
    assert answer.status_code == 400
    assert "'maxresults'" in answer.json()["error"]["message"]


def test_a_page_that_was_not_given_out_is_refused(place: Any) -> None:
    for token in ("%%%", "/w=="):
        answer = place.ask("GET", "/secrets", params={"$skiptoken": token})
        assert answer.status_code == 400
        assert "'$skiptoken'" in answer.json()["error"]["message"]


def test_a_request_without_a_version_of_the_api_is_refused(place: Any) -> None:
    answer = place.ask("GET", "/secrets", params={"api-version": ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")
    assert "'api-version'" in answer.json()["error"]["message"]


def test_a_method_that_the_path_does_not_have_is_refused(place: Any, name: str) -> None:
    answer = place.ask("DELETE", f"/secrets/{name}/versions")
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "MethodNotAllowed")
    assert place.ask("GET", "/nothing").status_code == 501


def test_converting_a_certificates_secret_is_named_as_missing(place: Any, name: str) -> None:
    place.ask("PUT", f"/secrets/{name}", json={"value": "v"})
    answer = place.ask("GET", f"/secrets/{name}", params={"outContentType": "application/x-pem-file"})
    assert answer.status_code == 501
    assert "outContentType" in answer.json()["error"]["message"]
