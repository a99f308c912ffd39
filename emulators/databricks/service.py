"""One workspace: its resources, put together, and the life of its runs from start to stop."""

import asyncio

from emulators.databricks.clusters.clusters import Clusters
from emulators.databricks.clusters.libraries import ClusterLibraries
from emulators.databricks.dbfs.dbfs import Dbfs
from emulators.databricks.dbfs.uploads import Uploads
from emulators.databricks.identity.tokens import Tokens
from emulators.databricks.jobs.catalogue import JobCatalogue
from emulators.databricks.jobs.executor import Executor
from emulators.databricks.jobs.jobs import Jobs
from emulators.databricks.jobs.page import PageSignatures
from emulators.databricks.jobs.registry import RunRegistry
from emulators.databricks.jobs.runner import TaskRunner
from emulators.databricks.jobs.surroundings import Surroundings
from emulators.databricks.jobs.views import RunView
from emulators.databricks.mounts.mounts import MountTable
from emulators.databricks.secrets.scopes import SecretScopes
from emulators.databricks.sequence import Sequence
from emulators.databricks.settings import DatabricksSettings
from emulators.databricks.workspace.tree import WorkspaceTree


class DatabricksService:
    """The state and behaviour of an emulated workspace. `runner` runs its code (`jobs.runner.TaskRunner`)."""

    def __init__(self, settings: DatabricksSettings, runner: TaskRunner) -> None:
        store, clock, ids = settings.store, settings.clock, Sequence(settings.store)
        self.settings = settings
        self.tokens = Tokens(settings)
        self.tree = WorkspaceTree(store, clock, ids, settings.user_name)
        self.scopes = SecretScopes(store, clock)
        self.mounts = MountTable(store)
        self.dbfs = Dbfs(settings, self.mounts, self.scopes)
        self.uploads = Uploads(self.dbfs, ids)
        self.clusters = Clusters(settings)
        self.libraries = ClusterLibraries(store, self.clusters)
        self.signatures = PageSignatures(settings)
        self.view = RunView(settings, self.signatures.address)
        registry = RunRegistry(store)
        self._executor = Executor(
            Surroundings(
                settings=settings,
                registry=registry,
                runner=runner,
                tokens=self.tokens,
                tree=self.tree,
                dbfs=self.dbfs,
                ids=ids,
                slots=asyncio.Semaphore(settings.max_concurrent_notebooks),
            )
        )
        self.jobs = Jobs(JobCatalogue(store, clock, ids), registry, self._executor, self.clusters, ids, clock)

    async def start(self) -> None:
        """Clear up what a killed cloud left: active runs, unfinished uploads. Then the workspace may be served."""
        self.dbfs.clear_staging()
        self._executor.recover()

    async def stop(self) -> None:
        """End every active run; its state says that the cloud was stopped."""
        await self._executor.stop()
        self.uploads.abandon_all()
