"""Delete: removes the files that a dataset means, and tells how many; with logging, which. The code 2300 is assumed."""

import time
from typing import Any

from emulators.datafactory.activities.places import ended, failures_of, folders_of, in_thread, log_store_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.deletion import delete
from emulators.datafactory.data.session_log import DELETE_COLUMNS, SessionLog
from emulators.datafactory.data.settings import flag, number, section, text
from emulators.datafactory.engine.activity import Activity

CODE = "2300"


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: what was asked for, `filesDeleted`, with logging `logPath`, and the common tail."""
    began = time.monotonic()
    properties = activity.type_properties
    with failures_of(CODE):
        place = await folders_of(properties.get("dataset"), activity, services)
        settings = {"recursive": properties.get("recursive", False), **section(properties, "storeSettings")}
        log = await _log(activity, services) if flag(properties, "enableLogging") else None

        def work(check: Any) -> int:
            try:
                return delete(place.store, place.dataset, settings, log, check)
            finally:
                if log is not None:
                    log.close()

        deleted = await in_thread(work)
        output = {
            "datasetName": place.dataset.name,
            "type": text(place.dataset.properties.get("location") or {}, "type"),
            "prefix": text(settings, "prefix") or place.dataset.location.path,
            "container": place.dataset.location.container,
            "recursive": flag(settings, "recursive"),
            "isWildcardUsed": bool(text(settings, "wildcardFileName") or text(settings, "wildcardFolderPath")),
            "maxConcurrentConnections": number(settings, "maxConcurrentConnections") or 1,
            "filesDeleted": deleted,
            **({"logPath": log.path} if log is not None and deleted else {}),
        }
    return ended(output, services, time.monotonic() - began)


async def _log(activity: Activity, services: ActivityServices) -> SessionLog:
    settings = section(activity.type_properties, "logStorageSettings")
    store = await log_store_of(settings, activity, services)
    folder = f"{text(settings, 'path').strip('/')}/{activity.name}/{activity.activity_run_id}"
    return SessionLog(store, folder, DELETE_COLUMNS)
