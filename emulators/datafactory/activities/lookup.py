"""Lookup: the rows of a dataset as values for expressions. Everything behind the 5,000th row is dropped in silence, as
documented; the limit of 4 MB is that of every activity's output. The code 2100 is assumed.
"""

import time
from collections.abc import Callable
from typing import Any

from emulators.datafactory.activities.places import ended, failures_of, in_thread, place_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.ends import rows_source
from emulators.datafactory.data.errors import Unsupported
from emulators.datafactory.data.legacy import NEW_MODEL
from emulators.datafactory.data.lookup import look_up
from emulators.datafactory.data.rows import Progress
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
        dataset, source = place.dataset.as_source(section(properties, "source"))
        if dataset.legacy is not None and dataset.legacy.translator is not None:
            raise Unsupported(f"A lookup with 'jsonPathDefinition' (dataset '{dataset.name}')", NEW_MODEL)
        as_text = flag(properties, "treatDecimalAsString")

        def found(check: Callable[[], None]) -> list[dict[str, Any]]:
            rows = rows_source(place.store, dataset, source, check, snapshot=False)
            return look_up(rows, Progress(check), first_only=first_only, decimals_as_text=as_text)

        rows = await in_thread(found)
    output = ({"firstRow": rows[0]} if rows else {}) if first_only else {"count": len(rows), "value": rows}
    return ended(output, services, time.monotonic() - began)
