"""Validation of Xml: by the XML schemas or the DTD that a document itself names, as files beside it.

They must be referred to through relative paths (documented), and are taken from the place that the document comes
from and from nowhere else: the library is given copies in a folder of their own, without document types, whose paths
to each other have been replaced by names of that folder, and a DTD that would load something is refused. Only the
references on a document's root element are followed (assumed).
"""

import io
import posixpath
import re
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from lxml import etree  # type: ignore[import-untyped]

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported

Beside = Callable[[str], bytes]
"""Fetches a file by its path relative to the document; raises DataError where there is none."""

MOST_SCHEMAS = 100
"""Files that the schemas of one document may consist of."""

_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_SCHEMA = "http://www.w3.org/2001/XMLSchema"
_LOADING = [f"{{{_SCHEMA}}}{name}" for name in ("include", "import", "redefine", "override")]
_EXTERNAL = re.compile(r"<!(?:ENTITY|NOTATION)[^>]*\b(?:SYSTEM|PUBLIC)\b")
_OWN_NAMESPACE = "urn:validation"
"""Of the schema that imports those of a document."""


def parser(encoding: str | None = None) -> Any:
    """A parser that neither fetches nor expands anything on behalf of a document."""
    return etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, encoding=encoding)


def validate(root: Any, mode: str, name: str, beside: Beside) -> None:
    """Validate a document; raises DataError XmlInvalid with the line of the first fault."""
    if mode not in _MODES:
        raise InvalidSettings(f"'{mode}' is no validation mode of Xml; there are none, xsd and dtd.")
    check = _MODES[mode](root, name, beside)
    if not check.validate(root):
        first = check.error_log.filter_from_errors()[0]
        raise invalid(name, f"line {first.line}: {first.message}")


def invalid(name: str, reason: object) -> DataError:
    """Code and sentence are documented."""
    return DataError("XmlInvalid", f"Input XML file '{name}' is invalid with parsing error '{reason}'.")


def _dtd(root: Any, name: str, beside: Beside) -> Any:
    about = root.getroottree().docinfo
    internal = about.internalDTD
    if internal is None:
        raise invalid(name, "the validation mode is dtd, and the document has no document type")
    own = any(True for _ in internal.iterelements()) or any(True for _ in internal.iterentities())
    if not about.system_url:
        return internal
    if own:
        raise Unsupported(f"A document type that is written in '{name}' and in a file", "their union, here.")
    path = _relative(about.system_url, "", name)
    content = _decoded(beside(path), path, name)
    if _EXTERNAL.search(content):
        raise Unsupported(f"The DTD '{path}', which loads other files,", "nothing: it must not reach other places.")
    try:
        return etree.DTD(io.StringIO(content))
    except etree.DTDParseError as error:
        raise invalid(name, f"the DTD '{path}' is none: {error}") from error


def _decoded(content: bytes, path: str, name: str) -> str:
    """The text, so that no other encoding hides anything from the look at it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise invalid(name, f"the DTD '{path}' is not written in UTF-8") from error


def _xsd(root: Any, name: str, beside: Beside) -> Any:
    references = root.get(f"{_INSTANCE}schemaLocation", "").split()
    if len(references) % 2:
        raise invalid(name, "'schemaLocation' consists of pairs of a namespace and a path")
    pairs: list[tuple[str | None, str]] = list(zip(references[::2], references[1::2], strict=True))
    alone = root.get(f"{_INSTANCE}noNamespaceSchemaLocation", "").strip()
    pairs += [(None, alone)] if alone else []
    if not pairs:
        raise invalid(name, "the validation mode is xsd, and the root element names no schema")
    with tempfile.TemporaryDirectory() as folder:
        copies = _Copies(Path(folder), name, beside)
        start = copies.start([(namespace, _relative(path, "", name)) for namespace, path in pairs])
        try:
            return etree.XMLSchema(file=str(start))
        except (etree.XMLSchemaParseError, etree.XMLSyntaxError) as error:
            raise invalid(name, f"its schemas are none: {error}") from error


class _Copies:
    """Schemas that belong together, in one folder."""

    def __init__(self, folder: Path, name: str, beside: Beside) -> None:
        self._folder = folder
        self._name = name
        self._beside = beside
        self._known: dict[str, str] = {}

    def start(self, pairs: Iterable[tuple[str | None, str]]) -> Path:
        """Copy the schemas and all that they load, and write one that imports them."""
        schema = etree.Element(f"{{{_SCHEMA}}}schema", targetNamespace=_OWN_NAMESPACE)
        for namespace, path in pairs:
            attributes = {"schemaLocation": self._copied(path)} | ({"namespace": namespace} if namespace else {})
            etree.SubElement(schema, f"{{{_SCHEMA}}}import", attributes)
        start = self._folder / "start.xsd"
        start.write_bytes(etree.tostring(schema))
        return start

    def _copied(self, path: str) -> str:
        """The name of the copy."""
        if path in self._known:
            return self._known[path]
        if len(self._known) == MOST_SCHEMAS:
            raise invalid(self._name, f"its schemas consist of more than {MOST_SCHEMAS} files")
        copy = self._known[path] = f"{len(self._known)}.xsd"
        try:
            schema = etree.fromstring(self._beside(path), parser())
        except etree.XMLSyntaxError as error:
            raise invalid(self._name, f"the schema '{path}' is no XML: {error}") from error
        for loading in schema.iter(*_LOADING):
            location = loading.get("schemaLocation")
            if location is not None:
                loading.set("schemaLocation", self._copied(_relative(location, path, self._name)))
        (self._folder / copy).write_bytes(etree.tostring(schema))  # the element alone, without a document type
        return copy


def _relative(reference: str, base: str, name: str) -> str:
    """A reference as a path relative to the document; `base` is the path of the file that it stands in."""
    path = unquote(reference)
    if "\\" in path or path.startswith("/") or re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", path):
        raise invalid(name, f"'{reference}' is no relative path, and schemas are referred to through such")
    return posixpath.normpath(posixpath.join(posixpath.dirname(base), path))


_MODES: dict[str, Callable[[Any, str, Beside], Any]] = {"dtd": _dtd, "xsd": _xsd}
