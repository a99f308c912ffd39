"""Lookup, before anything is read: what is missing is told. What it finds stands in the contract tests."""

import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity


async def test_a_dataset_is_needed(services, activity):
    with pytest.raises(ActivityFailed, match="activity 'Do it' refers to no dataset"):
        await run_activity(activity("Lookup", fieldList=["exists"]), services)


async def test_a_dataset_must_exist(services, activity):
    with pytest.raises(ActivityFailed, match="'nothing' that activity 'Do it' refers to does not exist"):
        await run_activity(activity("Lookup", fieldList=["exists"], dataset={"referenceName": "nothing"}), services)


async def test_a_flag_that_is_none(services, activity):
    with pytest.raises(ActivityFailed, match="'firstRowOnly' must be true or false"):
        await run_activity(activity("Lookup", firstRowOnly="maybe"), services)
