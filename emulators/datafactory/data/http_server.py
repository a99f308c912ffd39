"""A file on a web server: fetched with one request, kept in a temporary file, read from there.

A server need not answer for parts of a file, and may be asked by POST; formats jump in files. Up to 8 MiB stay in
memory, the rest goes to disk, so a large file takes no more memory here than a small one.
"""

import posixpath
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from emulators.datafactory.data.blob_connection import Tokens
from emulators.datafactory.data.errors import DataError, InvalidSettings, Side
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.store import File
from emulators.datafactory.data.web_client import WebClient, header_lines, joined, seconds_of
from emulators.datafactory.data.web_proof import web_client

IN_MEMORY = 8 << 20
PIECE = 1 << 20
_NAMELESS = "data"


class HttpServer:
    """One server as the source of a copy or a lookup. It cannot be listed: each dataset is one file."""

    def __init__(self, client: WebClient, side: Side = "Source") -> None:
        self.side = side
        self._client = client
        self._fetched: dict[File, Any] = {}
        self._lock = threading.Lock()

    def place(self, container: str) -> str:
        return self._client.address

    def fetch(self, relative: str, settings: Settings) -> File:
        """Fetch by `storeSettings` (requestMethod, requestBody, additionalHeaders, requestTimeout); raises DataError
        HttpFileFailedToRead (documented).
        """
        address = joined(self._client.address, relative)
        method = text(settings, "requestMethod", "GET").upper()
        if method not in {"GET", "POST"}:
            raise InvalidSettings(f"The request method of a file is GET or POST, not '{method}'.")
        headers = header_lines(settings.get("additionalHeaders"))
        body = text(settings, "requestBody") or None
        content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - lives as long as the place
        with self._client.open(seconds_of(settings, "requestTimeout")) as http:
            request = self._client.request(http, method, address, headers, body)
            try:
                answer = http.send(request, stream=True)
                with closing(answer):
                    if not answer.is_success:
                        raise self._failed(f"{answer.status_code} {answer.reason_phrase}")
                    size = sum(content.write(piece) for piece in answer.iter_bytes(PIECE))
                    modified = _modified(answer.headers.get("last-modified"))
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise self._failed(f"{type(error).__name__}: {error}") from error
        name = posixpath.basename(unquote(urlsplit(address).path)) or _NAMELESS
        file = File("", name, size, modified, etag=address)
        self._fetched = {kept: body for kept, body in self._fetched.items() if kept.etag != address}
        self._fetched[file] = content
        return file

    def find(self, container: str, path: str) -> File | None:
        raise InvalidSettings("A web server has no files that can be looked for; a dataset names the one it means.")

    def list(self, container: str, prefix: str) -> Iterator[File]:
        raise InvalidSettings("A web server cannot be listed (documented).")

    def read(self, file: File, offset: int, length: int) -> bytes:
        content = self._fetched[file]
        with self._lock:
            content.seek(offset)
            return bytes(content.read(length))

    def pieces(self, file: File, size: int) -> Iterator[bytes]:
        return (self.read(file, offset, size) for offset in range(0, file.size, size))

    def delete(self, file: File) -> None:
        raise InvalidSettings("'deleteFilesAfterCompletion' cannot delete from a web server.")

    def _failed(self, reason: str) -> DataError:
        message = f"Failed to read data from http server. Check the error from http server: {reason}"
        return DataError("HttpFileFailedToRead", message, self.side)


def open_http_server(kind: str, settings: Settings, tokens: Tokens, side: Side) -> HttpServer:
    """Connect by the `typeProperties` of a linked service of type HttpServer."""
    return HttpServer(web_client(kind, settings, tokens), side)


def _modified(header: str | None) -> datetime | None:
    if not header:
        return None
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None
