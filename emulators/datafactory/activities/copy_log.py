"""Where a copy leaves its log: by `logSettings`, or by the two settings from before it, `logStorageSettings` and
`redirectIncompatibleRowSettings`, which are still taken.
"""

import csv

from emulators.datafactory.activities.places import log_store_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.session_log import COPY_COLUMNS, CopyLog, LogFile, RedirectedRows, SessionLog
from emulators.datafactory.data.settings import Settings, flag, section, text
from emulators.datafactory.engine.activity import Activity

LEVELS = frozenset({"info", "warning"})


async def copy_log(activity: Activity, services: ActivityServices) -> CopyLog:
    """The log that a copy asks for, one that forgets everything where it asks for none."""
    properties = activity.type_properties
    settings = section(properties, "logSettings")
    if flag(settings, "enableCopyActivityLog"):
        how, where = section(settings, "copyActivityLogSettings"), section(settings, "logLocationSettings")
        return await _session_log(activity, services, how, where)
    if section(properties, "logStorageSettings") and not settings:
        older = section(properties, "logStorageSettings")
        return await _session_log(activity, services, older, older)
    redirected = section(properties, "redirectIncompatibleRowSettings")
    if redirected and flag(properties, "enableSkipIncompatibleRow"):
        store = await log_store_of(redirected, activity, services)
        folder = f"{_path(redirected) or 'redirectedrows'}/{activity.activity_run_id}"
        return RedirectedRows(LogFile(store, folder, quoting=csv.QUOTE_ALL), store.place("").rstrip("/"))
    return CopyLog()


async def _session_log(activity: Activity, services: ActivityServices, how: Settings, where: Settings) -> SessionLog:
    """In the folder that is documented; without a path in a container of its own (documented, its name is assumed)."""
    level = text(how, "logLevel", "Warning").lower()
    if level not in LEVELS:
        raise InvalidSettings(f"'{text(how, 'logLevel')}' is no level of a log; there are Info and Warning.", "Sink")
    reliable = flag(how, "enableReliableLogging")
    store = await log_store_of(where, activity, services)
    folder = f"{_path(where)}/copyactivity-logs/{activity.name}/{activity.activity_run_id}"
    return SessionLog(LogFile(store, folder, COPY_COLUMNS), informs=level == "info", reliable=reliable)


def _path(where: Settings) -> str:
    return text(where, "path").strip("/")
