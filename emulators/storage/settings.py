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
    carry. `azurite` and `image`: as `start_azurite` takes them. `verifier`: who checks tokens; without it the Resource
    Manager surface is closed. `token_authority`: the token authority's address with the tenant, for the challenge to
    clients of blobs; without it, or without a verifier, blobs are not opened by tokens. `secure_listener`: where the
    door answers over HTTPS, which clients with tokens ask for; None where it does so only as a proxy.
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
    token_authority: str = ""
    secure_listener: Listener | None = None
    location: str = "westeurope"
