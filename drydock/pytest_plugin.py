"""The pytest plugin: it hands the steps a cloud.

`DRYDOCK_TARGET` (or `--target`) names the environment. For `local` a cloud of this session's own is started and
deployed to with the code that deploys everywhere; with `DRYDOCK_STATE` one that is up already is used instead.
For any other environment the deployed resources are used as they are.
"""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from steps.cloud import Cloud

_LOCAL = "local"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--target ENVIRONMENT`: where the features run."""
    parser.getgroup("drydock").addoption(
        "--target",
        default=os.environ.get("DRYDOCK_TARGET", _LOCAL),
        help="the environment (a file in environments/) that features run on; default: DRYDOCK_TARGET or local",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What only makes sense locally is not run elsewhere, and says so."""
    if config.getoption("--target") == _LOCAL:
        return
    skip = pytest.mark.skip(reason=f"tagged local_only; the target is {config.getoption('--target')}")
    for item in items:
        if item.get_closest_marker("local_only"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def cloud(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Cloud]":
    """The target cloud, ready to be used: everything is deployed."""
    from drydock.clouds import connected, fresh_local_cloud, running_local_cloud
    from drydock.project import Project

    project = Project.find(pytestconfig.rootpath)
    target = str(pytestconfig.getoption("--target"))
    if target != _LOCAL:
        yield connected(project.environment(target))
        return
    running = os.environ.get("DRYDOCK_STATE")
    local = (
        running_local_cloud(project, Path(running))
        if running
        else fresh_local_cloud(project, tmp_path_factory.mktemp("cloud"))
    )
    with local as started:
        yield started


@pytest.fixture(scope="session")
def driver_records() -> Callable[[int, int], bytes]:
    """Makes files of driver records: number of records, seed → content."""
    from dataprep.sample import write_sample

    def make(count: int, seed: int) -> bytes:
        file = io.StringIO(newline="")
        write_sample(file, rows=count, seed=seed)
        return file.getvalue().encode("utf-8")

    return make
