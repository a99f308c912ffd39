"""A container of Blob storage that everybody may read, as a linked service with `containerUri` opens it.

The service hides a container that is closed: it answers as if nothing were there. Here that is told as what it is.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobServiceClient

from emulators.datafactory.data.blob_storage import BlobStorage
from emulators.datafactory.data.errors import DataError, InvalidSettings, Side
from emulators.datafactory.data.store import File, WriteOptions

_CLOSED = frozenset({"ResourceNotFound", "PublicAccessNotPermitted", "NoAuthenticationInformation"})
_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


def account_and_container(uri: str, side: Side) -> tuple[str, str]:
    """The account's address and the container's name in a `containerUri`; raises InvalidSettings."""
    parts = urlsplit(uri)
    path, _, name = parts.path.rstrip("/").rpartition("/")
    if parts.scheme.lower() not in {"http", "https"} or not name or parts.query:
        raise InvalidSettings(
            "'containerUri' must be the address of a container, https://<account>.blob.core.windows.net/<container>, "
            "without a signature.",
            side,
        )
    return urlunsplit(parts._replace(path=path)), name


class PublicContainer(BlobStorage):
    """Read only, and this one container only."""

    def __init__(self, client: BlobServiceClient, name: str, side: Side = "Source") -> None:
        super().__init__(client, side)
        if side == "Sink":
            raise InvalidSettings("A linked service with 'containerUri' is for reading; it can be no sink.", side)
        self._name = name

    def writer(self, container: str, path: str, options: WriteOptions) -> Any:
        raise InvalidSettings("A linked service with 'containerUri' is for reading; nothing can be written there.")

    def delete(self, file: File) -> None:
        raise InvalidSettings("A linked service with 'containerUri' is for reading; nothing can be deleted there.")

    def _is_absence(self, error: ResourceNotFoundError) -> bool:
        return getattr(error, "error_code", None) not in _CLOSED

    @contextmanager
    def _told(self, container: str, path: str) -> Iterator[None]:
        if container != self._name:
            raise InvalidSettings(f"The linked service opens the container '{self._name}' only, not '{container}'.")
        with super()._told(container, path):
            try:
                yield
            except HttpResponseError as error:
                code = getattr(error, "error_code", None)
                if code not in _CLOSED and error.status_code not in _REFUSED:
                    raise
                raise DataError(
                    "AzureBlobOperationFailed",
                    f"The container at {self.place(container)} is not there, or not open to everybody: the service "
                    f"answered {error.status_code} {code}. Set its access level to 'Container' (with 'Blob' it cannot "
                    "be listed), or give the linked service a key, a signature or an identity.",
                    self.side,
                ) from error
