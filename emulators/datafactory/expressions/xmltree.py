"""XML as .NET's XmlDocument keeps it: white space between elements dropped, `<a/>` and `<a></a>` told apart,
everything else as it was written; written back compact, or indented as its XPath navigator does.
"""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from emulators.datafactory.expressions.errors import unsupported
from emulators.datafactory.expressions.xmlerrors import XML_SPACE, XmlError, root_invalid, sentence


@dataclass(slots=True)
class Element:
    """An element. `empty` was written as `<a/>`; attributes, namespace declarations among them, keep their order."""

    name: str
    attributes: list[tuple[str, str]] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    empty: bool = False


@dataclass(slots=True)
class Text:
    """What is not an element: `kind` is `#text`, `#cdata-section`, `#significant-whitespace`, `#comment`, `?xml` or
    `?target`.
    """

    kind: str
    value: str


Node = Element | Text

_DECLARATION = re.compile(r"<\?xml(\s+version\s*=\s*(\"1\.0\"|'1\.0'))(.*?)\?>", re.DOTALL)


def parse_xml(text: str, literal: bool = False) -> list[Node]:
    """The nodes of a document, its declaration first if it has one. Raises XmlError with .NET's sentence.

    `literal` keeps line ends, and white space in attributes, as they are written, as XmlDocument does. A document
    type raises "unsupported": entities of its own are no data.
    """
    if not text.strip(XML_SPACE):
        raise XmlError("Root element is missing.")
    if not text.lstrip(XML_SPACE).startswith("<"):
        before = text[: len(text) - len(text.lstrip(XML_SPACE))]
        raise XmlError(root_invalid(before.count("\n") + 1, len(before) - before.rfind("\n")))
    nodes = _Builder(_guarded(text.lstrip(XML_SPACE)) if literal else text.lstrip(XML_SPACE)).build()
    if literal:
        _unguard(nodes)
    return nodes


_MARKUP = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<[^>]*>|[^<]+", re.DOTALL)
_ATTRIBUTE_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_GUARDS = {"\r": "\ue00d", "\n": "\ue00a", "\t": "\ue009"}
"""Private characters that stand for white space while expat, which would normalise it, reads the text."""
_GUARD_TABLE = str.maketrans("".join(_GUARDS), "".join(_GUARDS.values()))


def _guarded(text: str) -> str:
    if not any(space in text for space in _GUARDS):
        return text
    return _MARKUP.sub(lambda match: _guarded_part(match[0]), text)


def _guarded_part(part: str) -> str:
    if part.startswith("<![") or not part.startswith("<"):
        return part.replace("\r", _GUARDS["\r"]) if part.strip(XML_SPACE) else part
    if part.startswith(("<!", "<?")):
        return part
    return _ATTRIBUTE_VALUE.sub(lambda match: match[0].translate(_GUARD_TABLE), part)


def _unguard(nodes: list[Node]) -> None:
    table = str.maketrans({guard: space for space, guard in _GUARDS.items()})
    pending = list(nodes)
    while pending:
        node = pending.pop()
        if isinstance(node, Text):
            node.value = node.value.translate(table)
        else:
            node.attributes = [(name, value.translate(table)) for name, value in node.attributes]
            pending.extend(node.children)


def root_of(nodes: list[Node]) -> Element:
    """The document's element."""
    return next(node for node in nodes if isinstance(node, Element))


class _Builder:
    """Listens to expat; the tree grows at `path[-1]`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.encoded = text.encode("utf-8", "replace")
        self.nodes: list[Node] = []
        self.path: list[Element] = []
        self.started_at: list[int] = []
        self.scopes: list[set[str]] = [{"xml", "xmlns"}]
        self.in_cdata = False
        self.parser = expat.ParserCreate("utf-8")
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.StartCdataSectionHandler = self._start_cdata
        self.parser.EndCdataSectionHandler = self._end_cdata
        self.parser.CommentHandler = lambda value: self._add(Text("#comment", value))
        self.parser.ProcessingInstructionHandler = lambda target, value: self._add(Text(f"?{target}", value))
        self.parser.XmlDeclHandler = self._declaration
        self.parser.StartDoctypeDeclHandler = self._doctype

    def build(self) -> list[Node]:
        try:
            self.parser.Parse(self.encoded, True)
        except expat.ExpatError as error:
            started_at = self.started_at[-1] if self.started_at else 0
            open_name = self.path[-1].name if self.path else None
            raise XmlError(sentence(error, self.text, open_name, started_at)) from None
        return self.nodes

    def _add(self, node: Node) -> None:
        (self.path[-1].children if self.path else self.nodes).append(node)

    def _start(self, name: str, attributes: list[str]) -> None:
        pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
        declared = {key[6:] for key, _ in pairs if key.startswith("xmlns:")}
        self.scopes.append(self.scopes[-1] | declared if declared else self.scopes[-1])
        for qualified in [name, *(key for key, _ in pairs)]:
            prefix, colon, _ = qualified.partition(":")
            if colon and prefix not in self.scopes[-1]:
                line, column = self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 2
                raise XmlError(f"'{prefix}' is an undeclared prefix. Line {line}, position {column}.")
        element = Element(name, pairs)
        self._add(element)
        self.path.append(element)
        self.started_at.append(self.parser.CurrentByteIndex)

    def _end(self, _name: str) -> None:
        element = self.path.pop()
        self.scopes.pop()
        self.started_at.pop()
        element.empty = not element.children and self._closed_itself()
        if not any(name == "xml:space" and value == "preserve" for name, value in element.attributes):
            element.children = [child for child in element.children if not _is_blank(child)]
        else:
            for child in element.children:
                if _is_blank(child) and isinstance(child, Text):
                    child.kind = "#significant-whitespace"

    def _closed_itself(self) -> bool:
        """Whether the element that ends here, and has nothing in it, was written as `<a/>`."""
        end = self.parser.CurrentByteIndex
        return self.encoded[end - 2 : end] == b"/>"

    def _characters(self, value: str) -> None:
        if self.path:
            self._add(Text("#cdata-section" if self.in_cdata else "#text", value))

    def _start_cdata(self) -> None:
        self.in_cdata = True

    def _end_cdata(self) -> None:
        self.in_cdata = False

    def _declaration(self, version: str, encoding: str | None, standalone: int) -> None:
        if version != "1.0":
            raise XmlError(f"Version number '{version}' is invalid. Line 1, position 16.")
        value = f'version="{version}"'
        value += f' encoding="{encoding}"' if encoding else ""
        value += f' standalone="{"yes" if standalone else "no"}"' if standalone >= 0 else ""
        self.nodes.append(Text("?xml", value))

    def _doctype(self, *_details: object) -> None:
        raise unsupported("XML with a document type is not supported. Remove the DOCTYPE, or add it to xmltree.")


def _is_blank(node: Node) -> bool:
    return isinstance(node, Text) and node.kind == "#text" and not node.value.strip(XML_SPACE)
