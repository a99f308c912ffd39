"""XML as .NET's XmlDocument keeps it: white space between elements dropped, `<a/>` and `<a></a>` told apart, everything else as it was written; written back compact, or indented as its XPath navigator does."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from emulators.datafactory.expressions.errors import unsupported


class XmlError(ValueError):
    """Text that is no XML; the message is .NET's."""


@dataclass(slots=True)
class Element:
    """An element. `empty` was written as `<a/>`; attributes, namespace declarations among them, keep their order."""

    name: str
    attributes: list[tuple[str, str]] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)
    empty: bool = False


@dataclass(slots=True)
class Text:
    """What is not an element: `kind` is `#text`, `#cdata-section`, `#significant-whitespace`, `#comment`, `?xml` or `?target`."""

    kind: str
    value: str


Node = Element | Text

_SPACE = " \t\r\n"
_DECLARATION = re.compile(r"<\?xml(\s+version\s*=\s*(\"1\.0\"|'1\.0'))(.*?)\?>", re.DOTALL)
_ROOT_INVALID = "Data at the root level is invalid. Line {line}, position {column}."


def parse_xml(text: str, literal: bool = False) -> list[Node]:
    """The nodes of a document, its declaration first if it has one. Raises XmlError with .NET's sentence.

    `literal` keeps line ends, and white space in attributes, as they are written, as XmlDocument does. A document type raises "unsupported": entities of its own are no data.
    """
    if not text.strip(_SPACE):
        raise XmlError("Root element is missing.")
    if not text.lstrip(_SPACE).startswith("<"):
        raise XmlError(_ROOT_INVALID.format(line=1, column=1))
    nodes = _Builder(_guarded(text.lstrip(_SPACE)) if literal else text.lstrip(_SPACE)).build()
    if literal:
        _unguard(nodes)
    return nodes


_MARKUP = re.compile(r"<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>|<[^>]*>|[^<]+", re.DOTALL)
_ATTRIBUTE_VALUE = re.compile(r"\"[^\"]*\"|'[^']*'")
_GUARDS = {"\r": "\ue00d", "\n": "\ue00a", "\t": "\ue009"}
"""Private characters that stand for white space while expat, which would normalise it, reads the text."""


def _guarded(text: str) -> str:
    if not any(space in text for space in _GUARDS):
        return text
    return _MARKUP.sub(lambda match: _guarded_part(match[0]), text)


def _guarded_part(part: str) -> str:
    if part.startswith("<![") or not part.startswith("<"):
        return part.replace("\r", _GUARDS["\r"]) if part.strip(_SPACE) else part
    if part.startswith(("<!", "<?")):
        return part
    return _ATTRIBUTE_VALUE.sub(lambda match: match[0].translate(str.maketrans(_GUARDS)), part)


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


def write_compact(nodes: list[Node]) -> str:
    """The document as text, without any white space of its own."""
    pieces: list[str] = []
    for node in nodes:
        _write(node, pieces)
    return "".join(pieces)


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
            raise XmlError(_sentence(self, error)) from None
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
    return isinstance(node, Text) and node.kind == "#text" and not node.value.strip(_SPACE)


def _sentence(builder: _Builder, error: expat.ExpatError) -> str:
    codes = expat.errors.codes
    code, line, column = error.code, error.lineno, error.offset + 1
    message = expat.errors.messages[code]
    open_element = builder.path[-1] if builder.path else None
    if code == codes["mismatched tag"] and open_element is not None:
        found = re.match(r"[^\s>]*", _rest(builder.text, line, error.offset))
        started = builder.text.encode()[: builder.started_at[-1]].decode("utf-8", "replace")
        start_line, start_column = started.count("\n") + 1, len(started) - started.rfind("\n") + 1
        return (
            f"The '{open_element.name}' start tag on line {start_line} position {start_column} does not match the end tag of"
            f" '{found.group() if found else ''}'. Line {line}, position {column}."
        )
    if code == codes["junk after document element"]:
        if _rest(builder.text, line, error.offset).startswith("<"):
            return f"There are multiple root elements. Line {line}, position {column + 1}."
        return _ROOT_INVALID.format(line=line, column=column)
    if code in (codes["no element found"], codes["unclosed token"], codes["unclosed CDATA section"]):
        return _ROOT_INVALID.format(line=1, column=1)
    rest = _rest(builder.text, line, error.offset)
    if code == codes["duplicate attribute"]:
        return f"'{_name(rest)}' is a duplicate attribute name. Line {line}, position {column}."
    if code == codes["undefined entity"]:
        return f"Reference to undeclared entity '{_name(rest[1:])}'. Line {line}, position {column + 1}."
    if code == codes["XML declaration not well-formed"]:
        return f"Syntax for an XML declaration is invalid. Line {line}, position {column}."
    if code == codes["not well-formed (invalid token)"] and rest:
        before = builder.text.split("\n")[line - 1][: error.offset]
        if before.endswith("]]"):
            return f"']]>' is not allowed in character data. Line {line}, position {column - 2}."
        sentence = _invalid_token(before, rest)
        if sentence is not None:
            return f"{sentence} Line {line}, position {column}."
    return f"{message[0].upper()}{message[1:]}. Line {line}, position {column}."


_NAME = re.compile(r"[^\s=;/>]*")


def _name(text: str) -> str:
    match = _NAME.match(text)
    return match[0] if match else ""


def _invalid_token(before: str, rest: str) -> str | None:
    """.NET's sentence for a character that cannot be there, from the line in front of it and from it on."""
    character, hexadecimal = rest[0], f"0x{ord(rest[0]):02X}"
    if character < " " and character not in _SPACE:
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


def _rest(text: str, line: int, offset: int) -> str:
    return text.split("\n")[line - 1][offset:] if line <= text.count("\n") + 1 else ""


_TEXT_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {
    chr(code): f"&#x{code:X};" for code in range(32) if chr(code) not in "\t\r\n"
}
_ATTRIBUTE_ESCAPES = _TEXT_ESCAPES | {'"': "&quot;", "\n": "&#xA;", "\r": "&#xD;"}
_TEXT_TABLE = str.maketrans(_TEXT_ESCAPES)
_ATTRIBUTE_TABLE = str.maketrans(_ATTRIBUTE_ESCAPES)


def _write(node: Node, out: list[str]) -> None:
    if isinstance(node, Text):
        out.append(_text(node))
        return
    attributes = "".join(f' {name}="{value.translate(_ATTRIBUTE_TABLE)}"' for name, value in node.attributes)
    if node.empty and not node.children:
        out.append(f"<{node.name}{attributes} />")
        return
    out.append(f"<{node.name}{attributes}>")
    for child in node.children:
        _write(child, out)
    out.append(f"</{node.name}>")


def _text(node: Text) -> str:
    if node.kind == "#comment":
        return f"<!--{node.value}-->"
    if node.kind == "#cdata-section":
        return f"<![CDATA[{node.value}]]>"
    if node.kind.startswith("?"):
        return f"<{node.kind}{' ' if node.value else ''}{node.value}?>"
    return node.value.translate(_TEXT_TABLE)


def write_indented(element: Element, inherited: dict[str, str]) -> str:
    """One element as an XPath navigator writes it: indented where there is no text, namespaces behind the attributes.

    `inherited` are the namespaces that surround it, by prefix; those that it uses are declared.
    """
    pieces: list[str] = []
    _write_indented(element, pieces, inherited, set(), "\n", False)
    return "".join(pieces)


def _write_indented(
    element: Element, out: list[str], inherited: dict[str, str], written: set[str], newline: str, mixed: bool
) -> bool:
    plain = [(name, value) for name, value in element.attributes if not _is_declaration(name)]
    declared = [(name, value) for name, value in element.attributes if _is_declaration(name)]
    here = written | {name for name, _ in declared}
    for qualified in [element.name, *(name for name, _ in plain if ":" in name)]:
        prefix = qualified.partition(":")[0] if ":" in qualified else ""
        name = f"xmlns:{prefix}" if prefix else "xmlns"
        if prefix != "xml" and name not in here and prefix in inherited:
            declared.append((name, inherited[prefix]))
            here.add(name)
    attributes = "".join(f' {name}="{value.translate(_ATTRIBUTE_TABLE)}"' for name, value in [*plain, *declared])
    if not element.children and element.empty:
        out.append(f"<{element.name}{attributes} />")
        return mixed
    out.append(f"<{element.name}{attributes}>")
    inside = mixed
    for child in element.children:
        if isinstance(child, Text) and child.kind[0] == "#" and child.kind != "#comment":
            inside = True
            out.append(child.value.translate(_TEXT_TABLE))
            continue
        if not inside:
            out.append(f"{newline}  ")
        if isinstance(child, Text):
            out.append(_text(child))
        else:
            _write_indented(child, out, inherited, here, f"{newline}  ", inside)
    out.append(f"{newline if element.children and not inside else ''}</{element.name}>")
    return mixed


def _is_declaration(name: str) -> bool:
    return name == "xmlns" or name.startswith("xmlns:")
