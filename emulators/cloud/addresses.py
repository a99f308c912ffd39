"""Where the local cloud answers, and what an unmodified client must be told to find and trust it."""

from collections.abc import Mapping
from dataclasses import dataclass

from emulators.cloud.instance import Instance
from emulators.cloud.settings import CloudSettings
from emulators.kernel.certificates import LocalAuthority


@dataclass(frozen=True)
class Addresses:
    """Base URLs by service name, without a trailing slash."""

    by_service: Mapping[str, str]

    def __getitem__(self, service: str) -> str:
        return self.by_service[service]

    def host_and_port(self, service: str) -> str:
        """`127.0.0.1:1234`"""
        return self.by_service[service].partition("://")[2]


def environment_variables(
    settings: CloudSettings,
    instance: Instance,
    addresses: Addresses,
    authority: LocalAuthority,
    storage_connection_string: str,
) -> dict[str, str]:
    """The variables that `drydock env` prints; the names are the clients' own wherever they have one."""
    bundle = str(authority.bundle_pem)
    return {
        "AZURE_STORAGE_CONNECTION_STRING": storage_connection_string,
        "AZURE_STORAGE_BLOB_ENDPOINT": f"{addresses['storage_https']}/{settings.storage_account}",
        "DATABRICKS_HOST": addresses["databricks"],
        "DATABRICKS_TOKEN": instance.databricks_token,
        "AZURE_AUTHORITY_HOST": addresses["entra"],
        "AZURE_TENANT_ID": settings.tenant_id,
        "AZURE_CLIENT_ID": instance.client_id,
        "AZURE_CLIENT_SECRET": instance.client_secret,
        "AZURE_KEYVAULT_URL": addresses["keyvault"],
        "AZURE_SUBSCRIPTION_ID": settings.subscription_id,
        "DRYDOCK_RESOURCE_GROUP": settings.resource_group,
        "DRYDOCK_FACTORY": settings.factory,
        "DRYDOCK_RESOURCE_MANAGER": addresses["resourcemanager"],
        "DRYDOCK_STORAGE_ACCOUNT": settings.storage_account,
        "DRYDOCK_STORAGE_ACCOUNT_KEY": instance.storage_key,
        "DRYDOCK_EVENT_GRID": addresses["eventgrid"],
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
    }
