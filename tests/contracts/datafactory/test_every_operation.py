"""Every operation that azure-mgmt-datafactory can ask for is either answered or refused by its name."""

import inspect
from typing import Any

import pytest
from azure.mgmt.datafactory.operations import _operations

BUILDERS = {
    name.removeprefix("build_").removesuffix("_request"): builder
    for name, builder in inspect.getmembers(_operations, inspect.isfunction)
    if name.startswith("build_") and name.endswith("_request")
}


def _request(builder: Any) -> Any:
    """The client's own request for an operation on a factory that does not exist."""
    needed = [
        name
        for name, parameter in inspect.signature(builder).parameters.items()
        if parameter.default is inspect.Parameter.empty and parameter.kind is not inspect.Parameter.VAR_KEYWORD
    ]
    return builder(**dict.fromkeys(needed, "absent"))


def test_there_are_about_a_hundred_operations() -> None:
    assert len(BUILDERS) > 90


@pytest.mark.parametrize("operation", sorted(BUILDERS))
def test_an_operation_is_answered_or_refused_by_name(emulator: Any, operation: str) -> None:
    request = _request(BUILDERS[operation])
    path = request.url.removeprefix("{endpoint}").partition("?")[0]
    answer = emulator.call(request.method, f"{path}?api-version=2018-06-01", json={})
    assert answer.status_code != 405
    if answer.status_code == 501:
        group, _, name = answer.json()["error"]["message"].partition("'")[2].partition("'")[0].partition(".")
        assert f"{group}_{name}".replace("_", "").lower() == operation.replace("_", "")
    else:
        assert answer.status_code in (200, 204, 400, 404), answer.text
