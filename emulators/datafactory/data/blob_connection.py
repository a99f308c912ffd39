"""From a linked service to an account of Blob storage: the ways to prove who is calling, and the address.

A Data Lake account is reached through its Blob address: the files are the same ones.
"""

from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from azure.core.credentials import AccessToken
from azure.storage.blob import BlobServiceClient, ExponentialRetry

from emulators.datafactory.data.blob_storage import BlobStorage
from emulators.datafactory.data.errors import DataError, InvalidSettings, Side, Unsupported
from emulators.datafactory.data.public_container import PublicContainer, account_and_container
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.stream import LARGEST_READ


class Tokens(Protocol):
    """Where a connection gets its tokens, and whom it trusts; may be called from any thread."""

    ca_bundle: Path | None
    """Certificate authorities (PEM), None for the machine's."""

    def token(self, resource: str, principal: tuple[str, str, str] | None) -> str:
        """An access token for a resource; `principal` is tenant, id and secret, None means whom the linked service's
        `credential` names, else the managed identity.
        """
        ...


class _Credential:
    """azure-core's view of our tokens."""

    def __init__(self, tokens: Tokens, principal: tuple[str, str, str] | None) -> None:
        self._tokens = tokens
        self._principal = principal

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        # asked anew for every request; whoever gives the tokens keeps them for as long as they are good
        return AccessToken(self._tokens.token(scopes[0].removesuffix("/.default"), self._principal), 0)


def open_blob_storage(kind: str, settings: Settings, tokens: Tokens, side: Side) -> BlobStorage:
    """Connect by the `typeProperties` of a linked service of type AzureBlobStorage, AzureStorage or AzureBlobFS.

    Raises InvalidSettings where none of the ways to connect is complete.
    """
    common: dict[str, Any] = {
        "retry_policy": ExponentialRetry(initial_backoff=1, increment_base=2, retry_total=3),
        "max_single_get_size": LARGEST_READ,
        "max_single_put_size": LARGEST_READ,
    }
    try:
        if text(settings, "connectionString"):
            connection = _with_key(text(settings, "connectionString"), text(settings, "accountKey"))
            common |= _direct(connection, tokens.ca_bundle)
            return BlobStorage(BlobServiceClient.from_connection_string(connection, **common), side)
        if text(settings, "containerUri"):
            address, name = account_and_container(text(settings, "containerUri"), side)
            common |= _direct(address, tokens.ca_bundle)
            return PublicContainer(BlobServiceClient(address, **common), name, side)
        address, credential = _address_and_credential(kind, settings, tokens)
        common |= _direct(address, tokens.ca_bundle)
        return BlobStorage(BlobServiceClient(address, credential=credential, **common), side)
    except ValueError as error:
        # the library's text may quote the connection string, so it is not repeated
        raise DataError(
            "AzureStorageInvalidConnection", "The linked service's address or key cannot be read.", side
        ) from error


def _address_and_credential(kind: str, settings: Settings, tokens: Tokens) -> tuple[str, Any]:
    if text(settings, "sasUri"):
        token = text(settings, "sasToken").lstrip("?")
        address = text(settings, "sasUri")
        separator = "&" if "?" in address else "?"
        return _of_blobs(f"{address}{separator}{token}" if token else address), None
    address = text(settings, "serviceEndpoint") or text(settings, "url")
    if not address:
        raise InvalidSettings(
            f"A linked service of type {kind} needs 'connectionString', 'sasUri' or "
            f"{'url' if kind == 'AzureBlobFS' else 'serviceEndpoint'!r}."
        )
    address = _of_blobs(address)
    if text(settings, "accountKey"):
        return address, {"account_name": _account(address), "account_key": text(settings, "accountKey")}
    return address, _Credential(tokens, _principal(settings))


def _principal(settings: Settings) -> tuple[str, str, str] | None:
    identifier = text(settings, "servicePrincipalId")
    if not identifier:
        return None
    if text(settings, "servicePrincipalCredentialType") == "ServicePrincipalCert":
        raise Unsupported("A service principal with a certificate", "a case in data/blob_storage.py.")
    secret = text(settings, "servicePrincipalKey") or text(settings, "servicePrincipalCredential")
    return text(settings, "tenant"), identifier, secret


def _of_blobs(address: str) -> str:
    """The account's Blob address for its Data Lake address: the files are the same ones."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(".dfs.", ".blob.", 1)))


def _account(address: str) -> str:
    """The account's name: the first label of its host, or the first segment of a path-style address."""
    parts = urlsplit(address)
    segment = parts.path.strip("/").partition("/")[0]
    return segment or (parts.hostname or "").partition(".")[0]


def _with_key(connection: str, key: str) -> str:
    """The connection string with the account key that is kept apart, in a vault."""
    return (
        f"{connection.rstrip(';')};AccountKey={key}" if key and "accountkey=" not in connection.lower() else connection
    )


def _direct(address: str, ca_bundle: Path | None) -> dict[str, Any]:
    """Addresses of this machine are reached directly, whatever proxy the environment names for the others.

    Without the environment's settings the client would trust the public authorities only, so it is told whom to trust.
    """
    if "://127.0.0.1" not in address and "://localhost" not in address:
        return {}
    return {"use_env_settings": False, **({} if ca_bundle is None else {"connection_verify": str(ca_bundle)})}
