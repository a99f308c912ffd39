"""`Run`: a script reports on its own run over HTTP, with the token that the run was given.

Standard library only, for it runs in the script's interpreter. Every call is done when it returns. What v1's `Run`
can and this one cannot raises NotImplementedError by its name.
"""

import json
import math
import os
import shutil
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

_SCALAR, _LIST, _TABLE = "azureml.v1.scalar", "azureml.v1.list", "azureml.v1.table"


class RunHistoryError(RuntimeError):
    """Run history refused a report or cannot be reached; the text is its answer."""


class _Channel:
    """HTTP to run history."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._token = variables["AZUREML_RUN_TOKEN"]
        self._base = (
            f"{variables['AZUREML_RUN_HISTORY_SERVICE_ENDPOINT']}/history/v1.0"
            f"/subscriptions/{variables['AZUREML_ARM_SUBSCRIPTION']}"
            f"/resourceGroups/{variables['AZUREML_ARM_RESOURCEGROUP']}"
            "/providers/Microsoft.MachineLearningServices"
            f"/workspaces/{quote(variables['AZUREML_ARM_WORKSPACE_NAME'])}"
            f"/experiments/{quote(variables['AZUREML_EXPERIMENT_NAME'])}/runs/"
        )
        context = ssl.create_default_context(cafile=variables.get("SSL_CERT_FILE"))
        # the machine's proxies are not for the local cloud
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )

    def call(self, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
        body = None if document is None else json.dumps(document).encode()
        return self._send(method, path, body, {"Content-Type": "application/json"})

    def upload(self, path: str, file: IO[bytes], size: int) -> None:
        self._send("PUT", path, file, {"Content-Type": "application/octet-stream", "Content-Length": str(size)})

    def _send(self, method: str, path: str, body: Any, headers: Mapping[str, str]) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is the one the emulator gave
            self._base + path, data=body, method=method, headers={**headers, "Authorization": f"Bearer {self._token}"}
        )
        try:
            with self._opener.open(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise RunHistoryError(f"{method} {path}: {_message(error.read())}") from None
        except urllib.error.URLError as error:
            raise RunHistoryError(f"{method} {path}: run history cannot be reached: {error.reason}") from error
        return json.loads(text) if text else None


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode("utf-8", "replace")


class _Loud:
    """Attributes that are not there raise by their name."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotImplementedError(
            f"{type(self).__name__}.{name} is not in the azureml shim of the local cloud. "
            "To support it add it to emulators/azureml/shim."
        )


class Experiment(_Loud):
    """The experiment of a run; only its name is known."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Experiment(Name: {self.name})"


class Model(_Loud):
    """A registered model."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.id: str = document["id"]
        self.name: str = document["name"]
        self.version: int = document["version"]


class Run(_Loud):
    """The run of this process, or its parent."""

    def __init__(self, channel: _Channel, run_id: str, experiment: Experiment, parent_id: str | None) -> None:
        self._channel = channel
        self._parent_id = parent_id
        self.id = run_id
        self.experiment = experiment

    @classmethod
    def get_context(cls, allow_offline: bool = True) -> "Run":
        """The run this process is a step of. Raises RuntimeError outside of one."""
        if "AZUREML_RUN_ID" not in os.environ:
            raise RuntimeError("This process is no step of an Azure ML run: AZUREML_RUN_ID is not set.")
        variables = os.environ
        return cls(
            _Channel(variables),
            variables["AZUREML_RUN_ID"],
            Experiment(variables["AZUREML_EXPERIMENT_NAME"]),
            variables["AZUREML_ROOT_RUN_ID"],
        )

    @property
    def parent(self) -> "Run | None":
        """The pipeline run of a step, None for a pipeline run."""
        if self._parent_id is None:
            return None
        return Run(self._channel, self._parent_id, self.experiment, None)

    @property
    def number(self) -> int:
        return int(self._document()["runNumber"])

    def log(self, name: str, value: Any, description: str = "", step: int | None = None) -> None:
        """Log one value; a name may be logged again and again."""
        cell = {name: _plain(value)} if step is None else {name: _plain(value), "step": step}
        self._log(name, _SCALAR, [cell], description)

    def log_list(self, name: str, value: Sequence[Any], description: str = "") -> None:
        """Log a list of values at once."""
        self._log(name, _LIST, [{name: _plain(item)} for item in value], description)

    def log_row(self, name: str, description: str = "", **kwargs: Any) -> None:
        """Log one row of a table, a column per keyword."""
        self._log(name, _TABLE, [{column: _plain(value) for column, value in kwargs.items()}], description)

    def tag(self, key: str, value: Any = None) -> None:
        self.set_tags({key: value})

    def set_tags(self, tags: Mapping[str, Any]) -> None:
        self._channel.call("PATCH", self.id, {"tags": dict(tags)})

    def add_properties(self, properties: Mapping[str, Any]) -> None:
        """Add properties; one that exists cannot be changed."""
        self._channel.call("PATCH", self.id, {"properties": dict(properties)})

    def get_tags(self) -> dict[str, str]:
        return dict(self._document()["tags"])

    def get_properties(self) -> dict[str, str]:
        return dict(self._document()["properties"])

    def get_status(self) -> str:
        return str(self._document()["status"])

    def get_metrics(self, name: str | None = None) -> dict[str, Any]:
        """Metrics by name: a value, a list where a name was logged more than once, columns of a table."""
        found: dict[str, Any] = {}
        for metric in self._channel.call("GET", f"{self.id}/metrics")["value"]:
            if name in (None, metric["name"]):
                _merge(found, metric)
        return found

    def upload_file(self, name: str, path_or_stream: str | os.PathLike[str] | IO[bytes]) -> None:
        """Keep a file as the run's artifact `name`."""
        with _opened(path_or_stream) as (file, size):
            self._channel.upload(f"{self.id}/artifacts/{quote(name)}", file, size)

    def upload_folder(self, name: str, path: str | os.PathLike[str]) -> None:
        """Keep every file of a folder as artifacts below `name`."""
        root = Path(path)
        for file in sorted(root.rglob("*")):
            if file.is_file():
                self.upload_file(f"{name}/{file.relative_to(root).as_posix()}", file)

    def register_model(
        self,
        model_name: str,
        model_path: str | None = None,
        tags: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
        description: str | None = None,
    ) -> Model:
        """Register an artifact (`outputs/…` or an uploaded one) as the next version of a model."""
        document = {
            "name": model_name,
            "path": model_path or model_name,
            "tags": dict(tags or {}),
            "properties": dict(properties or {}),
            "description": description,
        }
        return Model(self._channel.call("POST", f"{self.id}/models", document))

    def fail(self, error_details: Any = None, error_code: str | None = None) -> None:
        """Declare the run failed, whatever its process's exit code will be."""
        text = str(error_details) if error_details else "no details given"
        self._channel.call("PATCH", self.id, {"error": f"{error_code}: {text}" if error_code else text})

    def complete(self) -> None:
        """Nothing to do: a step's run is over when its process is, and its exit code says how."""

    def flush(self, timeout_seconds: float = 300) -> None:
        """Nothing to do: every report is done when its call returns."""

    def _document(self) -> Mapping[str, Any]:
        document: Mapping[str, Any] = self._channel.call("GET", self.id)
        return document

    def _log(self, name: str, kind: str, cells: list[dict[str, Any]], description: str) -> None:
        document = {"name": name, "metricType": kind, "cells": cells, "description": description}
        self._channel.call("POST", f"{self.id}/metrics", document)


def _plain(value: Any) -> Any:
    """A value JSON can carry: NumPy's scalars become Python's, NaN and infinities become texts."""
    item = getattr(value, "item", None)
    plain = item() if callable(item) else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return str(plain)
    if not isinstance(plain, str | int | float | bool | None):
        raise TypeError(f"a metric's value is a number, a text or a boolean, not {type(value).__name__}")
    return plain


def _merge(found: dict[str, Any], metric: Mapping[str, Any]) -> None:
    name, cells = metric["name"], metric["cells"]
    if metric["metricType"] == _TABLE:
        table = found.setdefault(name, {})
        for cell in cells:
            for column, value in cell.items():
                _append(table, column, value)
        return
    for cell in cells:
        _append(found, name, cell[name])
    if metric["metricType"] == _LIST and not isinstance(found.get(name), list):
        found[name] = [found[name]] if name in found else []


def _append(target: dict[str, Any], key: str, value: Any) -> None:
    if key not in target:
        target[key] = value
    elif isinstance(target[key], list):
        target[key].append(value)
    else:
        target[key] = [target[key], value]


@contextmanager
def _opened(source: str | os.PathLike[str] | IO[bytes]) -> Iterator[tuple[IO[bytes], int]]:
    """A file and its size; a stream is spooled to disk first, for its size is not known."""
    if isinstance(source, str | os.PathLike):
        with Path(source).open("rb") as file:
            yield file, os.fstat(file.fileno()).st_size
        return
    with tempfile.TemporaryFile() as spool:
        shutil.copyfileobj(source, spool)
        size = spool.tell()
        spool.seek(0)
        yield spool, size
