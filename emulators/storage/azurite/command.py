"""Azurite's command line and accounts, the same for the process and the container."""

from collections.abc import Mapping

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
