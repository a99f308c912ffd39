"""GetMetadata, before anything is read: what is missing is told. What it finds stands in the contract tests."""

import pytest

from emulators.datafactory.activities import ActivityFailed, run_activity


async def test_a_dataset_is_needed(services, activity):
    with pytest.raises(ActivityFailed, match="activity 'Do it' refers to no dataset"):
        await run_activity(activity("GetMetadata", fieldList=["exists"]), services)


async def test_a_dataset_must_exist(services, activity):
    with pytest.raises(ActivityFailed, match="'nothing' that activity 'Do it' refers to does not exist"):
        await run_activity(
            activity("GetMetadata", fieldList=["exists"], dataset={"referenceName": "nothing"}), services
        )


@pytest.mark.parametrize("fields", [None, [], "exists", [1]])
async def test_fields_are_needed(services, activity, fields):
    with pytest.raises(ActivityFailed, match="'fieldList'") as failure:
        await run_activity(activity("GetMetadata", fieldList=fields), services)
    assert failure.value.code == "2103"
