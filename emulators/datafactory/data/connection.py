"""From a linked service to a place of files, or to a REST service: an explicit table of what can be connected to."""

from collections.abc import Callable, Mapping
from typing import Any

from emulators.datafactory.data.blob_connection import Tokens, open_blob_storage
from emulators.datafactory.data.errors import Side, Unsupported
from emulators.datafactory.data.http_server import open_http_server
from emulators.datafactory.data.rest_service import open_rest_service
from emulators.datafactory.data.settings import Settings

CONNECTORS: Mapping[str, Callable[[str, Settings, Tokens, Side], Any]] = {
    "AzureBlobFS": open_blob_storage,
    "AzureBlobStorage": open_blob_storage,
    "AzureStorage": open_blob_storage,
    "HttpServer": open_http_server,
    "RestService": open_rest_service,
}
"""Linked service type → how to connect to what it names."""


def connect(kind: str, settings: Settings, tokens: Tokens, side: Side) -> Any:
    """The place behind a linked service's evaluated `typeProperties`; raises Unsupported naming the type."""
    connector = CONNECTORS.get(kind)
    if connector is None:
        raise Unsupported(
            f"Moving data with a linked service of type '{kind}'", "a connector in data and its row in CONNECTORS."
        )
    return connector(kind, settings, tokens, side)
