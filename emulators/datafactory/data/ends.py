"""The two ends of a copy of rows by what their datasets are: files, or tables of a database."""

from typing import Any

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.reading import Reading
from emulators.datafactory.data.rows import RowsSource
from emulators.datafactory.data.settings import Settings
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.data.sql.partitions import DEFAULT_PIECES
from emulators.datafactory.data.sql.source import SqlRows


def rows_source(
    place: Any, dataset: Dataset, settings: Settings, *, pieces: int = DEFAULT_PIECES, snapshot: bool = True
) -> RowsSource:
    """The rows of a dataset, `place` being what its linked service names; `pieces` and `snapshot` are those of SqlRows.

    Raises InvalidSettings or Unsupported where dataset and `settings` do not fit together.
    """
    if dataset.type in TABLES:
        return SqlRows.read(place, dataset, settings, pieces, snapshot=snapshot)
    return Reading(place, dataset, settings)


def source_types(dataset: Dataset) -> tuple[str, ...]:
    """The `type`s that a copy's source may have on this dataset."""
    return TABLES[dataset.type].sources if dataset.type in TABLES else (f"{dataset.type}Source",)


def sink_types(dataset: Dataset) -> tuple[str, ...]:
    """The `type`s that a copy's sink may have on this dataset."""
    return TABLES[dataset.type].sinks if dataset.type in TABLES else (f"{dataset.type}Sink",)
