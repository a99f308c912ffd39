"""The two ends of a copy of rows by what their datasets are: files, tables of a database, or a REST resource."""

from typing import Any

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, Side
from emulators.datafactory.data.reading import Reading
from emulators.datafactory.data.rest_service import Check, RestService
from emulators.datafactory.data.rest_source import RestReading
from emulators.datafactory.data.rows import RowsSource
from emulators.datafactory.data.settings import Settings
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.data.sql.partitions import DEFAULT_PIECES
from emulators.datafactory.data.sql.source import SqlRows

REST = "RestResource"
_REST_TYPES = {"source": ("RestSource",), "sink": ("RestSink",)}


def rows_source(
    place: Any,
    dataset: Dataset,
    settings: Settings,
    check: Check,
    *,
    pieces: int = DEFAULT_PIECES,
    snapshot: bool = True,
) -> RowsSource:
    """The rows of a dataset, `place` being what its linked service names; `pieces` and `snapshot` are those of SqlRows.

    Raises InvalidSettings or Unsupported where place, dataset and `settings` do not fit together.
    """
    check_fits(place, dataset)
    if dataset.type in TABLES:
        return SqlRows.read(place, dataset, settings, pieces, snapshot=snapshot)
    if dataset.type == REST:
        return RestReading(place, dataset, settings, check)
    return Reading(place, dataset, settings)


def check_fits(place: Any, dataset: Dataset, side: Side = "Source") -> None:
    """Raise InvalidSettings for a dataset of a kind that its linked service has not."""
    if isinstance(place, RestService) != (dataset.type == REST):
        raise InvalidSettings(
            f"The dataset '{dataset.name}' of type {dataset.type} does not fit its linked service: {REST} goes with "
            "RestService, and nothing else does.",
            side,
        )


def source_types(dataset: Dataset) -> tuple[str, ...]:
    """The `type`s that a copy's source may have on this dataset."""
    return _types(dataset, "source")


def sink_types(dataset: Dataset) -> tuple[str, ...]:
    """The `type`s that a copy's sink may have on this dataset, none where it cannot be one."""
    return _types(dataset, "sink")


def _types(dataset: Dataset, end: str) -> tuple[str, ...]:
    if dataset.type in TABLES:
        kind = TABLES[dataset.type]
        return kind.sources if end == "source" else kind.sinks
    return _REST_TYPES[end] if dataset.type == REST else (f"{dataset.type}{end.title()}",)
