"""REST resources as sources and sinks, with a service that answers from memory."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pyarrow as pa
import pytest

from emulators.datafactory.data import rest_service, rest_source
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.ends import rows_source
from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.formats import json_text
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.lookup import look_up
from emulators.datafactory.data.rest_service import RestService
from emulators.datafactory.data.rest_sink import RestSink
from emulators.datafactory.data.rows import Progress, Work
from emulators.datafactory.data.translator import Translator
from emulators.datafactory.data.web_client import Proof, WebClient

URL = "https://api.test/v1"
Answers = Callable[[httpx.Request], httpx.Response]


class Cancelled(Exception):
    """The activity is cancelled."""


@dataclass(frozen=True)
class Fake(WebClient):
    """The real client, but for the network."""

    transport: httpx.BaseTransport = field(default_factory=lambda: httpx.MockTransport(lambda _: httpx.Response(404)))

    def open(self, timeout: float) -> httpx.Client:
        return httpx.Client(transport=self.transport, follow_redirects=True, event_hooks={"request": [self._keep_home]})


class Site:
    """Answers in turn, the last one for ever; `requests` are all that came."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[Any] = [{}]
        self.checks = 0
        self.cancel_after = -1

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(found):
            found = found(request)
        if isinstance(found, Exception):
            raise found
        return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

    def check(self) -> None:
        self.checks += 1
        if self.checks == self.cancel_after:
            raise Cancelled

    def place(self, side: Any = "Source", proof: Proof = Proof()) -> RestService:  # noqa: B008 - it is frozen
        return RestService(Fake(URL, proof, transport=httpx.MockTransport(self)), side)

    def rows(self, relative: str = "t", source: Any = None, first: bool = False, proof: Proof = Proof(), **said: Any):  # noqa: B008
        dataset = Dataset("d", "RestResource", {}, Location(""), {"relativeUrl": relative, **said})
        return look_up(
            rows_source(self.place(proof=proof), dataset, source or {}, self.check),
            Progress(self.check),
            first_only=first,
        )

    def urls(self) -> list[str]:
        return [str(request.url) for request in self.requests]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(rest_service, "PAUSES", (0.0, 0.0))
    return Site()


class TestSource:
    def test_the_documents_of_all_pages(self, site):
        site.answers = [{"v": 1, "next": "?p=2"}, {"v": 2, "next": "?p=3"}, {"v": 3}]
        assert [row["v"] for row in site.rows(source={"paginationRules": {"AbsoluteUrl": "$.next"}})] == [1, 2, 3]
        assert site.urls() == [f"{URL}/t", f"{URL}/t?p=2", f"{URL}/t?p=3"]
        assert site.requests[0].headers["accept"] == "application/json"
        assert site.requests[0].headers["user-agent"] == "azure-data-factory/2.0"

    def test_an_array_is_many_documents(self, site):
        site.answers = [[{"a": 1}, {"a": 2}], [{"a": 3}], []]
        rules = {"AbsoluteUrl.{n}": "RANGE:0::1", "EndCondition:$": "Empty"}
        assert site.rows("t/{n}", {"paginationRules": rules}) == [{"a": 1}, {"a": 2}, {"a": 3}]
        assert len(site.requests) == 3

    def test_what_the_activity_says_outweighs_what_the_dataset_says(self, site):
        site.rows(
            source={
                "requestMethod": "Post",
                "requestBody": "{}",
                "additionalHeaders": {"x-a": 1, "Accept": "text/csv"},
            },
            requestMethod="GET",
            additionalHeaders={"x-b": "2"},
        )
        [request] = site.requests
        assert (request.method, request.content) == ("POST", b"{}")
        assert (request.headers["x-a"], request.headers["accept"]) == ("1", "application/json")
        assert "x-b" not in request.headers
        site.rows(requestMethod="POST", requestBody="x", additionalHeaders="x-b: 2\nContent-Type: text/plain")
        assert site.requests[1].headers["x-b"] == "2"
        assert site.requests[1].headers.get_list("content-type") == ["text/plain"]

    @pytest.mark.parametrize(
        ("base", "relative", "whole"),
        [("", "", URL), ("", "?q=1", f"{URL}?q=1"), ("/", "/t", f"{URL}/t"), ("", "a/b", f"{URL}/a/b")],
    )
    def test_the_address_is_put_together(self, site, base, relative, whole):
        place = RestService(Fake(URL + base, transport=httpx.MockTransport(site)))
        dataset = Dataset("d", "RestResource", {}, Location(""), {"relativeUrl": relative})
        look_up(rows_source(place, dataset, {}, site.check), Progress(site.check), first_only=True)
        assert site.urls() == [whole]

    def test_the_first_row_asks_for_no_second_page(self, site):
        site.answers = [{"v": 1, "next": "?p=2"}]
        assert site.rows(source={"paginationRules": {"AbsoluteUrl": "$.next"}}, first=True) == [
            {"v": 1, "next": "?p=2"}
        ]
        assert len(site.requests) == 1

    def test_no_content_ends_it(self, site):
        site.answers = [{"v": 1}, httpx.Response(204)]
        assert site.rows("{n}", {"paginationRules": {"AbsoluteUrl.{n}": "RANGE:0::1"}}) == [{"v": 1}]

    def test_an_answer_of_many_gigabytes_is_not_held(self, site):
        given = 0

        def endless() -> Iterator[bytes]:
            nonlocal given
            yield b"["
            while True:
                given += 1
                yield b'{"a":1},' * 1000

        site.answers = [lambda request: httpx.Response(200, content=endless())]
        assert len(site.rows()) == 5000
        assert given < 300

    def test_one_document_that_is_too_large_is_refused(self, site, monkeypatch):
        monkeypatch.setattr(json_text, "LARGEST_DOCUMENT", 10_000)
        site.answers = [{"value": ["x" * 1000] * 2000}]
        with pytest.raises(DataError, match="a document is too large"):
            site.rows()

    @pytest.mark.parametrize("content", ["<html>Sign in</html>", "42", '"text"', "[1, 2]", '{"a": ', "null"])
    def test_an_answer_that_is_no_document_names_the_address(self, site, content):
        site.answers = [httpx.Response(200, text=content)]
        with pytest.raises(DataError, match=r"JSON file 'https://api\.test/v1/t'") as failure:
            site.rows()
        assert failure.value.code == "JsonInvalidDataFormat"

    @pytest.mark.parametrize(
        ("status", "code", "calls"),
        [
            (404, "RestCallFailedWithClientError", 1),
            (429, "RestCallFailedWithClientError", 3),
            (500, "RestSourceCallFailed", 3),
            (503, "RestSourceCallFailed", 3),
            (501, "RestSourceCallFailed", 1),
        ],
    )
    def test_a_bad_status_fails_after_some_tries_where_it_may_pass(self, site, status, code, calls):
        site.answers = [httpx.Response(status, text="why", headers={"retry-after": "0"})]
        with pytest.raises(DataError, match=rf"{status}.*https://api\.test/v1/t.*why") as failure:
            site.rows()
        assert (failure.value.code, len(site.requests)) == (code, calls)

    def test_what_passes_is_no_failure(self, site):
        site.answers = [httpx.Response(503), httpx.ConnectError("refused"), {"a": 1}]
        assert site.rows() == [{"a": 1}]

    @pytest.mark.parametrize(
        ("answer", "message"),
        [
            (httpx.ConnectError("refused"), "ConnectError: refused"),
            (httpx.Response(302, headers={"location": f"{URL}/t"}), "TooManyRedirects"),
            (httpx.Response(302, headers={"location": "https://[x]"}), "Invalid"),
            (
                lambda _: httpx.Response(200, content=iter([b"no gzip"]), headers={"content-encoding": "gzip"}),
                "DecodingError",
            ),
        ],
    )
    def test_no_answer_is_told(self, site, answer, message):
        site.answers = [answer]
        with pytest.raises(DataError, match=message) as failure:
            site.rows()
        assert failure.value.code == "RestSourceCallFailed"

    def test_an_answer_of_a_gigabyte_that_says_no_is_not_read(self, site):
        given = 0

        def long() -> Iterator[bytes]:
            nonlocal given
            while True:
                given += 1
                yield b"x" * 10_000

        site.answers = [lambda request: httpx.Response(400, content=long())]
        with pytest.raises(DataError, match="400"):
            site.rows()
        assert given < 5

    def test_accepted_without_content_is_not_taken_for_no_rows(self, site):
        site.answers = [httpx.Response(202, headers={"location": "/status"})]
        with pytest.raises(Unsupported, match="202 without content"):
            site.rows()

    def test_a_last_page_that_names_itself_is_found_out(self, site):
        site.answers = [{"next": f"{URL}/t"}]
        with pytest.raises(InvalidSettings, match=r"does not end.*EndCondition or MaxRequestNumber"):
            site.rows(source={"paginationRules": {"AbsoluteUrl": "$.next"}})
        assert len(site.requests) == rest_source.MOST_REPEATS

    def test_pages_without_rows_that_never_end_are_found_out(self, site, monkeypatch):
        monkeypatch.setattr(rest_source, "MOST_PAGES", 20)
        site.answers = [[]]
        with pytest.raises(InvalidSettings, match="after 20 requests"):
            site.rows("{n}", {"paginationRules": {"AbsoluteUrl.{n}": "RANGE:0::1"}})

    def test_an_endless_loop_can_be_cancelled(self, site):
        site.answers, site.cancel_after = [[]], 40
        with pytest.raises(Cancelled):
            site.rows("{n}", {"paginationRules": {"AbsoluteUrl.{n}": "RANGE:0::1"}})

    def test_a_pause_is_made_between_pages_where_it_is_asked_for(self, site, monkeypatch):
        waits: list[float] = []
        monkeypatch.setattr(rest_service.Session, "pause", lambda self, seconds: waits.append(seconds))
        site.answers = [{"next": "?p=2"}, {"next": "?p=3"}, {}]
        for written in (None, 250, "00:00:02"):
            site.answers = [{"next": "?p=2"}, {"next": "?p=3"}, {}]
            site.rows(source={"paginationRules": {"AbsoluteUrl": "$.next"}, "requestInterval": written})
        assert waits == [0.0, 0.0, 0.25, 0.25, 2.0, 2.0]

    def test_a_pause_ends_when_the_activity_is_cancelled(self, site):
        site.answers, site.cancel_after = [{"next": "?p=2"}], 4
        with pytest.raises(Cancelled):
            site.rows(source={"paginationRules": {"AbsoluteUrl": "$.next"}, "requestInterval": 60_000})
        assert len(site.requests) == 1

    def test_secrets_stay_at_home(self, site):
        proof = Proof({"x-key": "s3cret"}, authorization=lambda: "Bearer t")
        site.answers = [{"next": "https://elsewhere.test/t"}, httpx.Response(302, headers={"location": f"{URL}/x"}), {}]
        site.rows(source={"paginationRules": {"AbsoluteUrl": "$.next"}}, proof=proof)
        home, away, back = site.requests
        assert (home.headers["x-key"], home.headers["authorization"]) == ("s3cret", "Bearer t")
        assert "x-key" not in away.headers
        assert "authorization" not in away.headers
        assert "x-key" not in back.headers, "a redirect from elsewhere brings nothing back"

    def test_additional_columns(self, site):
        site.answers = [{"a": 1}]
        columns = [{"name": "b", "value": "x"}, {"name": "c", "value": "$$COLUMN:a"}]
        assert site.rows(source={"additionalColumns": columns}) == [{"a": 1, "b": "x", "c": 1}]

    @pytest.mark.parametrize(
        ("source", "message"),
        [
            ({"requestMethod": "DELETE"}, "GET or POST, not 'DELETE'"),
            ({"requestBody": "x"}, "goes with the request method POST"),
            ({"additionalHeaders": "no colon"}, "'name: value'"),
            ({"additionalHeaders": [1]}, "'additionalHeaders' is an object"),
            ({"paginationRules": "AbsoluteUrl"}, "'paginationRules' is an object"),
            ({"httpRequestTimeout": "soon"}, "'httpRequestTimeout': 'soon'"),
            ({"httpRequestTimeout": "00:00:00"}, "longer than nothing"),
            ({"requestInterval": 5}, "from 10 to 60000, not '5'"),
            ({"requestInterval": "1:x"}, "'requestInterval': '1:x'"),
        ],
    )
    def test_a_wrong_setting_is_named(self, site, source, message):
        with pytest.raises(InvalidSettings, match=message):
            site.rows(source=source)
        assert not site.requests

    def test_an_address_or_header_that_is_none_is_named(self, site):
        with pytest.raises(InvalidSettings, match="must be relative"):
            site.rows("https://elsewhere.test/x")
        with pytest.raises(InvalidSettings, match="cannot be sent"):
            site.rows(source={"additionalHeaders": {"ü€": "x"}})

    def test_dataset_and_linked_service_must_fit(self, site):
        with pytest.raises(InvalidSettings, match="RestResource goes with RestService"):
            rows_source(site.place(), Dataset("d", "Json", {}, Location("c")), {}, site.check)
        with pytest.raises(InvalidSettings, match="RestResource goes with RestService"):
            rows_source(object(), Dataset("d", "RestResource", {}, Location("")), {}, site.check)


class TestSink:
    def output(self, site: Site, counts: Counts | None = None, **sink: Any) -> Any:
        dataset = Dataset("d", "RestResource", {}, Location(""), {"relativeUrl": "items"})
        found = RestSink.read(site.place("Sink"), dataset, sink)
        work = Work(Translator(), counts or Counts(), reject=lambda row: None, check=site.check)
        ((output, _),) = found.outputs(iter(()), work)
        return output

    def test_rows_go_in_batches(self, site):
        counts = Counts()
        output = self.output(site, counts, writeBatchSize=2, requestMethod="put", additionalHeaders={"x-a": "1"})
        output.write(pa.record_batch({"id": [1, 2, 3]}))
        output.write_documents([{"id": 4, "deep": {"x": [1]}}, {"id": 5}])
        output.close()
        sent = [json.loads(request.content) for request in site.requests]
        assert sent == [[{"id": 1}, {"id": 2}], [{"id": 3}, {"id": 4, "deep": {"x": [1]}}], [{"id": 5}]]
        assert {request.method for request in site.requests} == {"PUT"}
        assert site.requests[0].headers["content-type"] == "application/json"
        assert site.requests[0].headers["x-a"] == "1"
        assert (counts.rows_copied, counts.data_written) == (5, sum(len(r.content) for r in site.requests))

    def test_no_rows_no_request(self, site):
        self.output(site).close()
        assert not site.requests

    def test_they_are_packed(self, site):
        output = self.output(site, httpCompressionType="gzip")
        output.write_documents([{"ü": 1}])
        output.close()
        assert site.requests[0].headers["content-encoding"] == "gzip"
        assert gzip.decompress(site.requests[0].content) == '[{"ü":1}]'.encode()

    def test_a_pause_between_batches(self, site, monkeypatch):
        waits: list[float] = []
        monkeypatch.setattr(rest_service.Session, "pause", lambda self, seconds: waits.append(seconds))
        output = self.output(site, writeBatchSize=1, requestInterval=10)
        output.write_documents([{}, {}, {}])
        output.close()
        assert waits == [0.01, 0.01]

    @pytest.mark.parametrize(
        ("answer", "calls"),
        [(400, 1), (500, 1), (429, 3), (503, 3), (httpx.ReadTimeout("slow"), 1), (httpx.ConnectError("refused"), 3)],
    )
    def test_what_may_have_been_carried_out_is_not_repeated(self, site, answer, calls):
        site.answers = [httpx.Response(answer, text="why") if isinstance(answer, int) else answer]
        output = self.output(site)
        output.write_documents([{}])
        with pytest.raises(DataError) as failure:
            output.close()
        assert (failure.value.code, failure.value.side) == ("RestSinkCallFailed", "Sink")
        assert len(site.requests) == calls

    def test_an_endless_answer_does_not_hold_it_up(self, site):
        def endless() -> Iterator[bytes]:
            while True:
                yield b"x" * 1000

        site.answers = [lambda request: httpx.Response(200, content=endless())]
        output = self.output(site)
        output.write_documents([{}])
        output.close()

    @pytest.mark.parametrize(
        ("sink", "code", "message"),
        [
            ({"requestMethod": "GET"}, "UserErrorInvalidParameter", "POST, PUT or PATCH, not 'GET'"),
            ({"httpCompressionType": "zip"}, "RestSinkUNSupportedCompressionType", "zip"),
            ({"requestInterval": 5}, "UserErrorInvalidParameter", "from 10 to 60000"),
            ({"writeBatchSize": "many"}, "UserErrorInvalidParameter", "'writeBatchSize'"),
        ],
    )
    def test_a_wrong_setting_is_named(self, site, sink, code, message):
        with pytest.raises(DataError, match=message) as failure:
            self.output(site, **sink)
        assert failure.value.code == code
