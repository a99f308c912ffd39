"""What a local cloud is called: the names that Azure would give its resources, and where its state lives."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

AzuriteMode = Literal["auto", "process", "container"]


@dataclass(frozen=True)
class CloudSettings:
    """Names and choices of one local cloud.

    `state` is the folder that survives a restart; None takes a temporary one that goes with the cloud.
    `containers` exist once the cloud is ready. `azureml_definitions` are the files of the published pipelines that
    the Azure ML emulator runs. `azurite` chooses how Blob storage runs. `max_notebook_runs` bounds the notebook
    processes that run at once.
    """

    subscription_id: str
    tenant_id: str
    resource_group: str
    location: str
    factory: str
    storage_account: str
    key_vault: str
    databricks_workspace: str
    databricks_workspace_id: str
    databricks_cluster_id: str
    azureml_workspace: str
    containers: tuple[str, ...] = ()
    azureml_definitions: tuple[Path, ...] = ()
    state: Path | None = None
    azurite: AzuriteMode = "auto"
    max_notebook_runs: int = 4
    spark_version: str = "17.3.x-scala2.13"
    user_name: str = "developer@drydock.local"
    spark_conf: dict[str, str] = field(default_factory=dict)

    @property
    def group_id(self) -> str:
        """The ARM id of the resource group."""
        return f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"

    @property
    def storage_account_id(self) -> str:
        """The ARM id of the storage account: the scope of blob event triggers."""
        return f"{self.group_id}/providers/Microsoft.Storage/storageAccounts/{self.storage_account}"

    @property
    def key_vault_id(self) -> str:
        """The ARM id of the key vault."""
        return f"{self.group_id}/providers/Microsoft.KeyVault/vaults/{self.key_vault}"

    @property
    def databricks_workspace_resource_id(self) -> str:
        """The ARM id of the Databricks workspace."""
        return f"{self.group_id}/providers/Microsoft.Databricks/workspaces/{self.databricks_workspace}"
