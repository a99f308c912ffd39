"""The storage of one local cloud: Azurite, the front door before it, and the events on their way to Event Grid."""

import asyncio
import logging

import httpx

from emulators.kernel.masking import masker
from emulators.storage.azurite import Azurite, WayOut, start_azurite
from emulators.storage.backstage import Backstage
from emulators.storage.bearer import BearerTokens
from emulators.storage.front_door import FrontDoor
from emulators.storage.inspection import Inspector
from emulators.storage.intents import Intents
from emulators.storage.locks import BlobLocks
from emulators.storage.outbox import Outbox, PublishAddress
from emulators.storage.pool import AzuritePool
from emulators.storage.settings import StorageSettings
from emulators.storage.witness import Witness

_logger = logging.getLogger("drydock.storage")

_TLS_NAMES = ("*.blob.core.windows.net", "*.dfs.core.windows.net")


class StorageService:
    """Blob storage. `address` is for ordinary clients, `proxy_address` for the JVM; both are the same door."""

    def __init__(self, settings: StorageSettings) -> None:
        missing = set(settings.event_grid) - set(settings.resource_ids)
        if missing:
            raise ValueError(f"accounts with events need a resource id: {', '.join(sorted(missing))}")
        self.settings = settings
        self.address = settings.listener.address()
        self.proxy_address = self.address
        self.description = "Azurite, not started"
        self._azurite: Azurite | None = None
        self._door: FrontDoor | None = None
        self._pool: AzuritePool | None = None
        self._outbox: Outbox | None = None
        self._client: httpx.AsyncClient | None = None
        masker.add(*settings.accounts.values())

    def blob_endpoint(self, account: str) -> str:
        """The address of an account's Blob service, path style."""
        return f"{self.address}/{account}"

    def secure_blob_endpoint(self, account: str) -> str:
        """The same over HTTPS, for clients with tokens; the plain address where there is no other."""
        listener = self.settings.secure_listener
        return self.blob_endpoint(account) if listener is None else f"{listener.address('https')}/{account}"

    def azurite_endpoint(self, account: str) -> str:
        """The address of an account at Azurite itself, past the front door: writes there raise no events.

        For measurements. Raises RuntimeError before the start.
        """
        if self._azurite is None:
            raise RuntimeError("Azurite has no address before it is started")
        return f"http://{self._azurite.host}:{self._azurite.port}/{account}"

    def connection_string(self, account: str) -> str:
        """What unmodified clients take. Raises KeyError for an account that does not exist."""
        return (
            f"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={self.settings.accounts[account]};"
            f"BlobEndpoint={self.blob_endpoint(account)};"
        )

    async def start(self) -> None:
        """Start Azurite, then open the door. Raises AzuriteUnavailable."""
        settings = self.settings
        self._azurite = await start_azurite(
            settings.accounts,
            wish=settings.azurite,
            data_folder=settings.data_folder,
            image=settings.image,
            way_out=WayOut(self.proxy_address, settings.authority.ca_pem),
        )
        self.description = self._azurite.description
        _logger.info("%s", self.description)
        try:
            await self._open_door(self._azurite)
        except BaseException:
            await self.stop()
            raise

    async def _open_door(self, azurite: Azurite) -> None:
        settings = self.settings
        self._client = httpx.AsyncClient(
            verify=settings.authority.client_context(),
            timeout=30,
            trust_env=False,  # Event Grid is ours, on loopback: no proxy of the user's lies between
            limits=httpx.Limits(keepalive_expiry=None),
        )
        addresses = {account: PublishAddress(*given) for account, given in settings.event_grid.items()}
        self._outbox = Outbox(settings.store, addresses, settings.clock, self._client)
        self._outbox.start()
        self._pool = AzuritePool(azurite)
        inspector = Inspector(self._pool, settings.accounts)
        intents = Intents(settings.store)
        witness = Witness(inspector, self._outbox, intents, settings.resource_ids, settings.clock.now)
        await witness.recover()
        backstage = Backstage(frozenset(settings.accounts), self._pool, BlobLocks(), witness, self._bearer_tokens())
        tls = await asyncio.to_thread(settings.authority.server_context, *_TLS_NAMES)
        self._door = FrontDoor(settings.listener, backstage, tls, settings.secure_listener)
        await self._door.start()

    def _bearer_tokens(self) -> BearerTokens | None:
        settings = self.settings
        if settings.verifier is None or not settings.token_authority:
            return None
        return BearerTokens(settings.verifier, settings.token_authority, settings.accounts)

    async def stop(self) -> None:
        """Close the door, let Azurite save and end. Events that Event Grid has not taken stay in the store."""
        if self._door is not None:
            await self._door.stop()
        else:
            self.settings.listener.close()
            if self.settings.secure_listener is not None:
                self.settings.secure_listener.close()
        if self._outbox is not None:
            await self._outbox.stop()
        if self._client is not None:
            await self._client.aclose()
        if self._pool is not None:
            self._pool.close()
        if self._azurite is not None:
            await self._azurite.stop()
