"""Clients of one cloud, made from its environment file: the same for the local cloud and for Azure.

Who we are comes from azure-identity's DefaultAzureCredential (AZURE_CLIENT_ID … in a pipeline or for the local
cloud, the Azure command line on a desk). Nothing here asks whether a cloud is emulated: an address that differs
from Azure's is a line in the environment's file.
"""

import os
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

from azure.core.credentials import TokenCredential
from azure.identity import AzureAuthorityHosts, DefaultAzureCredential
from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.storage.blob import BlobServiceClient
from databricks.sdk import WorkspaceClient

from release.environment import Environment

PUBLIC_RESOURCE_MANAGER = "https://management.azure.com"

_KNOWN_AUTHORITIES = frozenset(
    {AzureAuthorityHosts.AZURE_PUBLIC_CLOUD, AzureAuthorityHosts.AZURE_CHINA, AzureAuthorityHosts.AZURE_GOVERNMENT}
)


@dataclass(frozen=True)
class Connection:
    """Lazily made SDK clients for one environment."""

    environment: Environment

    @cached_property
    def credential(self) -> TokenCredential:
        """The caller's identity.

        Instance discovery asks Microsoft's public cloud whether an authority is genuine; an authority that is not
        one of Azure's own clouds is unknown there, so it is skipped for those (as documented for private clouds).
        """
        authority = os.environ.get("AZURE_AUTHORITY_HOST", AzureAuthorityHosts.AZURE_PUBLIC_CLOUD)
        host = urlsplit(authority).hostname or authority
        return DefaultAzureCredential(disable_instance_discovery=host not in _KNOWN_AUTHORITIES)

    @property
    def resource_manager(self) -> str:
        """Resource Manager's address, without a trailing slash."""
        return self.environment.text("azure.resource_manager", PUBLIC_RESOURCE_MANAGER).rstrip("/")

    @cached_property
    def factory(self) -> DataFactoryManagementClient:
        return DataFactoryManagementClient(
            self.credential,
            self.environment.text("azure.subscription_id"),
            base_url=self.resource_manager,
            credential_scopes=[f"{PUBLIC_RESOURCE_MANAGER}/.default"],
        )

    @cached_property
    def storage(self) -> BlobServiceClient:
        """By AZURE_STORAGE_CONNECTION_STRING where it is set, else by identity on the account's own address."""
        connection_string = self._variable("AZURE_STORAGE_CONNECTION_STRING")
        if connection_string:
            return BlobServiceClient.from_connection_string(connection_string)
        account = self.environment.text("storage.account")
        return BlobServiceClient(f"https://{account}.blob.core.windows.net", credential=self.credential)

    @cached_property
    def databricks(self) -> WorkspaceClient:
        """By token where DATABRICKS_TOKEN is set, else by the caller's Azure identity."""
        host = self.environment.text("databricks.host", "${DATABRICKS_HOST}")
        token = self._variable("DATABRICKS_TOKEN")
        if token:
            return WorkspaceClient(host=host, token=token, auth_type="pat")
        return WorkspaceClient(
            host=host, azure_workspace_resource_id=self.environment.text("databricks.workspace_resource_id")
        )

    def _variable(self, name: str) -> str | None:
        variables = os.environ if self.environment.variables is None else self.environment.variables
        return variables.get(name)
