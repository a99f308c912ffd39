"""Lists in pages: a page says which address has the next one. A page begins after a key, so nothing that is added or
removed between two pages makes another item come twice or not at all."""

import base64
import binascii
from collections.abc import Iterable, Sequence
from typing import TypeVar
from urllib.parse import urlencode

from emulators.keyvault.errors import BadParameter

T = TypeVar("T")


def page(items: Iterable[tuple[str, T]], after: str | None, size: int) -> tuple[Sequence[T], str | None]:
    """The first `size` items whose key lies behind `after`, in the keys' order, and the key to go on from, if any."""
    rest = sorted((item for item in items if after is None or item[0] > after), key=lambda item: item[0])
    shown = rest[:size]
    return [item for _, item in shown], shown[-1][0] if len(rest) > size else None


def next_link(address: str, api_version: str, size: int, key: str) -> str:
    """The address of the page behind `key`."""
    token = base64.urlsafe_b64encode(key.encode()).decode()
    return f"{address}?{urlencode({'api-version': api_version, '$skiptoken': token, 'maxresults': size})}"


def key_of(token: str) -> str:
    """The key in the address of a page. Raises BadParameter."""
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadParameter("The parameter '$skiptoken' is not one that this vault gave out.") from error
