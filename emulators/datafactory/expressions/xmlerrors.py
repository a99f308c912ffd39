"""What .NET says of text that is no XML, from where expat stopped and why."""

import re
from collections.abc import Callable
from xml.parsers import expat

XML_SPACE = " \t\r\n"


class XmlError(ValueError):
    """Text that is no XML; the message is .NET's."""


def root_invalid(line: int, column: int) -> str:
    """The sentence for anything that cannot stand outside of the root element."""
    return f"Data at the root level is invalid. Line {line}, position {column}."


def sentence(error: expat.ExpatError, text: str, open_name: str | None, started_at: int) -> str:
    """.NET's sentence. `open_name` is the innermost open element, `started_at` the byte where its tag starts."""
    message = expat.errors.messages[error.code]
    if message == "mismatched tag" and open_name is not None:
        return _mismatched(error, text, open_name, started_at)
    known = _SENTENCES.get(message)
    rest = _rest(text, error.lineno, error.offset)
    said = known(text, rest, error.lineno, error.offset + 1) if known is not None else None
    return said or f"{message[0].upper()}{message[1:]}. Line {error.lineno}, position {error.offset + 1}."


def _mismatched(error: expat.ExpatError, text: str, open_name: str, started_at: int) -> str:
    found = _END_NAME.match(_rest(text, error.lineno, error.offset))
    started = text.encode()[:started_at].decode("utf-8", "replace")
    line, column = started.count("\n") + 1, len(started) - started.rfind("\n") + 1
    return (
        f"The '{open_name}' start tag on line {line} position {column} does not match the end tag of"
        f" '{found[0] if found else ''}'. Line {error.lineno}, position {error.offset + 1}."
    )


def _after_root(_text: str, rest: str, line: int, column: int) -> str:
    if rest.startswith("<"):
        return f"There are multiple root elements. Line {line}, position {column + 1}."
    return root_invalid(line, column)


def _ended(_text: str, _rest_of_line: str, _line: int, _column: int) -> str:
    return root_invalid(1, 1)  # an unclosed document is complained of at its start (observed)


def _duplicate(_text: str, rest: str, line: int, column: int) -> str:
    return f"'{_name(rest)}' is a duplicate attribute name. Line {line}, position {column}."


def _undeclared(_text: str, rest: str, line: int, column: int) -> str:
    return f"Reference to undeclared entity '{_name(rest[1:])}'. Line {line}, position {column + 1}."


def _declaration(_text: str, _rest_of_line: str, line: int, column: int) -> str:
    return f"Syntax for an XML declaration is invalid. Line {line}, position {column}."


def _invalid_token(text: str, rest: str, line: int, column: int) -> str | None:
    if not rest:
        return None
    before = text.split("\n")[line - 1][: column - 1]
    if before.endswith("]]"):
        return f"']]>' is not allowed in character data. Line {line}, position {column - 2}."
    complaint = _invalid_character(before, rest[0])
    return complaint and f"{complaint} Line {line}, position {column}."


_SENTENCES: dict[str, Callable[[str, str, int, int], str | None]] = {
    "junk after document element": _after_root,
    "no element found": _ended,
    "unclosed token": _ended,
    "unclosed CDATA section": _ended,
    "duplicate attribute": _duplicate,
    "undefined entity": _undeclared,
    "XML declaration not well-formed": _declaration,
    "not well-formed (invalid token)": _invalid_token,
}
_NAME = re.compile(r"[^\s=;/>]*")
_END_NAME = re.compile(r"[^\s>]*")


def _invalid_character(before: str, character: str) -> str | None:
    """The complaint about a character that cannot be there, from the line in front of it."""
    hexadecimal = f"0x{ord(character):02X}"
    if character < " " and character not in XML_SPACE:
        return f"'{character}', hexadecimal value {hexadecimal}, is an invalid character."
    if before.endswith(("<", "</")):
        return f"Name cannot begin with the '{character}' character, hexadecimal value {hexadecimal}."
    if before.endswith("&"):
        return "An error occurred while parsing EntityName."
    tag = before.rpartition("<")[2]
    if ">" in tag:
        return None
    if character == "<" and (tag.count('"') % 2 or tag.count("'") % 2):
        return f"'<', hexadecimal value {hexadecimal}, is an invalid attribute character."
    expected = "'\"' or '''" if tag.rstrip().endswith("=") else "'='"
    return f"'{character}' is an unexpected token. The expected token is {expected}."


def _name(text: str) -> str:
    match = _NAME.match(text)
    return match[0] if match else ""


def _rest(text: str, line: int, offset: int) -> str:
    return text.split("\n")[line - 1][offset:] if line <= text.count("\n") + 1 else ""
