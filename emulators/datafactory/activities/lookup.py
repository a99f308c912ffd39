"""Lookup: the rows of a dataset as values for expressions. Everything behind the 5,000th row is dropped in silence, as
documented; the limit of 4 MB is that of every activity's output. The code 2100 is assumed.
"""

import time
from typing import Any

from emulators.datafactory.activities.places import ended, failures_of, in_thread, place_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.ends import rows_source
from emulators.datafactory.data.lookup import look_up
from emulators.datafactory.data.settings import flag, section
from emulators.datafactory.engine.activity import Activity

CODE = "2100"


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `firstRow` (absent when there is none), or with `firstRowOnly` off `count` and `value`; the tail."""
    began = time.monotonic()
    properties = activity.type_properties
    with failures_of(CODE):
        first_only = flag(properties, "firstRowOnly", default=True)
        place = await place_of(properties.get("dataset"), activity, services)
        source = rows_source(place.store, place.dataset, section(properties, "source"), snapshot=False)
        as_text = flag(properties, "treatDecimalAsString")
        rows = await in_thread(lambda check: look_up(source, check, first_only=first_only, decimals_as_text=as_text))
    found = ({"firstRow": rows[0]} if rows else {}) if first_only else {"count": len(rows), "value": rows}
    return ended(found, services, time.monotonic() - began)
