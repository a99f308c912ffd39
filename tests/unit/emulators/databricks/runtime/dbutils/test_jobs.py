"""Task values, in a job and outside of one."""

import pytest

from emulators.databricks.runtime.dbutils.jobs import TaskValues


def test_values_of_upstream_tasks_are_read_and_own_ones_kept() -> None:
    values = TaskValues("second", {"first": {"n": 3}})
    values.set("mine", {"a": [1]})
    assert values.own == {"mine": {"a": [1]}}
    assert values.get("first", "n") == 3
    assert values.get("first", "missing", default=0) == 0
    with pytest.raises(ValueError, match="No task value with key 'missing'"):
        values.get("first", "missing")


def test_outside_of_a_job_only_debug_values_count() -> None:
    values = TaskValues(None, {})
    values.set("k", 1)
    assert values.own == {}
    assert values.get("t", "k", debugValue=5) == 5
    with pytest.raises(TypeError, match="Must pass debugValue"):
        values.get("t", "k", default=1)


def test_values_are_json_of_limited_size() -> None:
    values = TaskValues("t", {})
    with pytest.raises(ValueError, match="the limit is 49152"):
        values.set("k", "x" * 50_000)
    with pytest.raises(TypeError):
        values.set("k", object())
