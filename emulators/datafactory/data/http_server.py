"""A file on a web server: fetched with one request, kept in a temporary file, read from there.

A server need not answer for parts of a file, and may be asked by POST; formats jump in files. Up to 8 MiB stay in
memory, the rest goes to disk, so a large file takes no more memory here than a small one.
"""

import base64
import posixpath
import tempfile
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from emulators.datafactory.data.errors import DataError, InvalidSettings, Side, Unsupported
from emulators.datafactory.data.settings import Settings, flag, text
from emulators.datafactory.data.store import File
from emulators.datafactory.engine.timestamps import parse_timespan

IN_MEMORY = 8 << 20
PIECE = 1 << 20
DEFAULT_TIMEOUT = "00:01:40"
"""Until the answer begins (documented)."""

_NAMELESS = "data"


class HttpServer:
    """One server as the source of a copy or a lookup. It cannot be listed: each dataset is one file."""

    def __init__(self, address: str, headers: Mapping[str, str], *, verify: bool, side: Side = "Source") -> None:
        self.side = side
        self._address = address
        self._headers = dict(headers)
        self._verify = verify
        self._fetched: dict[File, Any] = {}
        self._lock = threading.Lock()

    def place(self, container: str) -> str:
        return self._address

    def fetch(self, relative: str, settings: Settings) -> File:
        """Fetch by `storeSettings` (requestMethod, requestBody, additionalHeaders, requestTimeout); raises DataError
        HttpFileFailedToRead (documented).
        """
        address = urljoin(self._address, relative) if relative else self._address
        method = text(settings, "requestMethod", "GET").upper()
        if method not in {"GET", "POST"}:
            raise InvalidSettings(f"The request method of a file is GET or POST, not '{method}'.")
        headers = {**self._headers, **_header_lines(text(settings, "additionalHeaders"))}
        body = text(settings, "requestBody") or None
        content = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 - lives as long as the place
        try:
            timeout = parse_timespan(text(settings, "requestTimeout", DEFAULT_TIMEOUT)).total_seconds()
            with (
                self._client(timeout) as client,
                client.stream(method, address, headers=headers, content=body) as answer,
            ):
                if not answer.is_success:
                    raise self._failed(f"{answer.status_code} {answer.reason_phrase}")
                size = sum(content.write(piece) for piece in answer.iter_bytes(PIECE))
                modified = _modified(answer.headers.get("last-modified"))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        except ValueError as error:
            raise InvalidSettings(str(error)) from error
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

    def _client(self, timeout: float) -> httpx.Client:
        local = urlsplit(self._address).hostname in {"127.0.0.1", "localhost"}
        return httpx.Client(verify=self._verify, trust_env=not local, timeout=timeout, follow_redirects=True)

    def _failed(self, reason: str) -> DataError:
        message = f"Failed to read data from http server. Check the error from http server: {reason}"
        return DataError("HttpFileFailedToRead", message, self.side)


def open_http_server(kind: str, settings: Settings, tokens: object, side: Side) -> HttpServer:
    """Connect by the `typeProperties` of a linked service of type HttpServer; anonymous or with a password."""
    address, way = text(settings, "url"), text(settings, "authenticationType", "Anonymous")
    if not address.lower().startswith(("http://", "https://")):
        raise InvalidSettings(f"A linked service of type {kind} needs a 'url' of http or https.")
    headers = {}
    if way == "Basic":
        pair = f"{text(settings, 'userName')}:{text(settings, 'password')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif way != "Anonymous":
        raise Unsupported(f"HTTP authentication of type '{way}'", "a case in data/http_server.py.")
    if settings.get("authHeaders"):
        raise Unsupported("'authHeaders'", "the secrets in it, in activities/linked_services.py, and their use here.")
    return HttpServer(
        address, headers, verify=flag(settings, "enableServerCertificateValidation", default=True), side=side
    )


def _header_lines(written: str) -> dict[str, str]:
    """`name: value`, one a line."""
    lines = (line.partition(":") for line in written.splitlines() if line.strip())
    return {name.strip(): value.strip() for name, _, value in lines}


def _modified(header: str | None) -> datetime | None:
    if not header:
        return None
    try:
        return parsedate_to_datetime(header).astimezone(UTC)
    except ValueError:
        return None
