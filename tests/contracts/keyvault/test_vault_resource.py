"""The vault through Resource Manager's addresses."""

from typing import Any

import httpx


def _ask(place: Any, path: str, method: str = "GET", audience: str = "https://management.azure.com") -> httpx.Response:
    headers = {"Authorization": f"Bearer {place.token(audience)}"}
    return httpx.request(method, place.manager_address + path, headers=headers, params={"api-version": "2023-07-01"})


def test_the_vault_tells_its_address(place: Any) -> None:
    answer = _ask(place, place.vault_id)
    assert answer.status_code == 200
    document = answer.json()
    assert (document["id"], document["name"], document["type"]) == (
        place.vault_id,
        "strongbox",
        "Microsoft.KeyVault/vaults",
    )
    assert document["properties"]["vaultUri"] == f"{place.address}/"


def test_vaults_of_a_group_and_of_the_subscription_are_listed(place: Any) -> None:
    group = place.vault_id.rpartition("/")[0]
    subscription = place.vault_id.partition("/resourceGroups")[0] + "/providers/Microsoft.KeyVault/vaults"
    for path in (group, subscription, group.upper().replace("/SUBSCRIPTIONS", "/subscriptions")):
        assert [one["name"] for one in _ask(place, path).json()["value"]] == ["strongbox"]
    assert _ask(place, group.replace("/rg/", "/r/")).json()["value"] == []


def test_an_unknown_vault_is_not_found(place: Any) -> None:
    answer = _ask(place, place.vault_id + "x")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


def test_a_vault_cannot_be_created(place: Any) -> None:
    answer = _ask(place, place.vault_id + "x", "PUT")
    assert answer.status_code == 501
    assert "strongbox" in answer.json()["error"]["message"]


def test_a_token_for_secrets_does_not_open_the_resource(place: Any) -> None:
    assert _ask(place, place.vault_id, audience="https://vault.azure.net").status_code == 401


def test_what_is_missing_is_said(place: Any) -> None:
    answer = _ask(place, place.vault_id + "/privateEndpointConnections")
    assert answer.status_code == 501
    assert "emulators/keyvault/vaults.py" in answer.json()["error"]["message"]
