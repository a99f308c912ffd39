"""`dbutils.jobs.taskValues`: small values that one task of a job run leaves for later ones."""

import json
from collections.abc import Mapping
from typing import Any

_LIMIT = 48 * 1024  # bytes of JSON, documented


class TaskValues:
    """Values set by this task, and those that upstream tasks of the same job run have set.

    Outside of a job (`task_key` None) `set` does nothing and `get` gives `debugValue`, as documented.
    """

    def __init__(self, task_key: str | None, upstream: Mapping[str, Mapping[str, Any]]) -> None:
        self._task_key = task_key
        self._upstream = upstream
        self.own: dict[str, Any] = {}

    def set(self, key: str, value: Any) -> None:
        """Keep a JSON value for later tasks. Raises ValueError above 48 KiB, TypeError for what JSON cannot hold."""
        text = json.dumps(value)
        if len(text.encode()) > _LIMIT:
            raise ValueError(f"Task value {key!r} takes {len(text.encode())} bytes of JSON; the limit is {_LIMIT}.")
        if self._task_key is not None:
            self.own[key] = json.loads(text)

    def get(self, taskKey: str, key: str, default: Any = None, debugValue: Any = None) -> Any:  # noqa: N803
        """An upstream task's value, else `default`.

        Raises ValueError without either, TypeError outside of a job without `debugValue`.
        """
        if self._task_key is None:
            if debugValue is None:
                raise TypeError(
                    "Must pass debugValue when calling get outside of a job context. debugValue cannot be None."
                )
            return debugValue
        values = self._upstream.get(taskKey, {})
        if key in values:
            return values[key]
        if default is None:
            raise ValueError(f"No task value with key {key!r} found for task {taskKey!r}, and no default was given.")
        return default


class Jobs:
    """`dbutils.jobs`."""

    def __init__(self, task_values: TaskValues) -> None:
        self.taskValues = task_values
