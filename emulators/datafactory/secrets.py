"""Secrets go in and never come out: what a reader of a resource sees in place of passwords, keys and tokens.

A resource is stored as it was written, because activities need its secrets; every answer carries a masked copy. A
client that reads a resource, changes something else and writes it back sends the mask: it stands for "unchanged".
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "**********"

_SECRET_PROPERTIES = frozenset(
    {
        "accesstoken",
        "accountkey",
        "apikey",
        "apitoken",
        "clientsecret",
        "embeddedcertdata",
        "functionkey",
        "password",
        "pfx",
        "pwd",
        "sastoken",
        "secretaccesskey",
        "serviceprincipalcredential",
        "serviceprincipalkey",
    }
)
"""Properties of linked services and credentials that hold a secret even when it is written as a plain string."""

_AUTH_HEADERS = "authheaders"
"""The property whose every member is a secret."""

_OF_SECURE_STRING = frozenset({"value", "defaultValue"})
"""Where a SecureString, or a parameter of that type, keeps its secret."""

_CONNECTION_STRINGS = frozenset({"connectionstring", "sasuri"})

_SECRET_PARTS = re.compile(
    r"(?P<name>\b(?:AccountKey|SharedAccessSignature|SharedAccessKey|Password|Pwd|sig)\s*=\s*)(?P<secret>[^;&]+)",
    re.IGNORECASE,
)


def masked(value: Any) -> Any:
    """A copy of a resource's JSON with every secret replaced by the mask.

    SecureString values and secret properties are masked whole (observed for SecureString); of connection strings and
    of addresses with a signature only the secret parts are, so that a reader still sees which account is meant.
    """
    if isinstance(value, Mapping):
        if value.get("type") == "SecureString":
            return {
                key: MASK if key in _OF_SECURE_STRING and isinstance(item, str) else item for key, item in value.items()
            }
        return {key: _masked_property(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [masked(item) for item in value]
    return value


def secret_values(value: Any) -> Iterator[str]:
    """Every secret of a resource in clear, for the register of what logs must not show."""
    if isinstance(value, list | tuple):
        for item in value:
            yield from secret_values(item)
    elif isinstance(value, Mapping):
        if value.get("type") == "SecureString":
            for secret in (item for key, item in value.items() if key in _OF_SECURE_STRING and isinstance(item, str)):
                yield secret
                yield from (match["secret"] for match in _SECRET_PARTS.finditer(secret))
            return
        for key, item in value.items():
            yield from _secrets_of_property(key, item)


def restored(written: Any, stored: Any) -> Any:
    """What to store when a client writes a resource back: each masked place keeps the secret that is stored there.

    The real service recognises its own secrets by `encryptedCredential`; recognising the mask is the emulator's
    stand-in for it (assumed).
    """
    if isinstance(written, Mapping) and isinstance(stored, Mapping):
        return {key: restored(item, stored.get(key)) for key, item in written.items()}
    if isinstance(written, list) and isinstance(stored, list):
        known = stored + [None] * (len(written) - len(stored))
        return [restored(item, known[position]) for position, item in enumerate(written)]
    if isinstance(written, str) and isinstance(stored, str) and MASK in written:
        return stored if written in (MASK, _without_parts(stored)) else written
    return written


def _is_plain(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and not _is_expression(value)


def _is_expression(value: str) -> bool:
    return value.startswith("@") and not value.startswith("@@")


def _masked_property(key: str, value: Any) -> Any:
    if key.lower() == _AUTH_HEADERS and isinstance(value, Mapping):
        return {name: MASK if _is_plain(item) else masked(item) for name, item in value.items()}
    if not isinstance(value, str) or _is_expression(value):
        return masked(value)
    if key.lower() in _SECRET_PROPERTIES:
        return MASK if value else value
    return _without_parts(value) if key.lower() in _CONNECTION_STRINGS else value


def _secrets_of_property(key: str, value: Any) -> Iterator[str]:
    if key.lower() == _AUTH_HEADERS and isinstance(value, Mapping):
        yield from filter(_is_plain, value.values())
    if not isinstance(value, str):
        yield from secret_values(value)
    elif key.lower() in _SECRET_PROPERTIES and not _is_expression(value):
        yield value
    elif key.lower() in _CONNECTION_STRINGS:
        yield from (match["secret"] for match in _SECRET_PARTS.finditer(value))


def _without_parts(text: str) -> str:
    return _SECRET_PARTS.sub(lambda match: match["name"] + MASK, text)
