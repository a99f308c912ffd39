"""Xml, source only: a file is one document, a tree as JSON would have it.

Attributes are `@name`, text beside attributes or children is `_value_`, repeated elements are arrays; names in a
namespace are `uri,name`, or `prefix:name` where the settings give the prefix, and `uri,@name`, `uri,_value_` (all
documented). A document is in memory
as a whole, as its tree is; files beyond a limit are refused. Nothing is fetched or expanded on behalf of a document.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from lxml import etree  # type: ignore[import-untyped]

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.formats.xml_validation import Beside, invalid, parser, validate
from emulators.datafactory.data.settings import Settings, flag, section, text

LARGEST_FILE = 256 << 20
"""Bytes; a tree takes several times as much memory."""

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER = re.compile(r"-?(0|[1-9]\d*)\.\d+([eE][+-]?\d+)?", re.ASCII)
_TEXT = "_value_"


def documents(stream: BinaryIO, name: str, properties: Settings, settings: Settings, beside: Beside) -> Iterator[Any]:
    """The file's document: `{root element: its content}`; raises DataError XmlInvalid (documented)."""
    mode = text(settings, "validationMode").lower()
    content = stream.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise invalid(name, f"it is larger than {LARGEST_FILE} bytes")
    try:
        root = etree.fromstring(content, parser(_encoding(properties)))
    except etree.XMLSyntaxError as error:
        raise invalid(name, error) from error
    if mode not in {"none", ""}:
        validate(root, mode, name, beside)
    reader = _Tree(settings, text(properties, "nullValue"), name)
    yield {reader.name(root): reader.content(root)}


class _Tree:
    """Makes JSON values of elements, by the format settings."""

    def __init__(self, settings: Settings, null: str, file: str) -> None:
        prefixes = section(settings, "namespacePrefixes")
        self._prefixes: Mapping[str, str] = {str(uri): str(prefix) for uri, prefix in prefixes.items()}
        self._namespaces = flag(settings, "namespaces", default=True)
        self._detects = flag(settings, "detectDataType", default=True)
        self._null = null
        self._file = file

    def name(self, element: Any) -> str:
        return self._named(element.tag)

    def content(self, element: Any) -> Any:
        """A value for an element of text alone, else an object. Comments and instructions do not count."""
        found: dict[str, Any] = {self._named(key, "@"): self._value(value) for key, value in element.attrib.items()}
        texts = [element.text or ""]
        for child in element:
            texts.append(child.tail or "")
            if child.tag is etree.Entity:
                raise invalid(self._file, f"the entity '{child.text}' is not expanded")
            if isinstance(child.tag, str):
                self._add(found, self.name(child), self.content(child))
        written = "".join(texts).strip()
        if not found:
            return self._value("".join(texts) if written else "")
        if written:
            column = self._named(element.tag, of=_TEXT)
            if column in found:
                # code and sentence are documented
                raise DataError(
                    "XmlValueColumnNameConflict",
                    f"Column name for the value of element '{self.name(element)}' is '{column}' and it conflicts with "
                    "the child element having the same name.",
                )
            found[column] = self._value(written)
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

    def _named(self, tag: str, mark: str = "", of: str = "") -> str:
        """The column's name for an element or attribute, or for something else (`of`) in the same namespace."""
        name = etree.QName(tag)
        local = mark + (of or str(name.localname))
        if name.namespace is None or not self._namespaces:
            return local
        prefix = self._prefixes.get(name.namespace)
        return f"{prefix}:{local}" if prefix else f"{name.namespace},{local}"

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
