"""SqlServerStoredProcedure: calls a procedure of a database; locally a table says what the procedure does.

SQLite has no procedures. The stand-in's table of procedures gives the statements for each name; one that is not in it
fails as an unknown procedure does, saying where to put it. The activity's output has nothing but the common tail.
"""

import time
from collections.abc import Mapping
from typing import Any

from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.places import ended, in_thread
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.activities.sql_parameters import Bound, bound, plain_name
from emulators.datafactory.activities.sql_session import SqlFailed, session
from emulators.datafactory.activities.sql_stand_in import FORM, StandIn, stand_in_of
from emulators.datafactory.engine.activity import Activity

FAILED = "2402"
"""Code of a procedure that fails in the database (seen in public reports, not documented)."""

ENDLESS = float("inf")


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the tail."""
    began = time.monotonic()
    name = activity.type_properties.get("storedProcedureName")
    if not isinstance(name, str) or not name:
        raise ActivityFailed("2103", "Please provide value for the required property 'storedProcedureName'.")
    parameters = _parameters(activity.type_properties.get("storedProcedureParameters") or {}, name)
    stand_in = stand_in_of(await services.linked_service(activity), services.databases)
    text = _statements(name, stand_in)
    await in_thread(lambda check: _run(name, text, parameters, stand_in, check))
    return ended({}, services, time.monotonic() - began)


def _run(name: str, text: str, parameters: Bound, stand_in: StandIn, check: Any) -> None:
    with session(stand_in, check) as opened:
        try:
            opened.run(text, parameters, seconds=ENDLESS, max_rows=0)
        except SqlFailed as error:
            raise ActivityFailed(
                FAILED, f"Execution fail against sql server. Error Message: Procedure '{name}': {error}"
            ) from error


def _statements(name: str, stand_in: StandIn) -> str:
    text = stand_in.procedure(name)
    if text is None:
        raise ActivityFailed(
            FAILED,
            "Execution fail against sql server. Sql error number: 2812. Error Message: Could not find stored "
            f"procedure '{name}'. The linked service '{stand_in.linked_service}' is a local stand-in without "
            f"procedures of its own: give its statements in the table that the connection string names ({FORM}).",
        )
    return text


def _parameters(written: Any, name: str) -> Bound:
    if not isinstance(written, Mapping) or not all(isinstance(item, Mapping) for item in written.values()):
        raise ActivityFailed("2104", f"'storedProcedureParameters' of '{name}' maps names to values and types.")
    return {
        plain_name(key): bound(key, item.get("type"), item.get("value"), f"procedure '{name}'")
        for key, item in written.items()
    }
