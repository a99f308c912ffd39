"""GetMetadata: the properties of a file, a folder, a container or a table that a dataset names.

The code 2011 is assumed; the documentation gives none.
"""

import time
from typing import Any

from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.places import check_folders, ended, failures_of, in_thread, place_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.metadata import get_metadata
from emulators.datafactory.data.sql.metadata import table_metadata
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.engine.activity import Activity

CODE = "2011"


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: the fields of `fieldList`, and the common tail."""
    began = time.monotonic()
    properties = activity.type_properties
    fields = properties.get("fieldList")
    if not isinstance(fields, list) or not fields or not all(isinstance(name, str) for name in fields):
        raise ActivityFailed("2103", "Please provide value for the required property 'fieldList'.")
    with failures_of(CODE):
        place = await place_of(properties.get("dataset"), activity, services)
        if isinstance(place.store, StandIn):
            found = await in_thread(lambda check: table_metadata(place.store, place.dataset, fields, check))
        else:
            check_folders(place, activity)
            dataset, source = place.dataset.as_source(properties)
            found = await in_thread(lambda check: get_metadata(place.store, dataset, fields, source))
    return ended(found, services, time.monotonic() - began)
