"""A cloud as the steps see it: SDK clients, names and a clock, nothing else."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from azure.mgmt.datafactory import DataFactoryManagementClient
from azure.storage.blob import BlobServiceClient

from steps.training import TrainingRuns


class Clock(Protocol):
    """The time that scenarios live in."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None: ...


class WallClock:
    """Everybody's time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Names:
    """What this cloud calls its things. `patience` is how long, in seconds, a file may take from end to end."""

    resource_group: str
    factory: str
    pipeline: str
    input_container: str
    training_container: str
    testing_container: str
    rejected_container: str
    patience: float = 300.0
    poll_interval: float = 0.25


@dataclass(frozen=True)
class Cloud:
    """One cloud, ready to be used."""

    name: str
    names: Names
    clock: Clock
    storage: BlobServiceClient
    factory: DataFactoryManagementClient
    training: TrainingRuns
