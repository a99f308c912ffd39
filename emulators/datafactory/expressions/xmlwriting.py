"""Writes XML as .NET does: compact, as XmlDocument's outer XML, or indented, as its XPath navigator."""

from emulators.datafactory.expressions.xmltree import Element, Node, Text

_TEXT_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"} | {
    chr(code): f"&#x{code:X};" for code in range(32) if chr(code) not in "\t\r\n"
}
_ATTRIBUTE_ESCAPES = _TEXT_ESCAPES | {'"': "&quot;", "\n": "&#xA;", "\r": "&#xD;"}
_TEXT_TABLE = str.maketrans(_TEXT_ESCAPES)
_ATTRIBUTE_TABLE = str.maketrans(_ATTRIBUTE_ESCAPES)


def write_compact(nodes: list[Node]) -> str:
    """The document as text, without any white space of its own."""
    pieces: list[str] = []
    for node in nodes:
        _write(node, pieces)
    return "".join(pieces)


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
