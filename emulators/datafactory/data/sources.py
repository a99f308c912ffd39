"""From an open place to what is read there: files, or a REST resource."""

from typing import Any

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, Side
from emulators.datafactory.data.reading import Reading
from emulators.datafactory.data.rest_service import Check, RestService
from emulators.datafactory.data.rest_source import RestReading
from emulators.datafactory.data.rows import RowsSource
from emulators.datafactory.data.settings import Settings

REST = "RestResource"


def rows_of(place: Any, dataset: Dataset, source: Settings, check: Check) -> RowsSource:
    """Raises InvalidSettings or Unsupported where place, dataset and `source` do not fit together."""
    check_fits(place, dataset)
    if isinstance(place, RestService):
        return RestReading(place, dataset, source, check)
    return Reading(place, dataset, source)


def check_fits(place: Any, dataset: Dataset, side: Side = "Source") -> None:
    """Raise InvalidSettings for a dataset of a kind that its linked service has not."""
    if isinstance(place, RestService) != (dataset.type == REST):
        raise InvalidSettings(
            f"The dataset '{dataset.name}' of type {dataset.type} does not fit its linked service: {REST} goes with "
            "RestService, and nothing else does.",
            side,
        )
