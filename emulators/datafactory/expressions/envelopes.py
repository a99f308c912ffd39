"""Binary and XML values: objects that carry a media type and base64 content (observed; the documentation shows bit
strings).
"""

import base64
import binascii
import codecs
import re
from typing import Any

XML_TYPE = "application/xml;charset=utf-8"
BINARY_TYPE = "application/octet-stream"

_CHARSET = re.compile(r";\s*charset\s*=\s*\"?([^\s;\"]+)", re.IGNORECASE)


def envelope(content: bytes, content_type: str = BINARY_TYPE) -> dict[str, Any]:
    """The object that stands for `content`: `{"$content-type": …, "$content": base64}`."""
    return {"$content-type": content_type, "$content": base64.b64encode(content).decode("ascii")}


def is_envelope(value: Any) -> bool:
    """Whether a value stands for binary or XML: an object with a content type that is a string, and a content."""
    return type(value) is dict and type(member(value, "$content-type")) is str and has_member(value, "$content")


def content_type(value: dict[str, Any]) -> str:
    """The media type of an envelope, as it was given."""
    return str(member(value, "$content-type"))


def is_xml(value: Any) -> bool:
    """Whether a value is an envelope of XML."""
    if not is_envelope(value):
        return False
    media = content_type(value).partition(";")[0].strip().lower()
    return media in ("application/xml", "text/xml") or media.endswith("+xml")


def envelope_bytes(value: dict[str, Any]) -> bytes:
    """The content of an envelope; raises ValueError when it is not base64."""
    content = member(value, "$content")
    if type(content) is not str:
        raise ValueError("the content is not a string")
    return decode_base64(content)


def envelope_text(value: dict[str, Any]) -> str:
    """The content of an envelope as text, in the charset of its type, else UTF-8 with unreadable bytes replaced."""
    return decode_text(envelope_bytes(value), content_type(value))


def decode_text(content: bytes, media_type: str) -> str:
    """Bytes as text in the charset that a media type names, UTF-8 when it names none that is known."""
    match = _CHARSET.search(media_type)
    try:
        encoding = codecs.lookup(match.group(1)).name if match else "utf-8"
    except LookupError:
        encoding = "utf-8"
    encoding = {"utf-16": "utf-16-le", "utf-8": "utf-8-sig"}.get(encoding, encoding)
    text = content.decode(encoding, "replace")
    return text.replace("\ufffd", "?") if encoding == "ascii" else text


def decode_base64(text: str) -> bytes:
    """What base64 text stands for; white space is skipped, padding required as in .NET. Raises ValueError."""
    compact = "".join(text.split(" ")) if " " in text else text
    compact = compact.translate({9: None, 10: None, 13: None})
    try:
        return base64.b64decode(compact, validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None


def member(value: dict[str, Any], name: str) -> Any:
    """The property of that name, ignoring case when there is none of exactly this case; None when missing."""
    if name in value:
        return value[name]
    lower = name.lower()
    return next((item for key, item in value.items() if key.lower() == lower), None)


def has_member(value: dict[str, Any], name: str) -> bool:
    """Whether there is such a property, ignoring case."""
    return name in value or name.lower() in (key.lower() for key in value)
