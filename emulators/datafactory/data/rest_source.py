"""A REST resource as the source of a copy or a lookup: its pages, one after the other, as one stream of documents.

One document of an answer is in memory at a time (an answer that is an object is one document, see
`json_text.LARGEST_DOCUMENT`; the elements of an array stream). The documented pause of a second between pages is made
only where `requestInterval` is written: it spares a server, and changes no result.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from typing import Any, BinaryIO, cast

import httpx

from emulators.datafactory.data.additional_columns import additional_columns, widened
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.formats.json_text import documents
from emulators.datafactory.data.hierarchy import table
from emulators.datafactory.data.naming import fresh_name
from emulators.datafactory.data.rest_pagination import Answer, Page, Pages
from emulators.datafactory.data.rest_rules import read_rules
from emulators.datafactory.data.rest_service import Check, RestService, Session
from emulators.datafactory.data.rows import OpenRows, Progress
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.table import Rejection
from emulators.datafactory.data.translator import Translator
from emulators.datafactory.data.web_client import header_lines, joined, seconds_of, with_own
from emulators.datafactory.engine.timestamps import parse_timespan

USER_AGENT = "azure-data-factory/2.0"
PIECE = 1 << 20
MOST_PAGES = 100_000
"""Pages of one resource. In Azure an endless loop ends with the activity's timeout; here time may stand still."""

MOST_REPEATS = 100
"""How often one and the same request may follow itself: a last page that names itself as the next is documented as a
mistake that never ends.
"""

_INTERVALS = (10, 60_000)
"""Milliseconds that `requestInterval` may be (documented); a timespan is taken too (older documentation)."""


class RestReading:
    """Reads what a dataset and the `source` of a copy or lookup describe: a source of rows with one part."""

    is_hierarchical = True

    def __init__(self, place: RestService, dataset: Dataset, source: Settings, check: Check) -> None:
        """Raises InvalidSettings or Unsupported where the two do not fit together."""
        self.dataset = dataset
        self._place = place
        self._check = check
        # what the activity says outweighs what the dataset says, where it is allowed for compatibility (documented)
        said: dict[str, Any] = {**dataset.properties, **{name: value for name, value in source.items() if value}}
        self._method = text(said, "requestMethod", "GET").upper()
        self._body = text(said, "requestBody") or None
        if self._method not in {"GET", "POST"}:
            raise InvalidSettings(f"The request method of a REST source is GET or POST, not '{self._method}'.")
        if self._body is not None and self._method == "GET":
            raise InvalidSettings("'requestBody' goes with the request method POST (documented).")
        self._headers = _headers(said, self._body)
        self._rules = read_rules(_rules(said))
        self._timeout = seconds_of(said, "httpRequestTimeout")
        self._interval = interval(said, "Source")
        self._url = joined(place.client.address, text(dataset.properties, "relativeUrl"))
        self._additional = additional_columns(source)

    @property
    def has_documents(self) -> bool:
        return not self._additional

    def parts(self, progress: Progress) -> Generator["_Resource", None, None]:
        """The resource, all its pages as one part."""
        resource = _Resource(self._url, self._additional, self._documents)
        with closing(resource):
            yield resource
            progress.counts.data_read += resource.consumed

    def _documents(self, received: "_Resource") -> Generator[Any, None, None]:
        pages = Pages(self._rules, Page(self._url, self._headers))
        page = pages.first()
        repeats = asked = 0
        with self._place.open(self._timeout, self._check) as session:
            while page is not None:
                asked += 1
                answer = yield from self._page(page, session, received)
                following = pages.next(page, answer)
                repeats = repeats + 1 if following == page else 0
                _check_endless(page, repeats, asked)
                page = following
                if page is not None:
                    session.pause(self._interval)

    def _page(self, page: Page, session: Session, received: "_Resource") -> Generator[Any, None, Answer]:
        """Yields a page's documents and returns what the rules may read of it."""
        kept: list[Any] = []
        with session.call(self._method, page.url, dict(page.headers), self._body) as answer:
            stream = _Body(answer, received, self._check)
            for document in documents(cast(BinaryIO, stream), page.url, {}, {}):
                if len(kept) < self._rules.elements:
                    kept.append(document)
                if not isinstance(document, dict):
                    raise _no_object(page.url)
                yield document
            if answer.status_code == httpx.codes.ACCEPTED and not kept:
                raise Unsupported(
                    f"An answer 202 without content (of '{page.url}')",
                    "polling for the result, in data/rest_source.py.",
                )
            body = kept if stream.is_array else kept[0] if kept else None
            return Answer(answer.status_code, dict(answer.headers), body)


class _Resource:
    """The resource being read. Counts the bytes of the content that came."""

    file = None

    def __init__(
        self, url: str, extra: Mapping[str, str], documents: Callable[["_Resource"], Generator[Any, None, None]]
    ) -> None:
        self.consumed = 0
        self.origin = url
        self.relative = fresh_name()
        """The resource as if it were a file; it has no name, so each copy makes one up."""
        self._extra = extra
        self._pages = documents(self)

    def is_only(self) -> bool:
        return True

    def documents(self) -> Iterator[Any]:
        """The documents of all pages."""
        return self._pages

    def open(self, translator: Translator, rejection: Rejection) -> OpenRows:
        """The table in the documents."""
        return OpenRows(widened(table(self._pages, translator, rejection), self._extra), list(self._extra))

    def close(self) -> None:
        """Close the connections, wherever the documents have got to."""
        self._pages.close()


class _Body:
    """An answer's content as a stream that is read in order."""

    def __init__(self, answer: httpx.Response, received: _Resource, check: Check) -> None:
        self.is_array = False
        self._pieces = answer.iter_bytes(PIECE)
        self._received = received
        self._check = check
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        """The next piece, whatever size is asked for; b"" at the end."""
        self._check()
        piece = next(self._pieces, b"")
        self._received.consumed += len(piece)
        beginning = piece.removeprefix(b"\xef\xbb\xbf").lstrip()
        if beginning and not self._begun:
            self._begun, self.is_array = True, beginning.startswith(b"[")
        return piece


def interval(settings: Settings, side: str) -> float:
    """`requestInterval` in seconds, 0 where it is not written; raises InvalidSettings."""
    written = text(settings, "requestInterval")
    if not written:
        return 0.0
    if ":" in written:
        try:
            return parse_timespan(written).total_seconds()
        except ValueError as error:
            raise InvalidSettings(f"'requestInterval': {error}") from error
    low, high = _INTERVALS
    if not written.isdigit() or not low <= int(written) <= high:
        raise InvalidSettings(
            f"'requestInterval' must be a number of milliseconds from {low} to {high}, not '{written}'.",
            "Sink" if side == "Sink" else "Source",
        )
    return int(written) / 1000


def _headers(said: Mapping[str, Any], body: str | None) -> dict[str, str]:
    """The connector's own `Accept` takes the place of a written one (documented)."""
    own = {"User-Agent": USER_AGENT, **({} if body is None else {"Content-Type": "application/json"})}
    written = header_lines(said.get("additionalHeaders"))
    kept = {name: value for name, value in written.items() if name.lower() != "accept"}
    return {"Accept": "application/json", **with_own(own, kept)}


def _rules(said: Mapping[str, Any]) -> Mapping[str, Any]:
    written = said.get("paginationRules") or {}
    if not isinstance(written, Mapping):
        raise InvalidSettings("'paginationRules' is an object of rules.")
    return written


def _no_object(url: str) -> DataError:
    return DataError(
        "JsonInvalidDataFormat",
        f"Error occurred when deserializing source JSON file '{url}'. Check if the data is in valid JSON object "
        "format.",
    )


def _check_endless(page: Page, repeats: int, asked: int) -> None:
    if repeats >= MOST_REPEATS or asked >= MOST_PAGES:
        raise InvalidSettings(
            f"The pagination does not end: after {asked} requests the next page is still asked for, at '{page.url}'. "
            "Set the pagination rule EndCondition or MaxRequestNumber."
        )
