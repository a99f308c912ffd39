"""The database behind an activity's own linked service, for activities that are nothing but SQL.

Their errors have the codes of activities' properties, not those of data movement.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.sql.stand_in import NoDatabase, StandIn, stand_in_of
from emulators.datafactory.engine.activity import Activity

UNSUPPORTED_TYPE = "2110"
WRONG_PROPERTY = "2104"


@contextmanager
def failures_of_properties() -> Iterator[None]:
    """What is wrong with the linked service or with a parameter, as a failure of the activity."""
    try:
        yield
    except NoDatabase as error:
        raise ActivityFailed(UNSUPPORTED_TYPE, error.message) from error
    except InvalidSettings as error:
        raise ActivityFailed(WRONG_PROPERTY, error.message) from error
    except Unsupported as error:
        raise NotBuiltYet(error.what, error.to_add) from error


async def database_of(activity: Activity, services: ActivityServices) -> StandIn:
    """The stand-in that the activity's linked service names; raises ActivityFailed."""
    linked = await services.linked_service(activity)
    with failures_of_properties():
        return stand_in_of(linked.name, linked.type, linked.properties, services.databases)
