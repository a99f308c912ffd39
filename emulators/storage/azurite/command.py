"""Azurite's command line and accounts, the same for the process and the container."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_KEEP_ALIVE_SECONDS = 3600


def arguments(host: str, port: int, location: str | None) -> list[str]:
    """The arguments of Azurite's Blob service; port 0 takes a free one, `location` None keeps data in memory.

    The version check is off because current clients send versions newer than Azurite knows; keep-alive is long
    because the front door, not Azurite, decides when a pooled connection is too old.
    """
    where = ["--inMemoryPersistence"] if location is None else ["--location", location]
    return [
        *("--blobHost", host),
        *("--blobPort", str(port)),
        *("--blobKeepAliveTimeout", str(_KEEP_ALIVE_SECONDS)),
        *where,
        "--skipApiVersionCheck",
        "--disableTelemetry",
        "--silent",
    ]


def account_setting(accounts: Mapping[str, str]) -> str:
    """The value of AZURITE_ACCOUNTS: `name:key` of each account, the key in base64."""
    return ";".join(f"{name}:{key}" for name, key in accounts.items())


@dataclass(frozen=True)
class WayOut:
    """Where Azurite's own requests go: a proxy's address, and the certificate of the authority behind it."""

    proxy: str
    authority: Path


def way_out_variables(way_out: WayOut | None) -> dict[str, str]:
    """The environment variables that send Azurite's own requests through `way_out`.

    Azurite asks the source of a copy that carries a signature. The source's address may be one in Azure, and
    without this the request, signature and all, would leave the machine. Variables in lower case win.
    """
    if way_out is None:
        return {}
    names = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
    direct = {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
    return {**dict.fromkeys(names, way_out.proxy), **direct, "NODE_EXTRA_CA_CERTS": str(way_out.authority)}
