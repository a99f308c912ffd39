"""What the storage service is told: its accounts, where Azurite keeps them, and whom its events go to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.clock import Clock, RealClock
from emulators.kernel.server import Listener
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenVerifier
from emulators.storage.azurite.choice import AzuriteWish


@dataclass(frozen=True)
class StorageSettings:
    """The settings of one cloud's storage.

    `accounts`: name to key (base64). `resource_ids`: name to Resource Manager id, needed for accounts with events.
    `event_grid`: name to (publish address, its key); an account without one raises no events. `data_folder`: where
    Azurite keeps blobs, None for memory. `store`: where undelivered events are kept. `clock`: the time that events
    carry. `azurite` and `image`: as `start_azurite` takes them. `verifier`: who checks tokens of the Resource Manager
    surface; without it that surface is closed.
    """

    accounts: Mapping[str, str]
    resource_ids: Mapping[str, str]
    event_grid: Mapping[str, tuple[str, str]]
    data_folder: Path | None
    listener: Listener
    authority: LocalAuthority
    store: DocumentStore
    azurite: AzuriteWish = "auto"
    image: str | None = None
    clock: Clock = field(default_factory=RealClock)
    verifier: TokenVerifier | None = None
    location: str = "westeurope"
