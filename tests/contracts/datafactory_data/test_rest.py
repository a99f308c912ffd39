"""REST services on a real socket, to and from real blobs."""

import asyncio
import json
import re
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest

from emulators.datafactory.activities import ActivityFailed

ROWS = [{"id": n, "name": f"n{n}", "tags": [{"t": n}]} for n in range(5)]


class Service(BaseHTTPRequestHandler):
    """Pages of two rows, a token endpoint, and a place to send rows to."""

    seen: ClassVar[list[dict[str, Any]]] = []
    received: ClassVar[list[Any]] = []
    many: ClassVar[threading.Event] = threading.Event()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._note(b"")
        parts = urlsplit(self.path)
        skip = int(parse_qs(parts.query).get("skip", ["0"])[0])
        if parts.path == "/api/orders":
            following = f"/api/orders?skip={skip + 2}" if skip + 2 < len(ROWS) else None
            self._answer({"customer": "c1", "orders": ROWS[skip : skip + 2], "next": following})
        elif parts.path == "/api/list":
            self._answer([{"id": row["id"], "name": row["name"]} for row in ROWS])
        elif parts.path == "/api/endless":
            if skip == 20:
                Service.many.set()
            self._answer({"orders": [], "next": f"/api/endless?skip={skip + 1}"})
        else:
            self._answer({"error": "not here"}, 404)

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["content-length"]))
        self._note(content)
        if self.path == "/token":
            self._answer({"access_token": "issued", "expires_in": 3600})
        elif self.path == "/api/refuses":
            self._answer({"error": "no"}, 400)
        else:
            Service.received.append(json.loads(content))
            self._answer({})

    def _note(self, content: bytes) -> None:
        Service.seen.append({"path": self.path, "headers": dict(self.headers), "content": content})

    def _answer(self, body: Any, status: int = 200) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def service(serving: Any) -> Iterator[str]:
    Service.seen.clear()
    Service.received.clear()
    Service.many.clear()
    with serving(Service) as address:
        yield address


def resource(lake, service: str, relative: str, linked: dict | None = None, **properties: Any) -> dict:
    """A dataset of a resource of the service."""
    written = {"url": f"{service}/api", "authenticationType": "Anonymous", **(linked or {})}
    lake.linked_services["rest"] = {"type": "RestService", "typeProperties": written}
    reference = lake.dataset("RestResource", lake="rest")
    lake.datasets[reference["referenceName"]]["typeProperties"] = {"relativeUrl": relative, **properties}
    return reference


def source(**more: Any) -> dict:
    return {"type": "RestSource", "paginationRules": {"AbsoluteUrl": "$.next"}, **more}


async def test_pages_are_written_as_they_came(lake, service):
    sink = lake.dataset("Json", "out", "orders.json")
    orders = resource(lake, service, "orders")
    output = await lake.run("Copy", inputs=[orders], outputs=[sink], source=source(), sink={"type": "JsonSink"})
    pages = [json.loads(line) for line in lake.content("out/orders.json").splitlines()]
    assert [len(page["orders"]) for page in pages] == [2, 2, 1]
    assert pages[1]["orders"][0] == ROWS[2]
    assert output["rowsRead"] == output["rowsCopied"] == 3
    assert output["dataRead"] > 0
    assert "filesRead" not in output
    assert output["filesWritten"] == 1
    assert output["executionDetails"][0]["source"] == {"type": "RestService"}


async def test_rows_of_all_pages_by_a_mapping(lake, service):
    translator = {
        "type": "TabularTranslator",
        "collectionReference": "$['orders']",
        "mapComplexValuesToString": True,
        "mappings": [
            {"source": {"path": "$['customer']"}, "sink": {"name": "customer"}},
            {"source": {"path": "['id']"}, "sink": {"name": "id"}},
            {"source": {"path": "['tags'][0]['t']"}, "sink": {"name": "tag"}},
        ],
    }
    output = await lake.run(
        "Copy",
        inputs=[resource(lake, service, "orders")],
        outputs=[lake.dataset("DelimitedText", "out", "orders.csv", firstRowAsHeader=True)],
        source=source(),
        sink={"type": "DelimitedTextSink"},
        translator=translator,
    )
    assert lake.content("out/orders.csv").decode().split() == ["customer,id,tag", *(f"c1,{n},{n}" for n in range(5))]
    assert output["rowsCopied"] == 5


async def test_a_file_without_a_name_gets_one(lake, service):
    orders = resource(lake, service, "list")
    for _ in range(2):
        await lake.run("Copy", inputs=[orders], outputs=[lake.dataset("Json", "out")], source={}, sink={})
    assert len(lake.paths("out/")) == 2
    assert all(re.fullmatch(r"out/data_[0-9a-f-]{36}_[0-9a-f-]{36}\.json", path) for path in lake.paths("out/"))


async def test_a_lookup_of_a_list(lake, service):
    output = await lake.run("Lookup", dataset=resource(lake, service, "list"), source={}, firstRowOnly=False)
    assert output["count"] == 5
    assert output["value"][4] == {"id": 4, "name": "n4"}


async def test_rows_are_sent_in_batches(lake, service):
    lake.put("in.csv", "id,name\n1,ä\n2,b\n3,\n")
    output = await lake.run(
        "Copy",
        inputs=[lake.dataset("DelimitedText", "", "in.csv", firstRowAsHeader=True)],
        outputs=[resource(lake, service, "items")],
        source={"type": "DelimitedTextSource"},
        sink={"type": "RestSink", "writeBatchSize": 2, "requestInterval": 10},
    )
    assert Service.received == [[{"id": "1", "name": "ä"}, {"id": "2", "name": "b"}], [{"id": "3", "name": None}]]
    assert (output["rowsCopied"], output["filesRead"]) == (3, 1)
    assert "filesWritten" not in output


async def test_from_one_service_to_another(lake, service):
    orders, items = resource(lake, service, "orders"), resource(lake, service, "items")
    await lake.run("Copy", inputs=[orders], outputs=[items], source=source(), sink={"type": "RestSink"})
    [batch] = Service.received
    assert [len(page["orders"]) for page in batch] == [2, 2, 1]


async def test_who_is_calling(lake, service):
    secret = {"type": "SecureString", "value": "s3cret"}
    ways: list[tuple[dict[str, Any], str]] = [
        ({"authenticationType": "Basic", "userName": "me", "password": secret}, "Basic bWU6czNjcmV0"),
        (
            {
                "authenticationType": "AadServicePrincipal",
                "tenant": "t",
                "servicePrincipalId": "i",
                "servicePrincipalKey": secret,
                "aadResourceId": "https://x.test",
            },
            "Bearer token for https://x.test",
        ),
        ({"authenticationType": "ManagedServiceIdentity", "aadResourceId": "api://y"}, "Bearer token for api://y"),
        (
            {
                "authenticationType": "OAuth2ClientCredential",
                "tokenEndpoint": f"{service}/token",
                "clientId": "i",
                "clientSecret": secret,
                "scope": "read",
            },
            "Bearer issued",
        ),
    ]
    for linked, header in ways:
        await lake.run("Lookup", dataset=resource(lake, service, "list", linked), source={})
        assert Service.seen[-1]["headers"]["Authorization"] == header
    [asked] = [call for call in Service.seen if call["path"] == "/token"]
    assert asked["content"] == b"grant_type=client_credentials&client_id=i&client_secret=s3cret&scope=read"


async def test_an_endless_resource_ends_with_its_activity(lake, service):
    endless = resource(lake, service, "endless")
    looking = asyncio.create_task(lake.run("Lookup", dataset=endless, source=source(), firstRowOnly=False))
    assert await asyncio.to_thread(Service.many.wait, 30)
    looking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await looking
    calls = len(Service.seen)
    await asyncio.to_thread(time.sleep, 0.05)
    assert len(Service.seen) == calls, "nobody asks on behind an activity that has ended"


async def test_what_goes_wrong_is_told(lake, service):
    lake.put("in.csv", "id\n1\n")
    csv = lake.dataset("DelimitedText", "", "in.csv", firstRowAsHeader=True)
    with pytest.raises(
        ActivityFailed, match=r"ErrorCode=RestCallFailedWithClientError.*404 NotFound.*not here"
    ) as failure:
        await lake.run("Copy", inputs=[resource(lake, service, "x")], outputs=[csv], source=source(), sink={})
    assert failure.value.code == "2200"
    with pytest.raises(ActivityFailed, match=r"'Sink' side. ErrorCode=RestSinkCallFailed.*400 BadRequest"):
        await lake.run("Copy", inputs=[csv], outputs=[resource(lake, service, "refuses")], source={}, sink={})
    with pytest.raises(ActivityFailed, match="RestResource goes with RestService"):
        await lake.run("Copy", inputs=[lake.dataset("Binary", lake="rest")], outputs=[csv], source={}, sink={})
    with pytest.raises(ActivityFailed, match="whose source is a 'JsonSource' on a dataset of type 'RestResource'"):
        await lake.run(
            "Copy",
            inputs=[resource(lake, service, "x")],
            outputs=[csv],
            source={"type": "JsonSource"},
            sink={},
        )
    with pytest.raises(ActivityFailed, match="GetMetadata is not available for RestService"):
        await lake.run("GetMetadata", dataset=resource(lake, service, "x"), fieldList=["exists"])
    broken = {"authenticationType": "OAuth2ClientCredential", "tokenEndpoint": f"{service}/nowhere"}
    for more, message in (
        ({}, "no value for the property 'clientId'"),
        ({"clientId": "i", "clientSecret": "s"}, "gave no access token"),
    ):
        with pytest.raises(ActivityFailed, match=message):
            await lake.run("Lookup", dataset=resource(lake, service, "list", {**broken, **more}), source={})
