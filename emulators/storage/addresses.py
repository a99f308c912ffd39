"""Which account, container and blob a request is for; pure.

Azurite knows two styles: the account is the first label of the host (`account.blob.core.windows.net`, as in
Azure) or the first segment of the path (`http://127.0.0.1:port/account/…`). Both sides of the front door must
read an address alike, so the rules below are Azurite's own, narrowed to the accounts of this cloud.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from emulators.storage.errors import AuthorizationFailure, InvalidUri

_PRODUCT_HOST = re.compile(r"(?P<label>[a-z0-9-]+)\.(?:blob|dfs)\.core\.windows\.net", re.IGNORECASE)
_OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
_SECONDARY = "-secondary"


@dataclass(frozen=True)
class Address:
    """What a request is for. `container` and `blob` are decoded names, empty where the request names none."""

    account: str
    container: str
    blob: str

    @property
    def subject(self) -> str:
        """The blob as Event Grid's subject names it."""
        return f"/blobServices/default/containers/{self.container}/blobs/{self.blob}"

    @property
    def path(self) -> str:
        """The encoded path under the account's own host."""
        return f"/{quote(self.container)}/{quote(self.blob)}"

    @property
    def url(self) -> str:
        """The blob's address in Azure, which is what Azure's events say, whatever host the client used."""
        return f"https://{self.account}.blob.core.windows.net{self.path}"


@dataclass(frozen=True)
class Target:
    """A request target in parts: `host` (as in the Host header), `path` and `query`, all as they were sent."""

    host: str
    path: str
    query: str

    @property
    def origin_form(self) -> str:
        """The target as an origin server wants it."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def parameters(self) -> dict[str, str]:
        """The query's parameters, names in lower case."""
        return {name.lower(): value for name, value in parse_qsl(self.query, keep_blank_values=True)}


def split_target(target: str, host_header: str) -> Target:
    """Take a request target apart: origin-form (`/path`) or absolute-form (`http://host/path`, sent to a proxy).

    Raises InvalidUri for anything else, and when absolute-form and Host header name different hosts.
    """
    if target.startswith("/"):
        path, _, query = target.partition("?")
        return Target(host_header, path, query)
    match = re.fullmatch(r"https?://([^/?#@]+)(/[^?#]*)?(?:\?([^#]*))?", target, re.IGNORECASE)
    if match is None:
        raise InvalidUri("The request target is neither a path nor an http address.")
    host, path, query = match[1], match[2] or "/", match[3] or ""
    if _without_port(host).lower() != _without_port(host_header).lower():
        raise InvalidUri(f"The request is addressed to '{host}' but its Host header says '{host_header}'.")
    return Target(host, path, query)


def read_address(target: Target, accounts: Collection[str]) -> Address:
    """The account, container and blob of a request.

    Raises AuthorizationFailure for a host or account that is not of this cloud, InvalidUri for a path that is
    not percent-encoded UTF-8.
    """
    names = _segments(target.path)
    account = product_account(target.host, accounts)
    if account is None:
        account = _known(names.pop(0), accounts)
    container, blob = names[0] if names else "", "/".join(names[1:])
    return Address(account, container, blob.replace("\\", "/"))  # as Azure, and Azurite, do


def signed_path(target: Target, accounts: Collection[str]) -> str:
    """The path that a signature is made of: as it was sent, without the mark of the secondary location."""
    in_host = product_account(target.host, accounts) is not None
    name = target.host.partition(".")[0] if in_host else _segments(target.path)[0]
    return target.path.replace(_SECONDARY, "", 1) if name.endswith(_SECONDARY) else target.path


def product_account(host: str, accounts: Collection[str]) -> str | None:
    """The account that a host names as in Azure; None for this machine's own names (path style).

    Raises AuthorizationFailure for every other host.
    """
    bare = _without_port(host)
    if bare.lower() in _OWN_HOSTS:
        return None
    match = _PRODUCT_HOST.fullmatch(bare)
    if match is None:
        raise AuthorizationFailure(f"'{bare}' is no host of this cloud; it has {_served(accounts)}.")
    return _known(match["label"].lower(), accounts)


def _known(name: str, accounts: Collection[str]) -> str:
    account = name.removesuffix(_SECONDARY)
    if account not in accounts:
        raise AuthorizationFailure(f"'{account}' is no storage account of this cloud; it has {_served(accounts)}.")
    return account


def _served(accounts: Collection[str]) -> str:
    return "the storage accounts " + ", ".join(sorted(accounts))


def _segments(path: str) -> list[str]:
    return _decoded(path).removeprefix("/").split("/")


def _decoded(path: str) -> str:
    try:
        return unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidUri("The path is not percent-encoded UTF-8.") from error


def _without_port(host: str) -> str:
    return re.sub(r":\d*$", "", host)
