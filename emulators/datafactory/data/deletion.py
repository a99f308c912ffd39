"""Delete: the files that a dataset and its store settings mean, and the folder itself where all of it is meant."""

from collections.abc import Callable
from typing import Any

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.session_log import LogFile
from emulators.datafactory.data.settings import Settings, flag, text

FILTERS = (
    "wildcardFileName",
    "wildcardFolderPath",
    "prefix",
    "fileListPath",
    "modifiedDatetimeStart",
    "modifiedDatetimeEnd",
)


def delete(store: Any, dataset: Dataset, settings: Settings, log: LogFile | None, check: Callable[[], None]) -> int:
    """Delete and return how many files that were; `check` is called between files and may raise.

    Without `recursive` only the files directly in the folder go (documented default of this activity).
    """
    count = 0
    settings = {"recursive": False, **settings}
    for selected in list(chosen(store, dataset.location, settings)):
        check()
        store.delete(selected.file)
        count += 1
        if log is not None:
            log.line(selected.file.path, "File", "Deleted", "")
    whole = not dataset.location.file and not any(text(settings, name) for name in FILTERS)
    if whole and dataset.location.folder and flag(settings, "recursive"):
        store.delete_folder(dataset.location.container, dataset.location.folder)
    return count
