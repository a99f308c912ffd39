"""Which project the command works on, and the local cloud that its environment file describes."""

from dataclasses import dataclass
from pathlib import Path

from emulators.cloud.settings import AzuriteMode, CloudSettings
from release.environment import Environment
from release.errors import ReleaseError

DEFAULT_STATE = Path(".drydock")


@dataclass(frozen=True)
class Project:
    """A folder with `adf/`, `dataprep/` and `environments/` in it."""

    folder: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Project":
        """The project that holds `start` (the current folder unless given). Raises ReleaseError."""
        origin = (start or Path.cwd()).resolve()
        for folder in (origin, *origin.parents):
            if (folder / "environments").is_dir() and (folder / "adf").is_dir():
                return cls(folder)
        raise ReleaseError(f"{origin}: neither this folder nor one above it holds 'environments/' and 'adf/'")

    def environment(self, name: str, variables: dict[str, str] | None = None) -> Environment:
        return Environment.load(name, self.folder / "environments", variables)

    def cloud_settings(self, state: Path | None, azurite: AzuriteMode = "auto") -> CloudSettings:
        """The local cloud as `environments/local.toml` names it."""
        local = self.environment("local")
        return CloudSettings(
            subscription_id=local.text("azure.subscription_id"),
            tenant_id=local.text("azure.tenant_id"),
            resource_group=local.text("azure.resource_group"),
            location=local.text("azure.location"),
            factory=local.text("data_factory.name"),
            storage_account=local.text("storage.account"),
            key_vault=local.text("key_vault.name"),
            containers=tuple(local.table("storage.containers").values()),
            databricks_workspace=local.text("databricks.workspace_resource_id").rpartition("/")[2],
            databricks_workspace_id=local.text("databricks.workspace_id"),
            databricks_cluster_id=local.text("databricks.cluster_id"),
            azureml_workspace=local.text("azureml.workspace"),
            azureml_definitions=tuple(
                self.folder / "environments" / name for name in local.texts("azureml.definitions")
            ),
            state=state,
            azurite=azurite,
        )
