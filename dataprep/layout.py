"""Where things lie: the containers, and the one place that decides a run's output path.

Data Factory hands the training call the path that the preparation answered with, the check builds it from
the same function, and the Azure ML datastore points at the training container: so all of them mean the same
blob. A run writes only below its own run id.
"""

from typing import NamedTuple

TRAINING = "trainingdata"
TESTING = "testingdata"
REJECTED = "rejecteddata"
LEDGER = "ledger"


class Blob(NamedTuple):
    """One blob by its container and its path in it (no leading slash; any name, not percent-encoded)."""

    container: str
    path: str

    @property
    def folder(self) -> str:
        """The path without its last part; empty at the top of the container."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def beside(self, name: str) -> "Blob":
        """Another path in the same folder."""
        return Blob(self.container, f"{self.folder}/{name}" if self.folder else name)


def arrived(folder_path: str, file_name: str) -> Blob:
    """The dropped blob from what a storage event trigger tells: `container[/folder…]` and the file's name."""
    container, _, folder = folder_path.strip("/").partition("/")
    return Blob(container, f"{folder}/{file_name}" if folder else file_name)


def output(container: str, run_id: str, file_name: str) -> Blob:
    """A run's output for one dropped file: `<container>/<run id>/<file>`."""
    return Blob(container, f"{run_id}/{file_name}")
