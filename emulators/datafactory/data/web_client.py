"""Calls to the web addresses of linked services (HttpServer, RestService): with proof of who calls, by their rules of
trust.

The proof goes to the linked service's own host only: not to where a redirect leads, nor to a next page that lies
elsewhere (assumed for next pages; the documentation is silent).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.tls import ClientCertificate, tls_context
from emulators.datafactory.engine.timestamps import parse_timespan

DEFAULT_TIMEOUT = "00:01:40"
"""Until the answer begins (documented)."""

_LOCAL = frozenset({"127.0.0.1", "localhost"})


@dataclass(frozen=True)
class Proof:
    """Who is calling: headers that stay, one that is made anew for each call (tokens end), answers to challenges, a
    certificate in the handshake.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorization: Callable[[], str] | None = None
    challenge: httpx.Auth | None = None
    certificate: ClientCertificate | None = None


@dataclass(frozen=True)
class WebClient:
    """What is known of the server at `address`. `ca_bundle` None means the machine's authorities."""

    address: str
    proof: Proof = Proof()
    verify: bool = True
    ca_bundle: Path | None = None

    def open(self, timeout: float) -> httpx.Client:
        """A client whose calls wait `timeout` seconds for each part of an answer; raises InvalidSettings."""
        return httpx.Client(
            verify=tls_context(verify=self.verify, ca_bundle=self.ca_bundle, certificate=self.proof.certificate),
            trust_env=urlsplit(self.address).hostname not in _LOCAL,
            timeout=timeout,
            follow_redirects=True,
            auth=self.proof.challenge,
            event_hooks={"request": [self._keep_home]},
        )

    def request(
        self, client: httpx.Client, method: str, url: str, headers: Mapping[str, str], content: str | bytes | None
    ) -> httpx.Request:
        """A call with what proves the caller; raises InvalidSettings for an address or a header that is none."""
        proven = {**headers, **self.proof.headers}
        if self.proof.authorization is not None:
            proven["Authorization"] = self.proof.authorization()
        try:
            return client.build_request(method, url, headers=proven, content=content)
        except httpx.InvalidURL as error:
            raise InvalidSettings(f"'{url}' is no address: {error}") from error
        except UnicodeEncodeError as error:
            raise InvalidSettings(f"A header of the request to '{url}' cannot be sent: {error}") from error

    def _keep_home(self, request: httpx.Request) -> None:
        home = httpx.URL(self.address)
        if (request.url.scheme, request.url.host, request.url.port) != (home.scheme, home.host, home.port):
            for name in ("Authorization", *self.proof.headers):
                request.headers.pop(name, None)


def seconds_of(settings: Settings, name: str) -> float:
    """A timeout in seconds, as a timespan has it; raises InvalidSettings."""
    try:
        seconds = parse_timespan(text(settings, name, DEFAULT_TIMEOUT)).total_seconds()
    except ValueError as error:
        raise InvalidSettings(f"'{name}': {error}") from error
    if not seconds:
        raise InvalidSettings(f"'{name}' must be longer than nothing.")
    return seconds


def joined(base: str, relative: str) -> str:
    """The base address with a path or query after it; raises InvalidSettings for an address of its own.

    The documentation puts the two together as they are; that exactly one slash stands between them is assumed.
    """
    if "://" in relative.partition("?")[0]:
        raise InvalidSettings(f"'relativeUrl' must be relative to the linked service's 'url', and is '{relative}'.")
    if not relative or relative.startswith("?"):
        return base + relative
    return f"{base.rstrip('/')}/{relative.lstrip('/')}"


def with_own(own: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str]:
    """The written headers, and a connector's own where none of that name is written."""
    names = {name.lower() for name in written}
    return {**{name: value for name, value in own.items() if name.lower() not in names}, **written}


def header_lines(written: Any) -> dict[str, str]:
    """`additionalHeaders`: an object, or text with `name: value` in each line; raises InvalidSettings."""
    if isinstance(written, Mapping):
        return {str(name): text(written, name) for name in written}
    if not isinstance(written, str | None):
        raise InvalidSettings("'additionalHeaders' is an object, or a text of lines 'name: value'.")
    lines = [line.partition(":") for line in (written or "").splitlines() if line.strip()]
    if any(not colon for _, colon, _ in lines):
        raise InvalidSettings("Each line of 'additionalHeaders' has the form 'name: value'.")
    return {name.strip(): value.strip() for name, _, value in lines}
