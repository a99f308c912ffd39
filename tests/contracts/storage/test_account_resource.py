"""The storage account through Resource Manager's addresses."""

from typing import Any

import httpx


def _get(place: Any, path: str, method: str = "GET", token: str | None = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token or place.token()}"}
    return httpx.request(method, place.manager_address + path, headers=headers, params={"api-version": "2023-05-01"})


def test_the_account_tells_its_blob_address(place: Any) -> None:
    answer = _get(place, place.resource_ids["drydockone"])
    assert answer.status_code == 200
    account = answer.json()
    assert (account["name"], account["kind"]) == ("drydockone", "StorageV2")
    assert account["id"] == place.resource_ids["drydockone"]
    assert account["properties"]["primaryEndpoints"]["blob"] == f"{place.storage.secure_blob_endpoint('drydockone')}/"


def test_the_keys_open_the_account(place: Any) -> None:
    answer = _get(place, place.resource_ids["drydockone"] + "/listKeys", "POST")
    assert [key["value"] for key in answer.json()["keys"]] == [place.keys["drydockone"]]


def test_names_ignore_case(place: Any) -> None:
    assert _get(place, place.resource_ids["drydockone"].upper().replace("/SUBSCRIPTIONS", "/subscriptions")).is_success


def test_accounts_of_a_group_are_listed(place: Any) -> None:
    group = place.resource_ids["drydockone"].rpartition("/")[0]
    assert [one["name"] for one in _get(place, group).json()["value"]] == ["drydockone", "drydocktwo"]


def test_an_unknown_account_is_not_found(place: Any) -> None:
    answer = _get(place, place.resource_ids["drydockone"] + "x")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "ResourceNotFound"


def test_a_token_of_another_cloud_opens_nothing(place: Any) -> None:
    answer = _get(place, place.resource_ids["drydockone"], token="abc")
    assert answer.status_code == 401


def test_what_is_missing_is_said(place: Any) -> None:
    answer = _get(place, place.resource_ids["drydockone"] + "/fileServices")
    assert answer.status_code == 501
    assert "emulators/storage/routes.py" in answer.json()["error"]["message"]
