"""Files from a web server, on a real socket."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar

import pytest

from emulators.datafactory.activities import ActivityFailed

BODY = b"id,name\n1,a\n"


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


class Site(BaseHTTPRequestHandler):
    """Answers by path and tells of the last request."""

    seen: ClassVar[dict[str, object]] = {}

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["content-length"])))

    def _answer(self, body: bytes = b"") -> None:
        Site.seen = {"path": self.path, "method": self.command, "headers": dict(self.headers), "body": body}
        if self.path == "/base/digest" and not self.headers["authorization"]:
            self.send_response(401)
            self.send_header("www-authenticate", 'Digest realm="r", qop="auth", nonce="n", opaque="o"')
            self.send_header("content-length", "0")
            self.end_headers()
            return
        answers = {
            "/base/digest": b'{"a":2}',
            "/base/a.csv": BODY,
            "/base/": b'{"a":1}',
            "/base/a.gz": gzip.compress(BODY),
        }
        found = answers.get(self.path.partition("?")[0])
        self.send_response(200 if found is not None else 404)
        self.end_headers()
        self.wfile.write(found or b"no")

    def log_message(self, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site(serving: Any) -> Iterator[str]:
    with serving(Site) as address:
        yield f"{address}/base/"


def on_site(lake, site: str, kind: str, relative: str, linked: dict | None = None, **properties) -> dict:
    """A dataset of a file on the site."""
    lake.linked_services["site"] = {"type": "HttpServer", "typeProperties": {"url": site, **(linked or {})}}
    reference = lake.dataset(kind, lake="site", **properties)
    location = {"type": "HttpServerLocation", "relativeUrl": relative}
    lake.datasets[reference["referenceName"]]["typeProperties"]["location"] = location
    return reference


async def test_a_file_is_copied_as_it_is(lake, site):
    source = on_site(lake, site, "Binary", "a.csv?x=1")
    output = await lake.run("Copy", inputs=[source], outputs=[lake.dataset("Binary", "in")], source={}, sink={})
    assert lake.content("in/a.csv") == BODY
    assert Site.seen["path"] == "/base/a.csv?x=1"
    assert output["executionDetails"][0]["source"]["type"] == "HttpServer"


async def test_a_file_is_read_as_rows_with_everything_that_can_be_said(lake, site):
    source = on_site(
        lake,
        site,
        "DelimitedText",
        "a.csv",
        {"authenticationType": "Basic", "userName": "me", "password": {"type": "SecureString", "value": "pw"}},
        firstRowAsHeader=True,
    )
    settings = {"requestMethod": "POST", "requestBody": "ask", "additionalHeaders": "x-one: 1\nx-two: 2"}
    output = await lake.run("Lookup", dataset=source, source={"storeSettings": settings})
    assert output["firstRow"] == {"id": "1", "name": "a"}
    assert Site.seen["method"] == "POST"
    assert Site.seen["body"] == b"ask"
    assert Site.seen["headers"]["x-two"] == "2"
    assert Site.seen["headers"]["Authorization"] == "Basic bWU6cHc="


async def test_the_address_alone_and_a_codec(lake, site):
    output = await lake.run("Lookup", dataset=on_site(lake, site, "Json", ""), source={})
    assert output["firstRow"] == {"a": 1}
    source = on_site(lake, site, "DelimitedText", "a.gz", compressionCodec="gzip", firstRowAsHeader=True)
    await lake.run("Copy", inputs=[source], outputs=[lake.dataset("Json", "", "a.json")], source={}, sink={})
    assert json.loads(lake.content("a.json")) == {"id": "1", "name": "a"}


async def test_a_digest_answers_the_servers_challenge(lake, site):
    linked = {"authenticationType": "Digest", "userName": "me", "password": {"type": "SecureString", "value": "pw"}}
    output = await lake.run("Lookup", dataset=on_site(lake, site, "Json", "digest", linked), source={})
    assert output["firstRow"] == {"a": 2}
    answered = Site.seen["headers"]["Authorization"]
    assert answered.startswith("Digest ")
    # RFC 7616: the answer is a hash of user, realm, password, nonces and address
    part = {key: value.strip('"') for key, value in (item.split("=", 1) for item in answered[7:].split(", "))}
    user, place = (md5(text) for text in ("me:r:pw", "GET:/base/digest"))
    assert part["response"] == md5(f"{user}:n:{part['nc']}:{part['cnonce']}:auth:{place}")


async def test_secret_headers_are_sent(lake, site):
    linked = {"authHeaders": {"x-key": {"type": "SecureString", "value": "s3cret"}, "x-plain": "p"}}
    await lake.run("Lookup", dataset=on_site(lake, site, "Json", "", linked), source={})
    assert (Site.seen["headers"]["x-key"], Site.seen["headers"]["x-plain"]) == ("s3cret", "p")


async def test_a_path_follows_the_address_whether_or_not_that_ends_with_a_slash(lake, site):
    await lake.run("Lookup", dataset=on_site(lake, site.rstrip("/"), "DelimitedText", "/a.csv"), source={})
    assert Site.seen["path"] == "/base/a.csv"


@pytest.mark.parametrize(
    ("linked", "message"),
    [
        ({"authenticationType": "Windows", "userName": "me"}, "'Windows'.*NTLM"),
        ({"authenticationType": "ClientCertificate", "certThumbprint": "AA"}, "self-hosted integration runtime"),
        ({"authenticationType": "ClientCertificate"}, "no value for the property 'embeddedCertData'"),
        ({"authenticationType": "ClientCertificate", "embeddedCertData": "AAAA"}, "is no PFX file"),
        ({"authenticationType": "Digest"}, "no value for the property 'userName'"),
        ({"authenticationType": "Kerberos"}, "'Kerberos' for HttpServer"),
        ({"authHeaders": "x-key: 1"}, "'authHeaders' must be an object"),
    ],
)
async def test_a_proof_that_cannot_be_given_is_told(lake, site, linked, message):
    with pytest.raises(ActivityFailed, match=message):
        await lake.run("Lookup", dataset=on_site(lake, site, "Json", "", linked), source={})


async def test_what_goes_wrong_is_told(lake, site):
    with pytest.raises(ActivityFailed, match=r"ErrorCode=HttpFileFailedToRead.*404"):
        await lake.run("Lookup", dataset=on_site(lake, site, "Json", "nowhere"), source={})
    with pytest.raises(ActivityFailed, match=r"ErrorCode=HttpFileFailedToRead.*Connect"):
        await lake.run("Lookup", dataset=on_site(lake, "http://127.0.0.1:9/", "Json", ""), source={})
    with pytest.raises(ActivityFailed, match="GetMetadata is not available for HttpServer"):
        await lake.run("GetMetadata", dataset=on_site(lake, site, "Json", ""), fieldList=["exists"])
    lake.put("a", b"x")
    sink = on_site(lake, site, "Binary", "a")
    with pytest.raises(ActivityFailed, match="HttpServer is no sink"):
        await lake.run("Copy", inputs=[lake.dataset("Binary", "", "a")], outputs=[sink], source={}, sink={})
