"""The deployment of everything to one cloud, in the order that leaves nothing half-working: notebooks, then factory."""

from collections.abc import Callable
from pathlib import Path

from release.connection import Connection
from release.environment import Environment
from release.factory import FactoryDeployment
from release.notebooks import NotebookDeployment, deploy_secrets
from release.source import FactorySource

Progress = Callable[[str], None]


def deploy(environment: Environment, project: Path, progress: Progress = lambda _: None) -> None:
    """Deploy `<project>/dataprep` and `<project>/adf` to the environment's cloud.

    The triggers start last: no event is taken before all that it needs is there. Raises ReleaseError, and what the
    SDKs raise for a cloud that does not answer or refuses the caller.
    """
    connection = Connection(environment)
    source = FactorySource.load(project / "adf")
    deploy_secrets(
        connection.databricks,
        environment.text("databricks.secret_scope"),
        environment.table("databricks.secrets"),
        progress,
    )
    NotebookDeployment(
        connection.databricks, environment.text("databricks.notebook_folder"), project / "dataprep", progress
    ).run()
    FactoryDeployment(connection.factory, environment, source, progress).run()
