"""Blob Batch: several requests in one multipart body, several answers in another; pure.

Documented: at most 256 sub-requests and 4 MiB; each part is `application/http` with a Content-ID that the answer
repeats. Only what events need is read: method, target, headers; and of the answers status and headers.
"""

import re
from collections.abc import Mapping

from emulators.storage.addresses import Address, address_in, split_target
from emulators.storage.events import Change, Outcome
from emulators.storage.operations import Operation, identify

LARGEST_BODY = 4 << 20

_REQUEST_LINE = re.compile(r"([A-Z]+) (\S+) HTTP/1\.1")
_STATUS_LINE = re.compile(r"HTTP/1\.1 (\d{3})")


def batch_changes(content_type: str, body: bytes, outer: Address) -> dict[str, Change]:
    """The blobs that a batch deletes, by Content-ID; what changes no blob (a tier) is left out.

    `outer` is the address of the batch request itself. Raises InvalidUri.

    Parts that cannot be read are left out too: Azurite refuses the whole batch or answers them with an error.
    """
    changes: dict[str, Change] = {}
    for number, part in enumerate(_parts(content_type, body)):
        part_head, _, inner = part.partition("\n\n")
        match = _REQUEST_LINE.match(inner)
        if match is None:
            continue
        headers = _headers(inner.partition("\n\n")[0])
        # relative to the account even in path style: that is how clients write it and Azurite reads it
        target = split_target("/" + match[2].removeprefix("/"), "")
        address = address_in(outer.account, target.path)
        operation = identify(match[1], address, target.parameters(), headers)
        if operation is not Operation.OTHER:
            changes[_headers(part_head).get("content-id", str(number))] = Change(operation, address, headers)
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

