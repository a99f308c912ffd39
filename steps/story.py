"""What one scenario remembers between its sentences: the files it made and what became of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

from steps.cloud import Cloud
from steps.ingestion import Arrival, Outcome, drop, outcomes

DriverRecords = Callable[[int, int], bytes]
"""Makes a file of driver records: number of records, seed → content."""


@dataclass
class File:
    """A file before it arrives. `unfit_record` is the one record, if any, that cannot be used."""

    name: str
    content: bytes
    unfit_record: bytes | None = None


@dataclass
class Story:
    """One scenario on one cloud. Its files arrive in a folder of their own, so that scenarios do not meet."""

    cloud: Cloud
    folder: str = field(default_factory=lambda: f"scenario-{uuid4().hex[:12]}")
    files: list[File] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    seed: int = field(default_factory=lambda: uuid4().int % 1_000_000)
    _outcomes: dict[str, list[Outcome]] = field(default_factory=dict)

    @property
    def file(self) -> File:
        """The file that the scenario is about: the first."""
        return self.files[0]

    def arrive(self, *files: File) -> None:
        """The files arrive, one straight after the other."""
        for file in files:
            self.arrivals.append(drop(self.cloud, self.folder, file.name, file.content))

    def outcome(self, file: File | None = None) -> Outcome:
        """How the latest arrival of a file ended; waits for the end."""
        wanted = file or self.file
        arrivals = [arrival for arrival in self.arrivals if arrival.name == wanted.name]
        seen = self._outcomes.get(wanted.name, [])
        if len(seen) < len(arrivals):
            seen = outcomes(self.cloud, arrivals[0], expected=len(arrivals))
            self._outcomes[wanted.name] = seen
        return seen[-1]
