"""What every exchange needs of the storage service."""

from dataclasses import dataclass

from emulators.storage.bearer import BearerTokens
from emulators.storage.locks import BlobLocks
from emulators.storage.pool import AzuritePool
from emulators.storage.witness import Witness


@dataclass(frozen=True)
class Backstage:
    """The names of the accounts, the way to Azurite, and who looks on.

    `tokens` None leaves requests with tokens to Azurite, which refuses them.
    """

    accounts: frozenset[str]
    pool: AzuritePool
    locks: BlobLocks
    witness: Witness
    tokens: BearerTokens | None = None
