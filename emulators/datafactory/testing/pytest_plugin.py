"""For pytest: the fixture `factory`, and failed assertions on a run that show what the run did.

Switched on with `pytest_plugins = ["emulators.datafactory.testing.pytest_plugin"]` in the topmost conftest.py. The
folder of the factory is `adf` under pytest's root unless the ini option `factory_folder` says otherwise.
"""

import pytest

from emulators.datafactory.testing import Factory, RunStatus


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("factory_folder", "folder of the Data Factory in Git layout, relative to the root", default="adf")


@pytest.fixture(scope="session")
def factory(pytestconfig: pytest.Config) -> Factory:
    """The factory under test; a run never changes it."""
    return Factory.load(pytestconfig.rootpath / str(pytestconfig.getini("factory_folder")))


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """`assert run.status == …` tells the whole run when it fails."""
    status = left if isinstance(left, RunStatus) else right
    if op != "==" or not isinstance(status, RunStatus):
        return None
    return [f"{str(left)!r} == {str(right)!r}", *str(status.run).splitlines()]
