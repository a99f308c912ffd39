"""Who may enter a vault: the challenge, the tokens that open it, and how the client is told to accept a local one."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

CHALLENGE = 'Bearer authorization="{}/{}", resource="https://vault.azure.net"'


def test_a_request_without_a_token_is_told_where_to_get_one(place: Any) -> None:
    with httpx.Client(verify=place.authority.client_context(), trust_env=False) as http:
        answer = http.put(f"{place.address}/secrets/any?api-version=7.4")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == CHALLENGE.format(place.token_address, place.tenant)
    assert answer.json() == {"error": {"code": "Unauthorized", "message": answer.json()["error"]["message"]}}
    assert answer.json()["error"]["message"].startswith("AKV10000: ")


def test_a_token_for_another_audience_opens_nothing(place: Any) -> None:
    for audience in ("https://management.azure.com", "https://storage.azure.com"):
        answer = place.ask("GET", "/secrets", token=place.token(audience))
        assert answer.status_code == 401
        assert answer.json()["error"]["message"].startswith("AKV10022: ")
        assert "www-authenticate" in answer.headers


def test_a_token_with_a_slash_after_its_audience_is_the_same(place: Any) -> None:
    assert place.ask("GET", "/secrets", token=place.token("https://vault.azure.net/")).status_code == 200


def test_a_spent_or_foreign_token_opens_nothing(place: Any) -> None:
    for token in (place.token(lifetime=timedelta(seconds=-1)), "abc"):
        answer = place.ask("GET", "/keys", token=token)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "Unauthorized")


def test_the_clients_default_check_of_the_challenge_asks_for_the_vaults_azure_name(place: Any) -> None:
    """Azure's vaults are hosts under the challenge's resource; this one is an address of this machine."""
    with place.client(verify_challenge_resource=True) as client, pytest.raises(ValueError, match=r"vault\.azure\.net"):
        client.get_secret("any")


def test_the_environments_variables_are_all_that_a_client_needs(
    place: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = str(place.authority.bundle_pem)
    for variable, value in {
        "AZURE_AUTHORITY_HOST": place.token_address,
        "AZURE_TENANT_ID": place.tenant,
        "AZURE_CLIENT_ID": place.client_id,
        "AZURE_CLIENT_SECRET": place.client_secret,
        "REQUESTS_CA_BUNDLE": bundle,
    }.items():
        monkeypatch.setenv(variable, value)
    with (
        DefaultAzureCredential(disable_instance_discovery=True) as credential,
        SecretClient(place.address, credential, verify_challenge_resource=False) as client,
    ):
        client.set_secret(name, "value")
        assert client.get_secret(name).value == "value"


def test_a_client_with_a_wrong_secret_gets_no_token(place: Any) -> None:
    with place.client("wrong") as client, pytest.raises(ClientAuthenticationError, match="AADSTS7000215"):
        client.get_secret("any")
