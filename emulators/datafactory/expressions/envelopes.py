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
    """Whether a value stands for binary or XML: an object with a content type and a content (observed)."""
    return (
        type(value) is dict
        and len(value) > 1
        and member(value, "$content-type") is not None
        and member(value, "$content") is not None
    )


def content_type(value: dict[str, Any]) -> str:
    """The media type of an envelope, as it was given."""
    return str(member(value, "$content-type"))


def raw_content(value: dict[str, Any]) -> str:
    """The content of an envelope as it was given, base64 or not."""
    return str(member(value, "$content"))


def is_xml(value: Any) -> bool:
    """Whether a value is an envelope of XML; other media types of XML do not count (observed)."""
    if not is_envelope(value):
        return False
    return content_type(value).partition(";")[0].strip().lower() == "application/xml"


def envelope_bytes(value: dict[str, Any]) -> bytes:
    """The content of an envelope; raises ValueError when it is not base64."""
    return decode_base64(raw_content(value))


def envelope_text(value: dict[str, Any]) -> str:
    """The content of an envelope as text, in the charset of its type, else UTF-8 with unreadable bytes replaced.

    Raises ValueError when there is no telling: no base64, or no media type.
    """
    if type(member(value, "$content-type")) is not str or not content_type(value):
        raise ValueError("no media type")
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
