"""Signing a request with an account's key (documented: Authorize with Shared Key), to the letter as Azurite checks it;
pure.

Where the documentation leaves room, Azurite decides: it looks at the path as it was sent, at those parameters only
that have one equals sign, and sorts header names as a person would, punctuation before digits before letters.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import unquote

_SIGNED = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
_PREFIX = "x-ms-"
_PUNCTUATION = {ord(character): chr(number) for number, character in enumerate("_-!.'*&#%`^+|~$", start=1)}


def authorization(
    method: str, path: str, query: str, headers: Iterable[tuple[str, str]], *, account: str, key: str
) -> str:
    """The `Authorization` header of a request with just these headers.

    `path` and `query` are as they are sent, percent-encoded; `key` is in base64.
    """
    given: dict[str, str] = {}
    for name, value in headers:
        folded = name.lower()
        given[folded] = f"{given[folded]}, {value}" if folded in given else value
    if given.get("content-length") == "0":
        del given["content-length"]
    named = sorted((name for name in given if name.startswith(_PREFIX)), key=lambda name: name.translate(_PUNCTUATION))
    lines = [method, *(given.get(name, "") for name in _SIGNED), *(f"{name}:{given[name]}" for name in named)]
    text = "\n".join([*lines, f"/{account}{path}", *_parameters(query)])
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()
    return f"SharedKey {account}:{base64.b64encode(digest).decode()}"


def _parameters(query: str) -> list[str]:
    pairs = (pair.split("=") for pair in query.split("&"))
    known = {pair[0]: pair[1] for pair in pairs if len(pair) == 2 and pair[0]}
    folded = sorted((name.lower(), value) for name, value in known.items())
    return [f"{name}:{unquote(value.replace('+', ' '))}" for name, value in folded]
