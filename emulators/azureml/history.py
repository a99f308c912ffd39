"""Run history: what scripts report about their runs, and what can be asked for afterwards."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from emulators.azureml.errors import InvalidField, PropertyIsImmutable
from emulators.azureml.runs import PipelineRun, RunTable, timestamp
from emulators.kernel.clock import Clock
from emulators.kernel.masking import masker
from emulators.kernel.store import Document, DocumentStore

_METRIC_TYPES = ("azureml.v1.scalar", "azureml.v1.list", "azureml.v1.table")
"""The last two names are assumed; the first was seen in answers of the real service."""


class History:
    """Metrics, tags and properties of runs. Metrics lie in the store by the run they were logged to."""

    def __init__(self, store: DocumentStore, runs: RunTable, clock: Clock) -> None:
        self._store = store
        self._runs = runs
        self._clock = clock
        self._counts: dict[str, int] = {}

    def log_metric(self, run_id: str, body: Mapping[str, Any]) -> Document:
        """Keep a metric of a run or step: `{"name", "metricType", "description"?, "cells": [{column: value}]}`.

        Raises NotFound for an unknown run, InvalidField for a metric that is none.
        """
        entry = self._runs.entry(run_id)
        name, kind, cells = body.get("name"), body.get("metricType"), body.get("cells")
        if not isinstance(name, str) or not name:
            raise InvalidField("name", "a text")
        if kind not in _METRIC_TYPES:
            raise InvalidField("metricType", f"one of {', '.join(_METRIC_TYPES)}")
        if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
            raise InvalidField("cells", "a list of objects")
        number = self._next_number(entry.id)
        metric: Document = {
            "runId": entry.id,
            "metricId": f"{entry.id}/{number}",
            "metricType": kind,
            "createdUtc": timestamp(self._clock.now()),
            "name": name,
            "description": str(body.get("description") or ""),
            "numCells": len(cells),
            "cells": [{column: _json_value(value) for column, value in cell.items()} for cell in cells],
            "schema": _schema(cells),
        }
        self._store.put(_kind(entry.id), str(number), metric)
        return metric

    def _next_number(self, run_id: str) -> int:
        """Counted in memory: asking the store each time would make many metrics slow."""
        number = self._counts.get(run_id)
        if number is None:
            number = sum(1 for _ in self._store.list(_kind(run_id)))
        self._counts[run_id] = number + 1
        return number

    def metrics(self, run_id: str) -> list[Document]:
        """The metrics of a run in the order of their logging; a pipeline run's include those of its steps.

        Raises NotFound.
        """
        entry = self._runs.entry(run_id)
        ids = [entry.id]
        if isinstance(entry, PipelineRun):
            ids += [step.id for step in entry.steps]
        return [metric for one in ids for _, metric in self._store.list(_kind(one))]

    def change(self, run_id: str, body: Mapping[str, Any]) -> None:
        """Set tags, add properties, or declare a run failed (`{"tags", "properties", "error"}`, each optional).

        Raises NotFound, InvalidField, PropertyIsImmutable.
        """
        entry, run = self._runs.entry(run_id), self._runs.owner(run_id)
        tags, properties = dict(_texts(body, "tags")), dict(_texts(body, "properties"))
        for name, value in properties.items():
            if entry.properties.get(name, value) != value:
                raise PropertyIsImmutable(name)
        error = body.get("error")
        if error is not None and not isinstance(error, str):
            raise InvalidField("error", "a text")
        entry.tags.update(tags)
        entry.properties.update(properties)
        entry.failure = masker.mask(error) if error is not None else entry.failure
        self._runs.save(run)


def _kind(run_id: str) -> str:
    return f"azureml.metric.{run_id}"


def _schema(cells: list[dict[str, Any]]) -> Document:
    columns = {column: value for cell in cells for column, value in cell.items()}
    properties = [
        {"propertyId": column, "name": column, "type": _type_name(value)} for column, value in columns.items()
    ]
    return {"numProperties": len(properties), "properties": properties}


def _type_name(value: object) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int):
        return "int"
    return "float" if isinstance(value, float) else "string"


def _json_value(value: Any) -> Any:
    """Metrics may be NaN or infinite, JSON numbers may not: those travel as texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else json.dumps(value)


def _texts(body: Mapping[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Texts by name; numbers and booleans become texts, as the SDK makes them."""
    given = body.get(name) or {}
    if not isinstance(given, dict):
        raise InvalidField(name, "an object")
    for key, value in given.items():
        if isinstance(value, dict | list):
            raise InvalidField(f"{name}.{key}", "a text")
        yield key, "" if value is None else str(value)
