"""Job definitions by id, durable."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulators.databricks.errors import InvalidParameterValue
from emulators.databricks.jobs.definitions import Settings, normalised
from emulators.databricks.moments import milliseconds
from emulators.databricks.sequence import Sequence
from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore

_KIND = "databricks.job"
_MERGED_BY = {"tasks": "task_key", "job_clusters": "job_cluster_key", "parameters": "name"}
_NO_SETTINGS = ("access_control_list", "idempotency_token")
"""Fields of a create request that are not part of the settings that jobs/get shows."""

JobDocument = dict[str, Any]


class JobCatalogue:
    """All jobs. A document has job_id, creator_user_name, created_time and settings."""

    def __init__(self, store: DocumentStore, clock: Clock, ids: Sequence) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def create(self, settings: Mapping[str, Any], creator: str) -> int:
        """Raises InvalidParameterValue, MalformedRequest, NotSupported."""
        job: JobDocument = {
            "job_id": self._ids.next(),
            "creator_user_name": creator,
            "run_as_user_name": creator,
            "created_time": milliseconds(self._clock.now()),
            "settings": _job_settings(settings),
        }
        self._store.put(_KIND, str(job["job_id"]), job)
        return int(job["job_id"])

    def get(self, job_id: int) -> JobDocument:
        """Raises InvalidParameterValue, as the real service does for an unknown job."""
        job = self._store.get(_KIND, str(job_id))
        if job is None:
            raise InvalidParameterValue(f"Job {job_id} does not exist.")
        return job

    def newest_first(self) -> Iterator[JobDocument]:
        return iter(sorted((job for _, job in self._store.list(_KIND)), key=lambda job: -int(job["job_id"])))

    def reset(self, job_id: int, settings: Mapping[str, Any]) -> None:
        """Replace all settings."""
        self._write(self.get(job_id), settings)

    def update(self, job_id: int, changes: Mapping[str, Any], removed: list[str]) -> None:
        """Replace the given top-level settings, merge arrays by key, drop `removed` (`tasks/<key>` for one task)."""
        job = self.get(job_id)
        settings: Settings = dict(job["settings"])
        for name, value in changes.items():
            settings[name] = _merged(settings.get(name), value, _MERGED_BY.get(name))
        for name in removed:
            _remove(settings, name)
        self._write(job, settings)

    def delete(self, job_id: int) -> None:
        self.get(job_id)
        self._store.delete(_KIND, str(job_id))

    def _write(self, job: JobDocument, settings: Mapping[str, Any]) -> None:
        job["settings"] = _job_settings(settings)
        self._store.put(_KIND, str(job["job_id"]), job)


def _job_settings(settings: Mapping[str, Any]) -> Settings:
    return {
        "name": "Untitled",
        "webhook_notifications": {},
        **normalised({name: value for name, value in settings.items() if name not in _NO_SETTINGS}),
    }


def _merged(present: object, given: object, key: str | None) -> object:
    if key is None or not isinstance(present, list) or not isinstance(given, list):
        return given
    if not all(isinstance(item, dict) and isinstance(item.get(key), str) for item in given):
        return given  # nothing to merge by: the check of the whole settings names what is wrong
    fresh = {item[key]: item for item in given}
    kept = [fresh.pop(item[key], item) for item in present]
    return [*kept, *fresh.values()]


def _remove(settings: Settings, name: str) -> None:
    field, _, key = name.partition("/")
    entries = settings.get(field)
    if key and field in _MERGED_BY and isinstance(entries, list):
        name_of = _MERGED_BY[field]
        settings[field] = [item for item in entries if not (isinstance(item, dict) and item.get(name_of) == key)]
    else:
        settings.pop(field, None)
