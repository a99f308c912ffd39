"""SqlServerStoredProcedure: calls a procedure of a database; locally a table says what the procedure does.

SQLite has no procedures. The stand-in's table of procedures gives the statements for each name; one that is not in it
fails as an unknown procedure does, saying where to put it. The activity's output has nothing but the common tail.
"""

import time
from typing import Any

from emulators.datafactory.activities.databases import database_of, failures_of_properties
from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.places import ended, in_thread
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.sql.parameters import Bound, of_procedure
from emulators.datafactory.data.sql.session import ENDLESS, SqlFailed, session
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.engine.activity import Activity

FAILED = "2402"
"""Code of a procedure that fails in the database (seen in public reports, not documented)."""


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the tail."""
    began = time.monotonic()
    name = activity.type_properties.get("storedProcedureName")
    if not isinstance(name, str) or not name:
        raise ActivityFailed("2103", "Please provide value for the required property 'storedProcedureName'.")
    with failures_of_properties():
        parameters = of_procedure(activity.type_properties.get("storedProcedureParameters"), name)
    stand_in = await database_of(activity, services)
    text = _statements(name, stand_in)
    await in_thread(lambda check: _run(name, text, parameters, stand_in, check))
    return ended({}, services, time.monotonic() - began)


def _run(name: str, text: str, parameters: Bound, stand_in: StandIn, check: Any) -> None:
    try:
        with session(stand_in, check) as opened:
            opened.run(text, parameters, seconds=ENDLESS, max_rows=0)
    except SqlFailed as error:
        raise ActivityFailed(
            FAILED, f"Execution fail against sql server. Error Message: Procedure '{name}': {error}"
        ) from error


def _statements(name: str, stand_in: StandIn) -> str:
    try:
        return stand_in.procedure(name)
    except DataError as error:
        raise ActivityFailed(FAILED, f"Execution fail against sql server. {error.message}") from error
