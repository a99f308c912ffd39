"""Secrets of linked services that lie in a key vault: how they are asked for, what is said if they do not come."""

from typing import Any

import httpx
import pytest

from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.linked_services import revealed
from emulators.datafactory.engine.resources import Resources

RESOURCES = Resources(
    "factory",
    linked_services={"vault": {"type": "AzureKeyVault", "typeProperties": {"baseUrl": "https://vault.test/"}}},
)


def _secret(**properties: Any) -> dict[str, Any]:
    store = {"referenceName": "vault", "type": "LinkedServiceReference"}
    return {"type": "AzureKeyVaultSecret", "store": store, **properties}


@pytest.fixture
def reveal(services):
    async def revealing(**properties: Any) -> Any:
        return await revealed(_secret(**properties), RESOURCES, "lake", services.http, services.identity)

    return revealing


@pytest.mark.parametrize(
    ("properties", "path"),
    [
        ({"secretName": "key"}, "/secrets/key"),
        ({"secretName": "key", "secretVersion": ""}, "/secrets/key"),
        ({"secretName": "key", "secretVersion": "0a"}, "/secrets/key/0a"),
        ({"secretName": "a/b?c#d e"}, "/secrets/a%2Fb%3Fc%23d%20e"),
        ({"secretName": "../keys"}, "/secrets/..%2Fkeys"),
    ],
)
async def test_a_secret_is_asked_for_by_name_and_version(network, reveal, properties, path):
    network.on("GET", f"https://vault.test{path}", {"value": "v"})
    assert await reveal(**properties) == "v"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            httpx.Response(404, json={"error": {"code": "SecretNotFound"}}),
            "'key' of .* 'lake' .*answered 404",
        ),
        (httpx.Response(200, text="<html>sign in</html>"), "https://vault.test/secrets/key.* is not a key vault's"),
        (httpx.Response(200, json=["value"]), "is not a key vault's"),
        (httpx.Response(200, json={"id": "x"}), "'key' of linked service 'lake'.*without a value"),
        (httpx.ConnectError("refused"), "does not answer.*refused"),
    ],
)
async def test_a_secret_that_does_not_come_fails_the_activity(network, reveal, answer, said):
    network.on("GET", "https://vault.test/secrets/key", answer)
    with pytest.raises(ActivityFailed, match=said) as failure:
        await reveal(secretName="key")
    assert failure.value.code == "AzureKeyVaultError"


@pytest.mark.parametrize("properties", [{}, {"secretName": ""}, {"secretName": None}])
async def test_a_secret_without_a_name_is_told_before_anybody_is_asked(network, reveal, properties):
    with pytest.raises(ActivityFailed, match="'lake' has no value for 'secretName'") as failure:
        await reveal(**properties)
    assert failure.value.code == "2103"
    assert network.requests == []
