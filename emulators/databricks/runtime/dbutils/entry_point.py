"""`dbutils.notebook.entry_point`: the undocumented but widely used way to ask where a notebook runs.

On Databricks this is a Java object; here it is Python with the same method names, for the questions that notebooks
are seen to ask. Options answer `.get()`, `.isDefined()` and `.getOrElse(…)`, as Scala's do.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from emulators.databricks.runtime.runs import RunContext
from emulators.databricks.runtime.unsupported import UnsupportedError


@dataclass(frozen=True)
class Option:
    """A Scala Option of a string."""

    value: str | None

    def get(self) -> str:
        if self.value is None:
            raise ValueError("java.util.NoSuchElementException: None.get")
        return self.value

    def isDefined(self) -> bool:  # noqa: N802
        return self.value is not None

    def isEmpty(self) -> bool:  # noqa: N802
        return self.value is None

    def getOrElse(self, default: str | Callable[[], str]) -> str:  # noqa: N802
        if self.value is not None:
            return self.value
        return default() if callable(default) else default

    def toString(self) -> str:  # noqa: N802
        return "None" if self.value is None else f"Some({self.value})"


class Tags:
    """A Scala map of strings: `get` gives an Option, `apply` a value."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def get(self, key: str) -> Option:
        return Option(self._values.get(key))

    def apply(self, key: str) -> str:
        return self.get(key).get()

    def contains(self, key: str) -> bool:
        return key in self._values


class NotebookContext:
    """Where the code runs: path (of a notebook only), ids, address and token of its workspace."""

    def __init__(self, context: RunContext, notebook_path: str | None, run_id: int) -> None:
        self._context = context
        self._path = notebook_path
        self._run_id = run_id

    def notebookPath(self) -> Option:  # noqa: N802
        return Option(self._path)

    def apiUrl(self) -> Option:  # noqa: N802
        return Option(self._context.host)

    def apiToken(self) -> Option:  # noqa: N802
        return Option(self._context.token)

    def clusterId(self) -> Option:  # noqa: N802
        return Option(self._context.cluster_id)

    def workspaceId(self) -> Option:  # noqa: N802
        return Option(self._context.org_id)

    def userName(self) -> Option:  # noqa: N802
        return Option(self._context.user or None)

    def jobId(self) -> Option:  # noqa: N802
        return Option(_text(self._context.job_id))

    def currentRunId(self) -> Option:  # noqa: N802
        return Option(str(self._run_id))

    def browserHostName(self) -> Option:  # noqa: N802
        return Option(self._context.host.split("://", 1)[-1])

    def tags(self) -> Tags:
        return Tags(self._tags())

    def toJson(self) -> str:  # noqa: N802
        extra = self._place() | {"api_token": self._context.token}
        return json.dumps(
            {"rootRunId": None, "currentRunId": {"id": self._run_id}, "tags": self._tags(), "extraContext": extra}
        )

    def safeToJson(self) -> str:  # noqa: N802
        attributes = self._tags() | self._place()
        return json.dumps({"attributes": attributes})

    def __getattr__(self, name: str) -> Callable[[], str]:
        raise UnsupportedError(f"The notebook context's {name}()", "Add it to dbutils/entry_point.py.")

    def _place(self) -> dict[str, str]:
        return {"api_url": self._context.host} | ({"notebook_path": self._path} if self._path else {})

    def _tags(self) -> dict[str, str]:
        context = self._context
        named = {
            "clusterId": context.cluster_id,
            "orgId": context.org_id,
            "user": context.user or None,
            "jobId": _text(context.job_id),
            "runId": str(self._run_id),
            "jobRunId": _text(context.job_run_id),
            "multitaskParentRunId": _text(context.job_run_id),
            "taskKey": context.task_key,
            "notebookPath": self._path,
            "browserHostName": self.browserHostName().get(),
        }
        return {name: value for name, value in named.items() if value is not None}


class _NotebookUtility:
    def __init__(self, context: NotebookContext) -> None:
        self._context = context

    def getContext(self) -> NotebookContext:  # noqa: N802
        return self._context


class _JavaDbutils:
    def __init__(self, context: NotebookContext) -> None:
        self._context = context

    def notebook(self) -> _NotebookUtility:
        return _NotebookUtility(self._context)

    def __getattr__(self, name: str) -> Callable[[], str]:
        raise UnsupportedError(f"entry_point.getDbutils().{name}()", "Use dbutils itself.")


class EntryPoint:
    """The object behind `dbutils.notebook.entry_point`."""

    def __init__(self, context: NotebookContext) -> None:
        self._context = context

    def getDbutils(self) -> _JavaDbutils:  # noqa: N802
        return _JavaDbutils(self._context)


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
