"""Blob Batch: several requests in one multipart body, several answers in another; pure.

Documented: at most 256 sub-requests and 4 MiB; each part is `application/http` with a Content-ID that the answer
repeats, and proves for itself who sends it. Only what events and signatures need is read: method, target, headers;
and of the answers status and headers.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from emulators.kernel.errors import CloudError
from emulators.storage.addresses import read_address, split_target
from emulators.storage.events import Change, Outcome
from emulators.storage.operations import Operation, identify

LARGEST_BODY = 4 << 20

_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.1")
_AUTHORIZED_PART = re.compile(
    r"(?P<line>[A-Z]+ \S+ HTTP/1\.1)\r?\n(?P<before>(?:[^\r\n]+\r?\n)*?)"
    r"Authorization:[ \t]*(?P<value>[^\r\n]*?)[ \t]*(?P<end>\r?\n|\Z)(?P<after>(?:[^\r\n]+\r?\n)*)",
    re.IGNORECASE,
)
_STATUS_LINE = re.compile(r"HTTP/1\.1 (\d{3})")


def batch_changes(content_type: str, body: bytes, host: str, accounts: Collection[str]) -> dict[str, Change]:
    """The blobs that a batch deletes, by Content-ID; what changes no blob (a tier) is left out.

    Each part's target is read with the `host` of the batch request itself, as Azurite does. Parts that cannot be
    read are left out too: Azurite refuses the whole batch or answers them with an error.
    """
    changes: dict[str, Change] = {}
    for number, part in enumerate(_parts(content_type, body)):
        part_head, _, inner = part.partition("\n\n")
        change = _change(inner, host, accounts)
        if change is not None:
            changes[_headers(part_head).get("content-id", str(number))] = change
    return changes


def batch_outcomes(content_type: str, body: bytes) -> dict[str, Outcome]:
    """The answers of a batch by Content-ID."""
    outcomes: dict[str, Outcome] = {}
    for number, part in enumerate(_parts(content_type, body)):
        part_head, _, inner = part.partition("\n\n")
        match = _STATUS_LINE.match(inner)
        if match is not None:
            outcome = Outcome(int(match[1]), _headers(inner.partition("\n\n")[0]))
            outcomes[_headers(part_head).get("content-id", str(number))] = outcome
    return outcomes


@dataclass(frozen=True)
class Part:
    """A request in a batch. `signed` are method, path, query and the headers besides `authorization`."""

    authorization: str
    signed: tuple[str, str, str, list[tuple[str, str]]]


def with_authorizations(body: bytes, authorize: Callable[[Part], str | None]) -> bytes:
    """The batch with another `Authorization` in each part for which `authorize` gives one; nothing else changes."""

    def replaced(found: re.Match[str]) -> str:
        method, written, _ = found["line"].split(" ")
        path, _, query = ("/" + written.removeprefix("/")).partition("?")
        headers = list(_headers(found["before"] + found["after"]).items())
        value = authorize(Part(found["value"], (method, path, query, headers)))
        if value is None:
            return found[0]
        start, stop = found.start("value") - found.start(), found.end("value") - found.start()
        return found[0][:start] + value + found[0][stop:]

    return _AUTHORIZED_PART.sub(replaced, body.decode("latin-1")).encode("latin-1")


def _change(request: str, host: str, accounts: Collection[str]) -> Change | None:
    match = _REQUEST_LINE.match(request)
    if match is None:
        return None
    headers = _headers(request.partition("\n\n")[0])
    target = split_target("/" + match[2].removeprefix("/"), host)
    try:
        address = read_address(target, accounts)
    except CloudError:
        return None
    operation = identify(match[1], address, target.parameters(), headers)
    return None if operation is Operation.OTHER else Change(operation, address, headers)


def _parts(content_type: str, body: bytes) -> list[str]:
    match = re.search(r'boundary="?([^";]+)"?', content_type)
    if match is None:
        return []
    text = body.decode("utf-8", "replace").replace("\r\n", "\n")
    # before the first boundary is a preamble, after the last (which ends in --) nothing
    pieces = re.split(rf"(?:^|\n)--{re.escape(match[1])}", text)[1:]
    return [piece.removeprefix("\n") for piece in pieces if not piece.startswith("--")]


def _headers(head: str) -> Mapping[str, str]:
    lines = (line.partition(":") for line in head.split("\n"))
    return {name.strip().lower(): value.strip() for name, colon, value in lines if colon}
