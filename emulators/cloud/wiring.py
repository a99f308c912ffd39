"""Which service is told what: every address, name and secret that passes between two of them is set here."""

from pathlib import Path

from starlette.types import ASGIApp

from emulators.azureml import routes as azureml_routes
from emulators.azureml.service import AzureMLService, AzureMLSettings
from emulators.cloud.addresses import Addresses
from emulators.cloud.instance import Instance
from emulators.cloud.settings import CloudSettings
from emulators.databricks import routes as databricks_routes
from emulators.databricks.runtime.runner import TaskRunner
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark import SparkDriver
from emulators.databricks.service import DatabricksService
from emulators.databricks.settings import DatabricksSettings
from emulators.datafactory import routes as datafactory_routes
from emulators.datafactory.service import DataFactoryService, DataFactorySettings
from emulators.entra import routes as entra_routes
from emulators.entra.service import EntraService, EntraSettings
from emulators.eventgrid import routes as eventgrid_routes
from emulators.eventgrid.service import EventGridService
from emulators.eventgrid.settings import EventGridSettings, TopicSettings
from emulators.kernel.cache import cache_folder
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import Clock
from emulators.kernel.server import Listener
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer
from emulators.keyvault import routes as keyvault_routes
from emulators.keyvault import vaults as keyvault_management_routes
from emulators.keyvault.service import KeyVaultService
from emulators.keyvault.settings import KeyVaultSettings
from emulators.resourcemanager import routes as resourcemanager_routes
from emulators.resourcemanager.service import ResourceManagerService, ResourceManagerSettings
from emulators.storage import routes as storage_routes
from emulators.storage.service import StorageService
from emulators.storage.settings import StorageSettings

SERVICES = (
    "storage",
    "storage_https",
    "storage_management",
    "eventgrid",
    "entra",
    "keyvault",
    "keyvault_management",
    "resourcemanager",
    "datafactory",
    "databricks",
    "azureml",
)
HTTPS_SERVICES = frozenset({"storage_https", "entra", "keyvault", "resourcemanager", "azureml"})
"""Those whose clients refuse to send a bearer token over plain HTTP."""


class Wiring:
    """Makes every service of one cloud. `before` start ahead of storage and Spark, `after` behind them."""

    def __init__(
        self,
        settings: CloudSettings,
        instance: Instance,
        addresses: Addresses,
        authority: LocalAuthority,
        folder: Path,
        clock: Clock,
        storage_listener: Listener,
        secure_storage_listener: Listener,
    ) -> None:
        self._settings = settings
        self._instance = instance
        self._addresses = addresses
        self._authority = authority
        self._folder = folder
        self._clock = clock
        self._issuer = TokenIssuer(instance.token_key.encode(), settings.tenant_id)
        self._verifier = self._issuer.verifier()
        self._topic_key = (
            f"{addresses['eventgrid']}/topics/{settings.storage_account}/api/events",
            instance.event_grid_key,
        )

        self.entra = EntraService(self._entra_settings())
        self.key_vault = KeyVaultService(self._key_vault_settings())
        self.resource_manager = ResourceManagerService(self._resource_manager_settings())
        self.event_grid = EventGridService(self._event_grid_settings())
        self.storage = StorageService(self._storage_settings(storage_listener, secure_storage_listener))
        runtime = self._runtime_settings()
        self.driver = SparkDriver(runtime)
        self.databricks = DatabricksService(self._databricks_settings(), TaskRunner(self.driver, runtime))
        self.azureml = AzureMLService(self._azureml_settings())
        self.data_factory = DataFactoryService(self._data_factory_settings())

        self.before = (self.entra, self.key_vault, self.resource_manager, self.event_grid)
        self.after = (self.databricks, self.azureml, self.data_factory)

    def applications(self) -> dict[str, ASGIApp]:
        """Every service's application by name; storage is missing, it answers on its own socket."""
        return {
            "entra": entra_routes.app(self.entra),
            "keyvault": keyvault_routes.app(self.key_vault),
            "keyvault_management": keyvault_management_routes.app(self.key_vault),
            "resourcemanager": resourcemanager_routes.app(self.resource_manager),
            "eventgrid": eventgrid_routes.app(self.event_grid),
            "storage_management": storage_routes.app(self.storage),
            "databricks": databricks_routes.app(self.databricks),
            "azureml": azureml_routes.app(self.azureml),
            "datafactory": datafactory_routes.app(self.data_factory),
        }

    def _store(self, name: str) -> DocumentStore:
        return DocumentStore(self._folder / "stores" / f"{name}.sqlite")

    @property
    def storage_connection_string(self) -> str:
        """What a client of the cloud's storage account takes."""
        return self.storage.connection_string(self._settings.storage_account)

    def _entra_settings(self) -> EntraSettings:
        instance = self._instance
        return EntraSettings(
            address=self._addresses["entra"],
            tenant_id=self._settings.tenant_id,
            clients={
                instance.client_id: instance.client_secret,
                instance.factory_client_id: instance.factory_client_secret,
            },
            issuer=self._issuer,
        )

    def _key_vault_settings(self) -> KeyVaultSettings:
        return KeyVaultSettings(
            address=self._addresses["keyvault"],
            resource_id=self._settings.key_vault_id,
            location=self._settings.location,
            tenant_id=self._settings.tenant_id,
            authority=self._addresses["entra"],
            seal_key=self._instance.vault_key,
            store=self._store("keyvault"),
            clock=self._clock,
            verifier=self._verifier,
        )

    def _resource_manager_settings(self) -> ResourceManagerSettings:
        return ResourceManagerSettings(
            address=self._addresses["resourcemanager"],
            tenant_id=self._settings.tenant_id,
            subscription_id=self._settings.subscription_id,
            subscription_name="Drydock local cloud",
            resource_groups=(self._settings.resource_group,),
            location=self._settings.location,
            providers={
                "microsoft.datafactory": self._addresses["datafactory"],
                "microsoft.eventgrid": self._addresses["eventgrid"],
                "microsoft.keyvault": self._addresses["keyvault_management"],
                "microsoft.machinelearningservices": self._addresses["azureml"],
                "microsoft.storage": self._addresses["storage_management"],
            },
            store=self._store("resourcemanager"),
            clock=self._clock,
            verifier=self._verifier,
            ca_bundle=self._authority.bundle_pem,
        )

    def _event_grid_settings(self) -> EventGridSettings:
        account = self._settings.storage_account
        topic = TopicSettings(resource_id=self._settings.storage_account_id, key=self._instance.event_grid_key)
        return EventGridSettings(
            clock=self._clock,
            store=self._store("eventgrid"),
            verifier=self._verifier,
            topics={account: topic},
            ca_bundle=self._authority.bundle_pem,
            address=self._addresses["eventgrid"],
        )

    def _storage_settings(self, listener: Listener, secure_listener: Listener) -> StorageSettings:
        account = self._settings.storage_account
        return StorageSettings(
            accounts={account: self._instance.storage_key},
            resource_ids={account: self._settings.storage_account_id},
            event_grid={account: self._topic_key},
            data_folder=self._folder / "azurite",
            listener=listener,
            secure_listener=secure_listener,
            authority=self._authority,
            azurite=self._settings.azurite,
            store=self._store("storage"),
            clock=self._clock,
            verifier=self._verifier,
            token_authority=f"{self._addresses['entra']}/{self._settings.tenant_id}",
            location=self._settings.location,
        )

    def _runtime_settings(self) -> RuntimeSettings:
        return RuntimeSettings(
            dbfs_root=self._folder / "dbfs",
            cache=cache_folder(),
            proxy=self._addresses.host_and_port("storage"),
            ca_pem=self._authority.ca_pem,
            work_dir=self._folder / "notebook-runs",
            spark_conf=self._settings.spark_conf,
        )

    def _databricks_settings(self) -> DatabricksSettings:
        account = self._settings.storage_account
        return DatabricksSettings(
            address=self._addresses["databricks"],
            workspace_id=self._settings.databricks_workspace_id,
            token=self._instance.databricks_token,
            dbfs_root=self._folder / "dbfs",
            cluster_id=self._settings.databricks_cluster_id,
            cluster_name="drydock local",
            spark_version=self._settings.spark_version,
            store=self._store("databricks"),
            clock=self._clock,
            verifier=self._verifier,
            user_name=self._settings.user_name,
            storage_endpoints={account: self.storage.blob_endpoint(account)},
        )

    def _azureml_settings(self) -> AzureMLSettings:
        return AzureMLSettings(
            address=self._addresses["azureml"],
            subscription_id=self._settings.subscription_id,
            resource_group=self._settings.resource_group,
            workspace=self._settings.azureml_workspace,
            location=self._settings.location,
            definitions=list(self._settings.azureml_definitions),
            storage_connection_string=self.storage_connection_string,
            work_folder=self._folder / "azureml-runs",
            store=self._store("azureml"),
            clock=self._clock,
            verifier=self._verifier,
            ca_bundle=self._authority.bundle_pem,
        )

    def _data_factory_settings(self) -> DataFactorySettings:
        return DataFactorySettings(
            resource_manager=self._addresses["resourcemanager"],
            authority=self._addresses["entra"],
            tenant_id=self._settings.tenant_id,
            client_id=self._instance.factory_client_id,
            client_secret=self._instance.factory_client_secret,
            public_address=self._addresses["datafactory"],
            ca_bundle=self._authority.bundle_pem,
            clock=self._clock,
            store=self._store("datafactory"),
            verifier=self._verifier,
        )
