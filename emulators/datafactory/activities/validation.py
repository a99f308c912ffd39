"""Validation: looks again and again until a dataset is there and as it should be. The time between is emulated.

Without a timeout it waits twelve hours, as documented (older API text says seven days). The output is assumed.
"""

from collections.abc import Mapping
from typing import Any

from emulators.datafactory.activities.failure import ActivityFailed
from emulators.datafactory.activities.places import Place, failures_of, folders_of, in_thread
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.metadata import Item, find_item
from emulators.datafactory.data.settings import flag, number
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.timestamps import parse_timespan

CODE = "2012"
DEFAULT_TIMEOUT = "0.12:00:00"
DEFAULT_SLEEP = 10
"""Seconds between two looks."""


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `exists`, `itemName`, `itemType`, and `size` for a file or `childItems` for a folder."""
    properties = activity.type_properties
    try:
        timeout = parse_timespan(str(properties.get("timeout") or DEFAULT_TIMEOUT))
    except ValueError as error:
        raise ActivityFailed("2104", f"'timeout': {error}") from error
    end = services.clock.now() + timeout
    with failures_of(CODE):
        pause = max(1, number(properties, "sleep") or DEFAULT_SLEEP)
        with services.clock.work():
            place = await folders_of(properties.get("dataset"), activity, services)
        while True:
            with services.clock.work():
                item = await in_thread(lambda check: find_item(place.store, place.dataset))
            if item is not None and _is_as_wanted(item, properties):
                return _output(item)
            if services.clock.now() >= end:
                raise _timed_out(place, timeout)
            await services.clock.sleep(min(pause, (end - services.clock.now()).total_seconds()))


def _is_as_wanted(item: Item, properties: Mapping[str, Any]) -> bool:
    minimum = number(properties, "minimumSize")
    if item.children is None:
        return minimum is None or (item.file is not None and item.file.size >= minimum)
    if properties.get("childItems") is None:
        return True
    return flag(properties, "childItems") == bool(item.children.files or item.children.folders)


def _output(item: Item) -> dict[str, Any]:
    output: dict[str, Any] = {"exists": True, "itemName": item.name}
    if item.children is None:
        return {**output, "itemType": "File", "size": item.file.size if item.file else 0}
    folders = [{"name": name, "type": "Folder"} for name in item.children.folders]
    files = [{"name": file.name, "type": "File"} for file in item.children.files]
    return {**output, "itemType": "Folder", "childItems": folders + files}


def _timed_out(place: Place, timeout: Any) -> ActivityFailed:
    return ActivityFailed(
        "ActionTimedOut",
        f"The dataset '{place.dataset.name}' did not become what the validation waits for within {timeout}.",
    )
