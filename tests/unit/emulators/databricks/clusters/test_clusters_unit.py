"""What a cluster may ask for on a laptop, and which libraries it has."""

from importlib import metadata
from typing import Any

import pytest

from emulators.databricks.clusters.libraries import problem_with, require_libraries
from emulators.databricks.clusters.specification import require_supported
from emulators.databricks.errors import InvalidParameterValue, NotSupported


@pytest.mark.parametrize(
    "specification",
    [
        {},
        {"init_scripts": [], "spark_conf": None},
        {"num_workers": 8, "autoscale": {"min_workers": 1}, "azure_attributes": {}, "custom_tags": {"a": "b"}},
        {"spark_conf": {"spark.databricks.delta.preview.enabled": "true", "spark.master": "local[*]"}},
        {"spark_env_vars": {"PYSPARK_PYTHON": "/databricks/python3/bin/python3"}},
    ],
)
def test_what_changes_nothing_is_accepted(specification: dict[str, Any]) -> None:
    require_supported(specification)


@pytest.mark.parametrize(
    ("specification", "named"),
    [
        ({"init_scripts": [{"dbfs": {}}]}, "init_scripts"),
        ({"docker_image": {"url": "x"}}, "docker_image"),
        ({"spark_conf": {"fs.azure.account.key.a": "k"}}, "fs.azure.account.key.a"),
        ({"spark_env_vars": {"MODE": "x"}}, "MODE"),
    ],
)
def test_what_would_change_results_is_refused_by_name(specification: dict[str, Any], named: str) -> None:
    with pytest.raises(NotSupported, match=named):
        require_supported(specification)


def test_a_library_is_there_when_python_has_it() -> None:
    version = metadata.version("pytest")
    assert problem_with({"pypi": {"package": "pytest"}}) is None
    assert problem_with({"pypi": {"package": f"pytest=={version}"}}) is None
    wrong = problem_with({"pypi": {"package": "pytest==0.0.1"}})
    assert wrong is not None
    assert f"the local Python has {version}" in wrong


@pytest.mark.parametrize(
    "library", [{"pypi": {"package": "not-there-at-all"}}, {"whl": "dbfs:/a.whl"}, {"maven": {"coordinates": "a:b:1"}}]
)
def test_a_library_that_is_not_there_says_what_to_do(library: dict[str, Any]) -> None:
    problem = problem_with(library)
    assert problem is not None
    assert problem.startswith("Library installation failed")
    assert "Add it" in problem


@pytest.mark.parametrize("library", [{}, "x", {"pypi": "x"}, {"jar": 1}, {"jar": "a", "whl": "b"}, {"pypi": {}}])
def test_what_is_no_library_is_refused(library: Any) -> None:
    with pytest.raises(InvalidParameterValue):
        require_libraries([library])
