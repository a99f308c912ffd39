"""What the vault is told: its own addresses and names, whose tokens open it, and the key its values rest under."""

from dataclasses import dataclass

from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenVerifier


@dataclass(frozen=True)
class KeyVaultSettings:
    """The settings of one vault.

    `address` is where clients reach it (https, no trailing slash) and what its secrets' identifiers begin with;
    `resource_id` is its Resource Manager id. `authority` is the address of the token authority that the challenge
    names. `seal_key` is a key as `Seal` takes it. `clock` gives the secrets' times; tokens are judged by the
    machine's time.
    """

    address: str
    resource_id: str
    location: str
    tenant_id: str
    authority: str
    seal_key: str
    store: DocumentStore
    clock: Clock
    verifier: TokenVerifier

    @property
    def name(self) -> str:
        """The vault's name."""
        return self.resource_id.rpartition("/")[2]
