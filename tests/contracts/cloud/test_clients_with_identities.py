"""What the local cloud tells its clients is all they need: a vault and blobs by identity, both found through Resource
Manager."""

import os
import ssl
from typing import Any

import httpx
import pytest
from azure.keyvault.secrets import SecretClient
from azure.storage.blob import BlobServiceClient

from release.connection import Connection
from steps.cloud import Cloud

pytestmark = [pytest.mark.xdist_group("cloud"), pytest.mark.spark, pytest.mark.local_only]


@pytest.fixture
def resource(connection: Connection, cloud: Cloud) -> Any:
    """Resource Manager's answer for a resource of the cloud's group, by provider and name."""
    token = connection.credential.get_token("https://management.azure.com/.default").token
    subscription = connection.environment.text("azure.subscription_id")

    def get(path: str) -> Any:
        address = f"{connection.resource_manager}/subscriptions/{subscription}/resourceGroups"
        answer = httpx.get(
            f"{address}/{cloud.names.resource_group}/providers/{path}",
            params={"api-version": "2023-07-01"},
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"]),
            trust_env=False,
        )
        assert answer.is_success, answer.text
        return answer.json()

    return get


def test_the_vault_is_found_and_keeps_a_secret(resource: Any, connection: Connection) -> None:
    [vault] = resource("Microsoft.KeyVault/vaults")["value"]
    address = vault["properties"]["vaultUri"]
    assert address == f"{os.environ['AZURE_KEYVAULT_URL']}/"
    with SecretClient(address, connection.credential, verify_challenge_resource=False) as client:
        client.set_secret("from-the-cloud", "value")
        assert client.get_secret("from-the-cloud").value == "value"


def test_the_account_is_found_and_opens_to_a_token(cloud: Cloud, resource: Any, connection: Connection) -> None:
    account = resource(f"Microsoft.Storage/storageAccounts/{os.environ['DRYDOCK_STORAGE_ACCOUNT']}")
    address = account["properties"]["primaryEndpoints"]["blob"]
    assert address == f"{os.environ['AZURE_STORAGE_BLOB_ENDPOINT']}/"
    with BlobServiceClient(address, connection.credential) as client:
        expected = {one["name"] for one in cloud.storage.list_containers()}
        assert {one["name"] for one in client.list_containers()} == expected
