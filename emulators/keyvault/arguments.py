"""Reading what a client says: the parts of request bodies and queries, each refused with its name and its limit."""

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from emulators.keyvault.errors import BadParameter, InvalidName
from emulators.keyvault.secret import Properties

LONGEST_VALUE = 25 * 1024
"""Bytes of UTF-8 (documented as 25k bytes)."""

LARGEST_PAGE = 25
"""The most that one page of a list holds, and what it holds unless asked otherwise (documented)."""

_NAME = re.compile(r"[0-9a-zA-Z-]{1,127}")
_LONGEST_CONTENT_TYPE = 255  # characters (documented)
_MOST_TAGS = 15  # documented
_LONGEST_TAG = 256  # characters of a tag's name or value (documented)
_LATEST_TIME = 253_402_300_799  # the end of the year 9999; clients cannot show what is later


def secret_name(written: str) -> str:
    """The name of a secret in an address. Raises InvalidName."""
    if not _NAME.fullmatch(written):
        raise InvalidName(written)
    return written


def secret_value(body: Mapping[str, Any]) -> str:
    """The value of a secret that is set. Raises BadParameter, which never repeats it."""
    value = body.get("value")
    if not isinstance(value, str):
        raise BadParameter("The property 'value' must be given, as text.")
    length = len(value.encode())
    if length > LONGEST_VALUE:
        raise BadParameter(f"The property 'value' has {length:,} bytes; a secret has at most {LONGEST_VALUE:,}.")
    return value


def properties(body: Mapping[str, Any]) -> Properties:
    """What a body says of a secret beside its value. Raises BadParameter."""
    attributes = body.get("attributes")
    if attributes is None:
        attributes = {}
    elif not isinstance(attributes, Mapping):
        raise BadParameter("The property 'attributes' must be an object.")
    return Properties(
        enabled=_enabled(attributes.get("enabled")),
        not_before=_time("nbf", attributes.get("nbf")),
        expires=_time("exp", attributes.get("exp")),
        content_type=_content_type(body.get("contentType")),
        tags=_tags(body.get("tags")),
    )


def backup(body: Mapping[str, Any]) -> bytes:
    """A backup to restore: its bytes, from base64url with or without padding. Raises BadParameter."""
    value = body.get("value")
    if not isinstance(value, str) or not value:
        raise BadParameter("The property 'value' must be given: a backup in base64url.")
    try:
        return base64.b64decode(value.rstrip("=") + "=" * (-len(value.rstrip("=")) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadParameter("The property 'value' is not base64url.") from error


def page_size(query: Mapping[str, str]) -> int:
    """How many items a page holds at most. Raises BadParameter."""
    written = query.get("maxresults", str(LARGEST_PAGE))
    if not written.isdecimal() or not 1 <= int(written) <= LARGEST_PAGE:
        raise BadParameter(f"The parameter 'maxresults' must be a number from 1 to {LARGEST_PAGE}, not '{written}'.")
    return int(written)


def _enabled(value: Any) -> bool | None:
    if value is not None and not isinstance(value, bool):
        raise BadParameter("The property 'attributes.enabled' must be true or false.")
    return value


def _time(name: str, value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LATEST_TIME:
        raise BadParameter(f"The property 'attributes.{name}' must be whole seconds since 1970.")
    return value


def _content_type(value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > _LONGEST_CONTENT_TYPE):
        raise BadParameter(f"The property 'contentType' must be text of at most {_LONGEST_CONTENT_TYPE} characters.")
    return value


def _tags(value: Any) -> Mapping[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
        raise BadParameter("The property 'tags' must be an object of texts.")
    if len(value) > _MOST_TAGS:
        raise BadParameter(f"The property 'tags' has {len(value)} tags; a secret has at most {_MOST_TAGS}.")
    for name, text in value.items():
        if max(len(name), len(text)) > _LONGEST_TAG:
            raise BadParameter(
                f"The tag '{name[:_LONGEST_TAG]}' is too long: name and value have at most {_LONGEST_TAG} characters."
            )
    return value
