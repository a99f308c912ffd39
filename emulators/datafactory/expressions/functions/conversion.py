"""Conversions between types and encodings. They are strict where .NET is strict and lenient where it is lenient;
binary results are envelopes.
"""

import base64 as base64_codec
import math
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

from emulators.datafactory.expressions.datetimes.cultures import culture_named
from emulators.datafactory.expressions.envelopes import (
    BINARY_TYPE,
    content_type,
    decode_base64,
    decode_text,
    envelope,
    is_envelope,
    is_xml,
    raw_content,
)
from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions.signature import (
    ABSENT,
    ANY,
    NO_PARAMETERS,
    PARAMETER_S,
    PARAMETERS,
    STRING,
    Family,
    Parameter,
)
from emulators.datafactory.expressions.functions.texts import texts_of
from emulators.datafactory.expressions.functions.xml import NO_BASE64, xml_to_json
from emulators.datafactory.expressions.jsonreader import JsonError, read_json
from emulators.datafactory.expressions.text import to_text
from emulators.datafactory.expressions.values import BeyondInt64, check_int64, type_name

family = Family("conversion")

_VALUE = Parameter(ANY)
_A_STRING = Parameter(STRING, "to be a string")
_NUMBER_TEXT = re.compile(
    r"[ \t\n\v\f\r]*[+-]?(?=[0-9.])(?:[0-9][0-9,]*)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?(-?)[ \t\n\v\f\r\0]*"
)


@family("array", f"expects one parameter: the value that is to be converted to an array. {PARAMETERS}", _VALUE)
def array(value: Any) -> list[Any]:
    """An array as it is, everything else, null too, as the only element of one."""
    return value if type(value) is list else [value]


@family(
    "createArray",
    f"expects a comma separated list of parameters. {NO_PARAMETERS}",
    _VALUE,
    minimum=1,
    repeats=True,
)
def create_array(*values: Any) -> list[Any]:
    """An array of the values, which may differ in type (documented otherwise, observed)."""
    return list(values)


@family(
    "coalesce",
    f"expects at least one parameter: the value to coalesce. {PARAMETER_S}",
    _VALUE,
    minimum=1,
    repeats=True,
)
def coalesce(*values: Any) -> Any:
    """The first value that is not null; the interpreter evaluates nothing behind it (observed)."""
    return next((value for value in values if value is not None), None)


@family("string", f"expects one parameter: the value that is to be converted to a string. {PARAMETERS}", _VALUE)
def string(value: Any) -> str:
    """The text of a value."""
    try:
        return to_text(value)
    except ValueError:
        raise ExpressionError(
            "The function 'string' was invoked with a parameter that is not valid. The value cannot be converted to"
            " a string."
        ) from None


@family("int", f"expects one parameter: the value that is to be converted to an integer. {PARAMETERS}", _VALUE)
def integer(value: Any) -> int:
    """A whole number of Int64, by way of a double: beyond 2**53 it is rounded (observed)."""
    if type(value) is str and value.rstrip().endswith("-"):  # only `float` takes a sign behind (observed)
        raise _not_convertible("int")
    number = _double("int", value)
    if math.isnan(number):
        return -(2**63)
    if math.isinf(number) or number != math.trunc(number) or not -(2**63) <= number < 2**63:
        raise _not_convertible("int")
    return int(number)


@family(
    "float",
    f"expects one parameter: the value that is to be converted to a floating point number. {PARAMETERS}",
    _VALUE,
    _VALUE,
    minimum=1,
)
def floating(value: Any, locale: Any = ABSENT) -> float:
    """A double; text may have signs, thousands separators anywhere and an exponent (observed).

    A second parameter, which is not documented, names the locale whose separators the text has (observed).
    """
    if locale is ABSENT:
        return _double("float", value)
    if type(locale) in (list, dict):
        raise _not_convertible("float")
    if type(value) is not str:
        raise ExpressionError(
            "The function 'float' expects its first parameter to be a string when a culture is supplied in the second"
            f" parameter. The provided value is of type '{'<null>' if locale is None else to_text(locale)}'."
        )
    return _localised(value, locale)


@family("bool", f"expects one parameter: the value that is to be converted to a boolean. {PARAMETERS}", _VALUE)
def boolean(value: Any) -> bool:
    """A number that is not zero is true; text must say true or false, in any case."""
    if type(value) in (bool, int, float):
        return bool(_double("bool", value))
    text = value.strip(" \t\n\v\f\r\x85\xa0\0").lower() if type(value) is str else None
    if text not in ("true", "false"):
        raise _not_convertible("bool")
    return bool(text == "true")


def _localised(text: str, locale: Any) -> float:
    if locale is None:
        raise _not_convertible("float")
    try:
        culture = culture_named(to_text(locale))
    except ValueError:
        raise ExpressionError(
            "The function 'float' expects an RFC 4646 culture identifier as its second parameter. Culture name"
            f" '{to_text(locale)}' is not supported."
        ) from None
    groups = {culture.group_separator, " "} if culture.group_separator.isspace() else {culture.group_separator}
    neutral = {ord(separator): "," for separator in groups} | {ord(culture.decimal_separator): "."}
    return _double("float", text.strip().translate(neutral))


def _double(name: str, value: Any) -> float:
    if type(value) in (bool, int, float):
        try:
            check_int64(value)
        except BeyondInt64:
            raise _not_convertible(name) from None
        return float(value)
    number = parse_double(value) if type(value) is str else None
    if number is None:
        raise _not_convertible(name)
    return number


def parse_double(text: str) -> float | None:
    """A double as .NET reads it in the culture of the service: `1,5` is 15, `5-` is -5. None for what is no number."""
    special = {"nan": math.nan, "∞": math.inf, "-∞": -math.inf}.get(text.strip(" \t\n\v\f\r").lower())
    if special is not None:
        return special
    match = _NUMBER_TEXT.fullmatch(text)
    if match is None or not any(character.isdigit() for character in text.lower().partition("e")[0]):
        return None
    digits = text.strip(" \t\n\v\f\r\0").replace(",", "")
    if match.group(1):
        if digits[0] in "+-":
            return None
        digits = f"-{digits[:-1]}"
    return float(digits)


def _not_convertible(name: str) -> ExpressionError:
    return ExpressionError(
        f"The function '{name}' was invoked with a parameter that is not valid. The value cannot be converted to the"
        " target type."
    )


@family("json", f"expects one parameter: the string or XML to be parsed. {PARAMETER_S}", _VALUE)
def json(value: Any) -> Any:
    """The value that JSON text, or the text in a binary, stands for; XML is turned into an object."""
    if type(value) is str:
        return _parsed(value)
    if not is_envelope(value):
        raise ExpressionError(
            "The function 'json' expects its parameter to be a string or an XML. The provided value is of type"
            f" '{type_name(value)}'."
        )
    if is_xml(value):
        return xml_to_json(value)
    try:
        return _parsed(to_text(value))
    except ValueError:
        raise ExpressionError(NO_BASE64) from None


def _parsed(text: str) -> Any:
    try:
        return read_json(text)
    except JsonError as error:
        raise ExpressionError(
            f"The function 'json' parameter is not valid. The provided value '{text}' cannot be parsed: '{error}'."
        ) from None


@family("base64", f"expects one parameter: the string to encode into base64 representation. {PARAMETERS}", _VALUE)
def base64(value: Any) -> str:
    """Base64 of the UTF-8 text of a string, object or array; of a binary, its content as it is (observed)."""
    if is_envelope(value):
        return raw_content(value)
    if type(value) not in (str, list, dict):
        raise ExpressionError(
            "The function 'base64' expects its parameter to be a string, an object or an array. The provided value"
            f" is of type '{type_name(value)}'."
        )
    return _encoded(_utf8(to_text(value)))


@family("base64ToString", f"expects one parameter: the base64 string to decode. {PARAMETERS}", _A_STRING)
def base64_to_string(text: str) -> str:
    """The UTF-8 text that base64 stands for."""
    return _decoded("base64ToString", text).decode("utf-8", "replace")


@family(
    "decodeBase64", f"expects one parameter: the string to decode from base64 representation. {PARAMETERS}", _A_STRING
)
def decode_base64_text(text: str) -> str:
    """The UTF-8 text that base64 stands for."""
    return _decoded("decodeBase64", text).decode("utf-8", "replace")


@family(
    "base64ToBinary", f"expects one parameter: the string to decode from base64 representation. {PARAMETERS}", _A_STRING
)
def base64_to_binary(text: str) -> dict[str, Any]:
    """The binary that base64 stands for; the text is kept as it was written (observed)."""
    _decoded("base64ToBinary", text)
    return {"$content-type": BINARY_TYPE, "$content": text}


@family("binary", f"expects one parameter: the value that is to be converted to binary. {PARAMETERS}", _VALUE)
def binary(value: Any) -> dict[str, Any]:
    """A binary of the UTF-8 text of any value but null; a binary stays what it is, XML becomes one (observed)."""
    if value is None:
        raise _not_convertible("binary")
    if not is_envelope(value):
        return envelope(_utf8(to_text(value)))
    return {"$content-type": BINARY_TYPE, "$content": raw_content(value)} if is_xml(value) else dict(value)


@family("dataUri", f"expects one parameter: the value to be converted to a data URI. {PARAMETERS}", _VALUE)
def data_uri(value: Any) -> str:
    """A base64 data URI: of text as plain text, of a binary with its own type, of anything else as JSON."""
    if value is None:
        raise _not_convertible("dataUri")
    if is_envelope(value):
        return f"data:{content_type(value)};base64,{raw_content(value)}"
    media = "text/plain" if type(value) is str else "application/json"
    return f"data:{media};charset=utf-8;base64,{_encoded(_utf8(to_text(value)))}"


@family(
    "dataUriToBinary", f"expects one parameter: the data URI that is to be converted to binary. {PARAMETERS}", _A_STRING
)
def data_uri_to_binary(text: str) -> dict[str, Any]:
    """The binary that a data URI stands for, with the URI's type; base64 is kept as it was written (observed)."""
    uri = _data_uri("dataUriToBinary", text)
    charset = _charset(uri.media)
    if charset is not None and charset.lower() not in _BINARY_CHARSETS:
        raise ExpressionError(
            f"The provided content-type character set '{charset}' is not valid. Please use a Unicode character set"
            " such as UTF-8 or ASCII character set."
        )
    if not _MEDIA_TYPE.match(uri.media):
        raise ExpressionError(f"The provided content-type header value '{uri.media}' is not well formed.")
    content = uri.content if uri.is_base64 else _encoded(_utf8(_percent_decoded(uri.content)))
    return {"$content-type": uri.media, "$content": content}


@family(
    "dataUriToString", f"expects one parameter: the data URI that is to be converted to string. {PARAMETERS}", _A_STRING
)
def data_uri_to_string(text: str) -> str:
    """The text that a data URI stands for, which must be UTF-8 (observed)."""
    uri = _data_uri("dataUriToString", text)
    charset = _charset(uri.media)
    if charset is not None and charset.lower() != "utf-8":
        raise ExpressionError(
            f"The function 'dataUriToString' parameter is not valid. The provided charset '{charset}' is not supported."
        )
    if not uri.is_base64:
        return _percent_decoded(uri.content)
    try:
        return decode_base64(uri.content).decode("utf-8", "replace")
    except ValueError:
        raise _not_convertible("dataUriToString") from None


@family("decodeDataUri", f"expects one parameter: the data URI. {PARAMETERS}", _A_STRING)
def decode_data_uri(text: str) -> Any:
    """What a data URI stands for: text and JSON as values, any other type as a binary (documented as always binary,
    observed).
    """
    uri = _data_uri("decodeDataUri", text)
    media = uri.media.partition(";")[0].strip().lower()
    content = _decoded("decodeDataUri", uri.content) if uri.is_base64 else _utf8(_percent_decoded(uri.content))
    if media == "application/json":
        try:
            return read_json(decode_text(content, uri.media))
        except JsonError as error:  # the reader's own sentence, unlike that of `json` (observed)
            raise ExpressionError(str(error)) from None
    if media.startswith("text/"):
        return decode_text(content, uri.media)
    declared = uri.media if _charset(uri.media) else f"{media};charset=us-ascii"
    return envelope(content, declared)


@dataclass(frozen=True, slots=True)
class _DataUri:
    media: str
    content: str
    is_base64: bool


_DATA_URI = re.compile(r"data:(?P<head>[^,]*),(?P<content>.*)", re.IGNORECASE | re.DOTALL)
_HEAD = re.compile(r"(?P<media>[^;]*(?:;[^;]+)*?)(?:(?:^|;)(?P<base64>base64))?", re.IGNORECASE)
_MEDIA_TYPE = re.compile(r"\s*[^\s/;]+/[^\s/;]+\s*(?:;|$)")
_CHARSET = re.compile(r";\s*charset\s*=\s*([^;]*)", re.IGNORECASE)
_BINARY_CHARSETS = ("utf-8", "utf-16", "utf-16le", "utf-16be", "utf-32", "us-ascii", "ascii", "iso-8859-1", "latin1")


def _charset(media: str) -> str | None:
    match = _CHARSET.search(media)
    return match[1].strip() if match else None


def _data_uri(name: str, text: str) -> _DataUri:
    match = _DATA_URI.fullmatch(text)
    head = _HEAD.fullmatch(match["head"]) if match is not None else None
    if match is not None and match["head"].lower() == "base64":
        return _DataUri("text/plain", match["content"], True)
    if (
        match is None
        or head is None
        or (head["media"].startswith(";") or (match["head"][:1] == ";" and not head["base64"]))
    ):
        raise ExpressionError(
            f"The function '{name}' expects its parameter to be formatted as a valid data URI. The provided value"
            f" '{text}' was not formatted correctly."
        )
    return _DataUri(head["media"] or "text/plain", match["content"], head["base64"] is not None)


@family(
    "encodeUriComponent",
    f"expects at least one parameter: the string to URL encode. {PARAMETERS}",
    _VALUE,
    minimum=1,
    repeats=True,
)
def encode_uri_component(*values: Any) -> str:
    """The texts of all values, every character but letters, digits and `-_.~` percent-encoded as UTF-8."""
    return _percent_encoded("encodeUriComponent", values)


@family(
    "uriComponent",
    f"expects at least one parameter: the value to convert to URI component. {PARAMETERS}",
    _VALUE,
    minimum=1,
    repeats=True,
)
def uri_component(*values: Any) -> str:
    """The texts of all values, every character but letters, digits and `-_.~` percent-encoded as UTF-8."""
    return _percent_encoded("uriComponent", values)


@family("decodeUriComponent", f"expects one parameter: the string to decode. {PARAMETERS}", _A_STRING)
def decode_uri_component(text: str) -> str:
    """Percent-decoded; a plus is a space, what is malformed stays (observed)."""
    return _percent_decoded(text)


@family(
    "uriComponentToString", f"expects one parameter: the URI component to convert to binary. {PARAMETERS}", _A_STRING
)
def uri_component_to_string(text: str) -> str:
    """Percent-decoded; a plus is a space, what is malformed stays (observed)."""
    return _percent_decoded(text)


@family(
    "uriComponentToBinary", f"expects one parameter: the URI component to convert to binary. {PARAMETERS}", _A_STRING
)
def uri_component_to_binary(text: str) -> dict[str, Any]:
    """The binary of the percent-decoded text."""
    return envelope(unquote_to_bytes(_utf8(text.replace("+", " "))))


def _percent_encoded(name: str, values: tuple[Any, ...]) -> str:
    texts = texts_of(name, values, "parameter", "URI component")
    return "".join(quote_from_bytes(_utf8(text), safe="-_.~") for text in texts)


def _percent_decoded(text: str) -> str:
    return _percent_bytes(text).decode("utf-8", "replace")


_ESCAPED_UNIT = re.compile(r"%u([0-9a-fA-F]{4})")


def _percent_bytes(text: str) -> bytes:
    """Percent-decoded, a plus as a space, `%uXXXX` as one character (observed)."""
    units = _ESCAPED_UNIT.sub(lambda match: chr(int(match[1], 16)), text.replace("+", " "))
    return unquote_to_bytes(_utf8(units))


def _utf8(text: str) -> bytes:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode("utf-8")


def _encoded(content: bytes) -> str:
    return base64_codec.b64encode(content).decode("ascii")


def _decoded(name: str, text: str) -> bytes:
    try:
        return decode_base64(text)
    except ValueError:
        raise ExpressionError(
            f"The function '{name}' was invoked with a parameter that is not valid. The value cannot be decoded from"
            " base64 representation."
        ) from None
