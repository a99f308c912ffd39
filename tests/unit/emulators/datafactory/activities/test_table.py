"""The table of activity types: what is in it runs, what is not fails by name and says what to add."""

import pytest

from emulators.datafactory.activities import HANDLERS, ActivityFailed, run_activity
from emulators.datafactory.engine.control import CONTROLS


def test_a_type_is_the_engines_or_a_handlers() -> None:
    assert not {name.lower() for name in HANDLERS} & set(CONTROLS)


async def test_an_unknown_type_says_what_to_add(services, activity):
    with pytest.raises(ActivityFailed, match=r"'Copy'.*HANDLERS") as failure:
        await run_activity(activity("Copy"), services)
    assert failure.value.code == "NotSupportedByEmulator"


async def test_a_data_flow_is_refused_with_its_reason(services, activity):
    with pytest.raises(ActivityFailed, match=r"'ExecuteDataFlow'.*stub"):
        await run_activity(activity("ExecuteDataFlow"), services)
