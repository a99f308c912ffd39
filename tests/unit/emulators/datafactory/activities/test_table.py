"""The table of activity types: what is in it runs, what is not fails by name and says what to add."""

import pytest

from emulators.datafactory.activities import HANDLERS, ActivityFailed, run_activity
from emulators.datafactory.engine.control import CONTROLS


def test_a_type_is_the_engines_or_a_handlers() -> None:
    assert not {name.lower() for name in HANDLERS} & set(CONTROLS)


async def test_an_unknown_type_says_what_to_add(services, activity):
    with pytest.raises(ActivityFailed, match=r"'HDInsightHive'.*HANDLERS") as failure:
        await run_activity(activity("HDInsightHive"), services)
    assert failure.value.code == "NotSupportedByEmulator"


@pytest.mark.parametrize("kind", ["ExecuteDataFlow", "ExecuteWranglingDataflow", "ExecuteSSISPackage"])
async def test_what_runs_in_azure_only_is_refused_with_the_reason(services, activity, kind):
    with pytest.raises(ActivityFailed, match=rf"'{kind}'.*stub") as failure:
        await run_activity(activity(kind), services)
    assert failure.value.code == "NotSupportedByEmulator"
