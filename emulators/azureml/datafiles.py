"""The data a run reads: blobs of the workspace's datastore, streamed to disk before the first step starts.

What was read is measured while it streams (SHA-256, size) and pinned to one version of the blob by its eTag, which
is what lineage is worth afterwards.
"""

import hashlib
import threading
from pathlib import Path

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobServiceClient

from emulators.azureml.definitions import Datastore
from emulators.azureml.runs import DataFile


class DataUnavailable(Exception):
    """A blob that a run needs cannot be read; the text names the blob and the cause."""


class DataSource:
    """Reads blobs through a connection string. Blocking: call it in a thread."""

    def __init__(self, connection_string: str) -> None:
        # the machine's proxy settings are not for the storage of this cloud
        self._client = BlobServiceClient.from_connection_string(
            connection_string, transport=RequestsTransport(use_env_settings=False), retry_total=2
        )

    def close(self) -> None:
        self._client.close()

    def fetch(
        self, parameter: str, path: str, datastore: Datastore, folder: Path, stop: threading.Event
    ) -> tuple[Path, DataFile]:
        """Download a blob into `folder` under its own last name. Raises DataUnavailable; ends early when `stop` is set.

        `path` is the blob's name in the datastore's container, a leading slash does not count.
        """
        name = path.strip("/")
        blob = f"blob '{name}' in container '{datastore.container}' (parameter '{parameter}')"
        local = _local_name(name)
        if local is None:
            raise DataUnavailable(f"The parameter '{parameter}' names no blob: {path!r}.")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            return self._stream(parameter, name, datastore, folder / local, stop)
        except ResourceNotFoundError as error:
            raise DataUnavailable(f"The {blob} does not exist.") from error
        except AzureError as error:
            raise DataUnavailable(f"The {blob} cannot be read: {error.message}") from error

    def _stream(
        self, parameter: str, name: str, datastore: Datastore, target: Path, stop: threading.Event
    ) -> tuple[Path, DataFile]:
        download = self._client.get_blob_client(datastore.container, name).download_blob()
        digest, size = hashlib.sha256(), 0
        with target.open("wb") as file:
            for chunk in download.chunks():
                if stop.is_set():
                    raise DataUnavailable(f"The download of '{name}' was stopped.")
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        etag = str(download.properties.etag)
        return target, DataFile(parameter, datastore.name, datastore.container, name, digest.hexdigest(), etag, size)


def _local_name(path: str) -> str | None:
    """The last part of a blob's name if a file can be called so, else None."""
    name = path.rpartition("/")[2]
    return None if name in ("", ".", "..") or "\0" in name or len(name.encode()) > 255 else name
