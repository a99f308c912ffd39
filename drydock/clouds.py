"""Clouds for the steps: a local one started for the occasion, one that is up already, or a deployed one."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from drydock.clock import clock_of
from drydock.project import Project
from drydock.target import LOCAL, exported, target
from drydock.up import background_cloud
from release.connection import Connection
from release.deploy import deploy
from release.environment import Environment
from steps.cloud import Cloud, Names
from steps.training import TrainingRuns, Workspace

Progress = Callable[[str], None]


def connected(environment: Environment) -> Cloud:
    """The clients and names of an environment."""
    connection = Connection(environment)
    subscription, group = environment.text("azure.subscription_id"), environment.text("azure.resource_group")
    workspace = Workspace(connection.resource_manager, subscription, group, environment.text("azureml.workspace"))
    containers = environment.table("storage.containers")
    waiting = environment.table("features")
    return Cloud(
        name=environment.name,
        names=Names(
            resource_group=group,
            factory=environment.text("data_factory.name"),
            pipeline=environment.text("data_factory.pipeline"),
            input_container=containers["input"],
            training_container=containers["training"],
            testing_container=containers["testing"],
            rejected_container=containers["rejected"],
            **{name: float(seconds) for name, seconds in waiting.items()},
        ),
        clock=clock_of(environment, connection),
        storage=connection.storage,
        factory=connection.factory,
        training=TrainingRuns(connection.credential, workspace),
    )


@contextlib.contextmanager
def fresh_local_cloud(
    project: Project, state: Path, *, azurite: str = "auto", progress: Progress = lambda _: None
) -> Iterator[Cloud]:
    """A local cloud of our own with everything deployed; it ends with the block."""
    with (
        background_cloud(["--state", str(state), "--azurite", azurite], state, progress) as running,
        exported(running.environment),
    ):
        environment = project.environment(LOCAL)
        deploy(environment, project.folder, progress)
        yield connected(environment)


@contextlib.contextmanager
def running_local_cloud(project: Project, state: Path) -> Iterator[Cloud]:
    """The local cloud that is up on a state folder, as it is."""
    with target(project, LOCAL, state.resolve()) as environment:
        yield connected(environment)
