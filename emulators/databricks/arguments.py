"""Reading a request's arguments: from the query or the JSON body, each with the type that the operation expects."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from starlette.requests import Request

from emulators.databricks.errors import InvalidParameterValue, MalformedRequest
from emulators.kernel.http import read_object

_INT64 = 2**63
_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}


class Arguments:
    """The arguments of one call. Every reader raises InvalidParameterValue or MalformedRequest naming the argument.

    A value of None counts as absent, as in the JSON form of protocol buffers that Databricks speaks.
    """

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = {name: value for name, value in values.items() if value is not None}

    def __contains__(self, name: str) -> bool:
        return name in self._values

    @property
    def values(self) -> dict[str, Any]:
        """Everything as it was sent."""
        return dict(self._values)

    def text(self, name: str, default: str = "") -> str:
        value = self._values.get(name, default)
        if not isinstance(value, str):
            raise _wrong_type(name, "a string", value)
        return value

    def required_text(self, name: str) -> str:
        if not (value := self.text(name)):
            raise InvalidParameterValue(f"Missing required field: {name}")
        return value

    def integer(self, name: str, default: int = 0) -> int:
        value = self._values.get(name, default)
        if isinstance(value, bool):
            raise _wrong_type(name, "an integer", value)
        try:
            number = int(value)
        except (TypeError, ValueError, OverflowError) as error:
            raise _wrong_type(name, "an integer", value) from error
        if isinstance(value, float) and value != number:
            raise _wrong_type(name, "an integer", value)
        if not -_INT64 <= number < _INT64:
            raise InvalidParameterValue(f"The field '{name}' must fit into 64 bits.")
        return number

    def required_integer(self, name: str) -> int:
        if name not in self._values:
            raise InvalidParameterValue(f"Missing required field: {name}")
        return self.integer(name)

    def flag(self, name: str, default: bool = False) -> bool:
        value = self._values.get(name, default)
        if isinstance(value, str) and value.lower() in _FLAGS:
            return _FLAGS[value.lower()]
        if not isinstance(value, bool):
            raise _wrong_type(name, "true or false", value)
        return value

    def mapping(self, name: str) -> dict[str, Any]:
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise _wrong_type(name, "an object", value)
        return value

    def texts(self, name: str) -> dict[str, str]:
        """An object whose values are all strings (`base_parameters` and its kin)."""
        value = self.mapping(name)
        for key, item in value.items():
            if not isinstance(item, str):
                raise _wrong_type(f"{name}.{key}", "a string", item)
        return value

    def items(self, name: str) -> list[Any]:
        value = self._values.get(name, [])
        if not isinstance(value, list):
            raise _wrong_type(name, "an array", value)
        return value

    def text_list(self, name: str) -> list[str]:
        """An array of strings (`parameters` and its kin)."""
        value = self.items(name)
        for number, item in enumerate(value):
            if not isinstance(item, str):
                raise _wrong_type(f"{name}[{number}]", "a string", item)
        return value

    def decoded(self, name: str) -> bytes:
        """The bytes of a base64 argument; absent is empty."""
        return decoded(self.text(name), name)


def decoded(text: str, name: str) -> bytes:
    """Bytes from base64, line breaks allowed. Raises MalformedRequest."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MalformedRequest(f"The field '{name}' is not valid base64: {error}.") from error


def encoded(content: bytes) -> str:
    """Base64 as the API writes it."""
    return base64.b64encode(content).decode("ascii")


async def arguments(request: Request) -> Arguments:
    """Query and JSON body together; the body wins (old clients send a body with GET)."""
    body = await read_object(request)
    require_text(body)
    return Arguments({**request.query_params, **body})


def require_text(document: object) -> None:
    """Raises MalformedRequest for half a surrogate pair and for NaN: Python reads them, but nothing can store them."""
    try:
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError as error:
        raise MalformedRequest("Could not parse request object: a string holds half a surrogate pair.") from error
    except ValueError as error:
        raise MalformedRequest("Could not parse request object: NaN and Infinity are no JSON numbers.") from error


def _wrong_type(name: str, expected: str, value: object) -> MalformedRequest:
    return MalformedRequest(
        f"Could not parse request object: the field '{name}' must be {expected}, not {_json_type(value)}."
    )


def _json_type(value: object) -> str:
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), type(value).__name__)
