"""Xml, source only: a file is one document, a tree as JSON would have it.

Attributes are `@name`, text beside attributes or children is `_value_`, repeated elements are arrays; names in a
namespace are `uri,name`, or `prefix:name` where the settings give the prefix (all documented). A document is in memory
as a whole, as its tree is; files beyond a limit are refused. Nothing is fetched or expanded on behalf of a document.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lxml import etree  # type: ignore[import-untyped]

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.settings import Settings, flag, section, text

LARGEST_FILE = 256 << 20
"""Bytes; a tree takes several times as much memory."""

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)\.\d+([eE][+-]?\d+)?", re.ASCII)
_TEXT = "_value_"


def documents(stream: BinaryIO, name: str, properties: Settings, settings: Settings) -> Iterator[Any]:
    """The file's document: `{root element: its content}`; raises DataError XmlInvalidFile (code assumed)."""
    if text(settings, "validationMode", "none").lower() not in {"none", ""}:
        raise Unsupported("'validationMode' of Xml", "the schemas' reading in data/formats/xml_text.py.")
    content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise DataError("XmlInvalidFile", f"The file '{name}' is larger than {LARGEST_FILE} bytes.")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, encoding=_encoding(properties))
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise DataError("XmlInvalidFile", f"The file '{name}' is no valid XML: {error}") from error
    reader = _Tree(settings, text(properties, "nullValue"))
    yield {reader.name(root): reader.content(root)}


class _Tree:
    """Makes JSON values of elements, by the format settings."""

    def __init__(self, settings: Settings, null: str) -> None:
        prefixes = section(settings, "namespacePrefixes")
        self._prefixes: Mapping[str, str] = {str(uri): str(prefix) for uri, prefix in prefixes.items()}
        self._namespaces = flag(settings, "namespaces", default=True)
        self._detects = flag(settings, "detectDataType", default=True)
        self._null = null

    def name(self, element: Any) -> str:
        return self._named(element.tag)

    def content(self, element: Any) -> Any:
        """A value for an element of text alone, else an object. Comments and instructions do not count."""
        found: dict[str, Any] = {f"@{self._named(key)}": self._value(value) for key, value in element.attrib.items()}
        texts = [element.text or ""]
        for child in element:
            texts.append(child.tail or "")
            if child.tag is etree.Entity:
                raise DataError("XmlInvalidFile", f"The entity '{child.text}' is not expanded.")
            if isinstance(child.tag, str):
                self._add(found, self.name(child), self.content(child))
        written = "".join(texts).strip()
        if not found:
            return self._value("".join(texts) if written else "")
        if written:
            found[_TEXT] = self._value(written)
        return found

    @staticmethod
    def _add(found: dict[str, Any], name: str, value: Any) -> None:
        """The second element of a name makes an array of it; no element's content is an array by itself."""
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]

    def _named(self, tag: str) -> str:
        name = etree.QName(tag)
        if name.namespace is None or not self._namespaces:
            return str(name.localname)
        prefix = self._prefixes.get(name.namespace)
        return f"{prefix}:{name.localname}" if prefix else f"{name.namespace},{name.localname}"

    def _value(self, written: str) -> Any:
        if written == self._null:
            return None
        if not self._detects:
            return written
        if written in ("true", "false"):
            return written == "true"
        if _WHOLE.fullmatch(written):
            return int(written)
        return float(written) if _NUMBER.fullmatch(written) else written


def _encoding(properties: Settings) -> str | None:
    """The dataset's encoding overrules the document's own."""
    name = text(properties, "encodingName") or None
    if name is not None:
        try:
            "".encode(name)
        except LookupError:
            raise InvalidSettings(f"'{name}' is no name of an encoding.") from None
    return name
