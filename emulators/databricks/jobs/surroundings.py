"""What every run needs of the workspace it runs in."""

import asyncio
from dataclasses import dataclass

from emulators.databricks.dbfs.dbfs import Dbfs
from emulators.databricks.identity.tokens import Tokens
from emulators.databricks.jobs.registry import RunRegistry
from emulators.databricks.jobs.runner import TaskRunner
from emulators.databricks.sequence import Sequence
from emulators.databricks.settings import DatabricksSettings
from emulators.databricks.workspace.tree import WorkspaceTree


@dataclass(frozen=True)
class Surroundings:
    """The workspace as a run sees it. `slots` are the places for the processes of runs."""

    settings: DatabricksSettings
    registry: RunRegistry
    runner: TaskRunner
    tokens: Tokens
    tree: WorkspaceTree
    dbfs: Dbfs
    ids: Sequence
    slots: asyncio.Semaphore
