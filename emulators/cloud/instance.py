"""What makes one local cloud this one and no other: its secrets and its ports, kept in its state folder.

Secrets are random per instance and readable by their owner only. Ports are kept, so that a cloud that is started
again has the addresses its clients and its event subscriptions remember.
"""

import base64
import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from uuid import uuid4

from emulators.kernel.server import Listener, PortInUse
from emulators.kernel.tokens import TokenIssuer
from emulators.keyvault.seal import generate_key


class StateInUse(Exception):
    """Another process runs a cloud on this state folder; the text names the folder and the mend."""


@dataclass
class Instance:
    """Secrets and ports of one cloud. Every value is made once and found again at the next start."""

    storage_key: str
    databricks_token: str
    client_id: str
    client_secret: str
    factory_client_id: str
    factory_client_secret: str
    event_grid_key: str
    token_key: str
    vault_key: str = field(default_factory=generate_key)  # folders of an earlier time get theirs at the next start
    ports: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path) -> "Instance":
        """The instance of a state folder, made when the folder is new."""
        file = folder / "instance.json"
        if file.exists():
            return cls(**json.loads(file.read_text(encoding="utf-8")))
        instance = cls(
            storage_key=base64.b64encode(secrets.token_bytes(64)).decode(),
            databricks_token=f"dapi{secrets.token_hex(16)}",
            client_id=str(uuid4()),
            client_secret=secrets.token_urlsafe(32),
            factory_client_id=str(uuid4()),
            factory_client_secret=secrets.token_urlsafe(32),
            event_grid_key=base64.b64encode(secrets.token_bytes(32)).decode(),
            token_key=TokenIssuer.generate().decode(),
        )
        instance.save(folder)
        return instance

    def save(self, folder: Path) -> None:
        """Write the instance, readable by its owner only, all or nothing."""
        write_private(folder / "instance.json", json.dumps(asdict(self), indent=2))

    def secret_values(self) -> tuple[str, ...]:
        """What no log may show."""
        return (
            self.storage_key,
            self.databricks_token,
            self.client_secret,
            self.factory_client_secret,
            self.event_grid_key,
            self.token_key,
            self.vault_key,
        )

    def listener(self, service: str) -> Listener:
        """The service's address, the same as last time. Raises PortInUse when another process took it."""
        known = self.ports.get(service, 0)
        try:
            listener = Listener.reserve(known)
        except PortInUse as error:
            raise PortInUse(
                f"{error}, or start the cloud on another folder with --state ({service} had this port when "
                "the cloud last ran, and its clients and event subscriptions remember it)"
            ) from error
        self.ports[service] = listener.port
        return listener


def write_private(path: Path, text: str) -> None:
    """Replace a file at once and for its owner's eyes only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    draft.replace(path)


@contextlib.contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a state folder for this process alone; the hold ends with the process, however it ends."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateInUse(
                f"a local cloud already runs on {folder}: end it with 'drydock down --state {folder}', "
                "or give this one another folder with --state"
            ) from error
        yield


def in_use(folder: Path) -> bool:
    """Whether a running cloud holds this state folder."""
    try:
        with exclusive(folder) if folder.is_dir() else contextlib.nullcontext():
            return False
    except StateInUse:
        return True
