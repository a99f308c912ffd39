"""Validation, before anything is read: what is missing is told. What it finds stands in the contract tests."""

import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity


async def test_a_dataset_is_needed(services, activity):
    with pytest.raises(ActivityFailed, match="activity 'Do it' refers to no dataset"):
        await run_activity(activity("Validation", fieldList=["exists"]), services)


async def test_a_dataset_must_exist(services, activity):
    with pytest.raises(ActivityFailed, match="'nothing' that activity 'Do it' refers to does not exist"):
        await run_activity(activity("Validation", fieldList=["exists"], dataset={"referenceName": "nothing"}), services)


async def test_a_timeout_that_is_none(services, activity):
    with pytest.raises(ActivityFailed, match="'timeout': 'soon'"):
        await run_activity(activity("Validation", timeout="soon"), services)


async def test_a_pause_that_is_none(services, activity):
    with pytest.raises(ActivityFailed, match="'sleep' must be a whole number"):
        await run_activity(activity("Validation", sleep="a while"), services)
