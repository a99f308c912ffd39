"""A REST resource as the sink of a copy: rows as JSON arrays, so many in each request.

What was sent stays sent: a copy that fails on its way has written the batches before (the protocol has no way back).
"""

import gzip
import itertools
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats.json_text import plain
from emulators.datafactory.data.hierarchy import documents_of
from emulators.datafactory.data.rest_service import RestService, Session
from emulators.datafactory.data.rest_source import USER_AGENT, interval
from emulators.datafactory.data.rows import Output, Part, Work
from emulators.datafactory.data.settings import Settings, number, text
from emulators.datafactory.data.web_client import header_lines, joined, seconds_of, with_own

BATCH = 10_000
"""Rows of a request (documented default)."""

METHODS = frozenset({"POST", "PUT", "PATCH"})


@dataclass(frozen=True)
class RestSink:
    """Where and how rows are sent; `interval` is in seconds, `timeout` too."""

    place: RestService
    url: str
    method: str
    headers: dict[str, str]
    batch: int
    interval: float
    timeout: float
    gzip: bool
    takes_documents = True
    takes_text = False

    @classmethod
    def read(cls, place: RestService, dataset: Dataset, sink: Settings) -> "RestSink":
        """Read the `sink` of a copy; raises InvalidSettings, DataError RestSinkUNSupportedCompressionType."""
        method = text(sink, "requestMethod", "POST").upper()
        if method not in METHODS:
            raise InvalidSettings(f"The request method of a REST sink is POST, PUT or PATCH, not '{method}'.", "Sink")
        compression = text(sink, "httpCompressionType", "none").lower()
        if compression not in {"none", "gzip"}:
            raise DataError(
                "RestSinkUNSupportedCompressionType",
                f"User Configured CompressionType is Not Supported By Azure Data Factory:{compression}",
                "Sink",
            )
        headers = {"Accept": "application/json", "Content-Type": "application/json", "User-Agent": USER_AGENT}
        if compression == "gzip":
            headers["Content-Encoding"] = "gzip"
        return cls(
            place,
            joined(place.client.address, text(dataset.properties, "relativeUrl")),
            method,
            with_own(headers, header_lines(sink.get("additionalHeaders"))),
            number(sink, "writeBatchSize") or BATCH,
            interval(sink, "Sink"),
            seconds_of(sink, "httpRequestTimeout"),
            compression == "gzip",
        )

    def outputs(self, parts: Iterator[Part], work: Work) -> Iterator[tuple[Output, Iterable[Part]]]:
        """All parts of the source go to the one address."""
        yield _Output(self, work), parts


class _Output:
    """The requests being made; rows are held back until a batch is full."""

    def __init__(self, sink: RestSink, work: Work) -> None:
        self._sink = sink
        self._translator = work.translator
        self._counts = work.counts
        self._check = work.check
        self._held: list[Any] = []
        self._open = ExitStack()
        self._session: Session | None = None

    def expect(self, schema: pa.Schema) -> None:
        """Each document says itself what it holds."""

    def write(self, batch: pa.RecordBatch) -> None:
        self.write_documents(documents_of(batch, self._translator.pairs))

    def write_documents(self, documents: list[Any]) -> None:
        self._held += documents
        while len(self._held) >= self._sink.batch:
            self._send(self._held[: self._sink.batch])
            del self._held[: self._sink.batch]

    def close(self) -> None:
        """Send the rest."""
        if self._held:
            self._send(self._held)
        self._open.close()

    def abandon(self, error: BaseException) -> None:
        """What was sent cannot be taken back; the rest is not sent."""
        self._open.close()

    def _send(self, documents: list[Any]) -> None:
        sink = self._sink
        content = json.dumps(documents, ensure_ascii=False, separators=(",", ":"), default=plain).encode()
        packed = gzip.compress(content) if sink.gzip else content
        if self._session is None:
            self._session = self._open.enter_context(sink.place.open(sink.timeout, self._check))
        else:
            self._session.pause(sink.interval)
        with self._session.call(sink.method, sink.url, sink.headers, packed) as answer:
            # an answer that is read to its end leaves the connection for the next batch; a long one does not matter
            for _ in itertools.islice(answer.iter_bytes(1 << 16), 16):
                pass
        self._counts.rows_copied += len(documents)
        self._counts.data_written += len(packed)
