"""The cloud a command works on: the environment's file, and for a local cloud the variables it printed."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from drydock.project import Project
from drydock.up import RunningCloud
from release.environment import Environment

LOCAL = "local"


@contextlib.contextmanager
def target(project: Project, environment: str, state: Path) -> Iterator[Environment]:
    """The environment, with this process's variables set as `drydock env` prints them when it is the local one."""
    if environment != LOCAL:
        yield project.environment(environment)
        return
    with exported(RunningCloud.find(state).environment):
        yield project.environment(environment)


@contextlib.contextmanager
def exported(variables: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables while the block runs."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
