"""The time that scenarios on a cloud live in: everybody's, or that of a local cloud on virtual time."""

import os
import re
import ssl
import time
from datetime import datetime, timedelta
from typing import Any

import httpx
from azure.core.credentials import TokenCredential

from drydock.virtual_time import CLOCK_VARIABLE
from release.connection import PUBLIC_RESOURCE_MANAGER, Connection
from release.environment import Environment
from release.errors import ReleaseError
from steps.cloud import Clock, WallClock

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


class CloudClock:
    """A virtual cloud's time for the steps: they see its moment and wait, for real work, in real time."""

    def __init__(self, address: str, credential: TokenCredential) -> None:
        self._address = address
        self._credential = credential
        trust = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE"))
        patience = httpx.Timeout(10, read=None)  # what is due may be hours of real work
        self._http = httpx.Client(verify=trust, trust_env=False, timeout=patience)

    def now(self) -> datetime:
        return self._moment("GET")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def pass_time(self, *, by: timedelta | None = None, to: datetime | None = None) -> datetime:
        """Let time pass; returns, when everything due has happened, the moment it is then. Raises ReleaseError."""
        if (by is None) == (to is None):
            raise ReleaseError("say how far time shall pass: either --by or --to")
        return self._moment("POST", {"to": to.isoformat()} if to else {"bySeconds": by.total_seconds() if by else 0})

    def _moment(self, method: str, body: dict[str, Any] | None = None) -> datetime:
        token = self._credential.get_token(f"{PUBLIC_RESOURCE_MANAGER}/.default").token
        answer = self._http.request(method, self._address, json=body, headers={"Authorization": f"Bearer {token}"})
        if not answer.is_success:
            raise ReleaseError(answer.json()["error"]["message"])
        return datetime.fromisoformat(answer.json()["now"])


def clock_of(environment: Environment, connection: Connection) -> Clock:
    """The time that scenarios on a cloud live in."""
    found = (environment.variables or os.environ).get(CLOCK_VARIABLE)
    return WallClock() if found is None else CloudClock(found, connection.credential)


def read_duration(text: str) -> timedelta:
    """`7d`, `36h`, `1d12h30m`, `90s`. Raises ReleaseError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()):
        raise ReleaseError(f"'{text}' is no duration: write days, hours, minutes and seconds like 7d, 36h or 1d12h30m")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
