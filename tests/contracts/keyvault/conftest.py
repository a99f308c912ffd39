"""A vault with the real token authority beside it, on HTTPS sockets, for unmodified azure-identity and
azure-keyvault-secrets. The services run in a loop of their own thread, because the clients block."""

import asyncio
import threading
import uuid
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient

from emulators.entra.routes import app as entra_app
from emulators.entra.service import EntraService, EntraSettings
from emulators.kernel.certificates import LocalAuthority
from emulators.kernel.server import Listener, serve
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenIssuer
from emulators.keyvault import vaults
from emulators.keyvault.routes import app as vault_app
from emulators.keyvault.seal import generate_key
from emulators.keyvault.service import AUDIENCE, KeyVaultService
from emulators.keyvault.settings import KeyVaultSettings

GROUP = "/subscriptions/00000000-0000-4000-8000-00000000000a/resourceGroups/rg"


class SetClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Place:
    """The running services. `restart` begins the vault anew on the same folder."""

    tenant = "11111111-0000-4000-8000-000000000001"
    client_id, client_secret = "22222222-0000-4000-8000-000000000002", "the-clients-secret"
    vault_id = f"{GROUP}/providers/Microsoft.KeyVault/vaults/strongbox"

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.clock: Any = SetClock()
        self.authority = LocalAuthority(folder / "authority")
        self._issuer = TokenIssuer(TokenIssuer.generate(), self.tenant)
        self._key = generate_key()
        self._open, self._vault_open = AsyncExitStack(), AsyncExitStack()
        self.store_file = folder / "vault.sqlite"
        self._listeners = [Listener.reserve() for _ in range(3)]
        entra, self._vault, self._manager = self._listeners
        self.token_address, self.address = entra.address("https"), self._vault.address("https")
        self.manager_address = self._manager.address()
        self.run(self._start(entra))

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _start(self, entra: Listener) -> None:
        tls = self.authority.server_context()
        clients = {self.client_id: self.client_secret}
        service = EntraService(EntraSettings(self.token_address, self.tenant, clients, self._issuer))
        await self._open.enter_async_context(serve(entra_app(service), entra, tls=tls))
        await self._start_vault()

    async def _start_vault(self) -> None:
        self.store = DocumentStore(self.store_file)
        settings = KeyVaultSettings(
            address=self.address,
            resource_id=self.vault_id,
            location="westeurope",
            tenant_id=self.tenant,
            authority=self.token_address,
            seal_key=self._key,
            store=self.store,
            clock=self.clock,
            verifier=self._issuer.verifier(),
        )
        service, stack = KeyVaultService(settings), self._vault_open
        await stack.enter_async_context(serve(vault_app(service), self._vault, tls=self.authority.server_context()))
        await stack.enter_async_context(serve(vaults.app(service), self._manager))

    def restart(self, *, key: str | None = None) -> None:
        """End the vault and start it on what it left on disk, with another key if one is given."""
        self._key = key or self._key
        self.run(self._vault_open.aclose())
        self.store.close()
        self._vault, self._manager = Listener.reserve(self._vault.port), Listener.reserve(self._manager.port)
        self._vault_open = AsyncExitStack()
        self.run(self._start_vault())

    def stop(self) -> None:
        self.run(self._vault_open.aclose())
        self.run(self._open.aclose())
        self.store.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def token(self, audience: str = AUDIENCE, *, lifetime: timedelta = timedelta(hours=1)) -> str:
        return self._issuer.issue(
            client_id=self.client_id, audience=audience, issuer="here", now=datetime.now(UTC), lifetime=lifetime
        )

    def credential(self, secret: str) -> ClientSecretCredential:
        return ClientSecretCredential(
            self.tenant,
            self.client_id,
            secret,
            authority=self.token_address,
            disable_instance_discovery=True,
            connection_verify=str(self.authority.bundle_pem),
        )

    def client(self, secret: str = client_secret, **more: Any) -> SecretClient:
        """The client as the README says to make it, of an application with this secret."""
        options = {"verify_challenge_resource": False, "connection_verify": str(self.authority.bundle_pem), **more}
        return SecretClient(self.address, self.credential(secret), retry_total=0, **options)

    def ask(self, method: str, path: str, *, token: str | None = None, **more: Any) -> httpx.Response:
        """A bare request, for what the client would not send."""
        headers = {"Authorization": f"Bearer {token or self.token()}"}
        with httpx.Client(verify=self.authority.client_context(), trust_env=False) as http:
            params = {"api-version": "7.4", **more.pop("params", {})}
            return http.request(method, self.address + path, headers=headers, params=params, **more)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    place = Place(tmp_path_factory.mktemp("vault"))
    yield place
    place.stop()


@pytest.fixture
def own_place(tmp_path: Path) -> Iterator[Place]:
    """Services that no other test uses."""
    place = Place(tmp_path)
    yield place
    place.stop()


@pytest.fixture
def vault(place: Place) -> Iterator[SecretClient]:
    with place.client() as client:
        yield client


@pytest.fixture
def new_name() -> Callable[[], str]:
    """Names that no other test uses."""
    return lambda: f"Secret-{uuid.uuid4().hex}"


@pytest.fixture
def name(new_name: Callable[[], str]) -> str:
    return new_name()
