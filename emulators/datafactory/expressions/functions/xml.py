"""`xml` and `xpath`, and the two ways between XML and JSON, by the conventions of Json.NET: `@attribute`, `#text`,
repeated elements as arrays.
"""

import re
from typing import Any

from lxml import etree  # type: ignore[import-untyped]

from emulators.datafactory.expressions.envelopes import (
    XML_TYPE,
    envelope,
    envelope_bytes,
    is_envelope,
    is_xml,
    raw_content,
)
from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions.signature import ANY, PARAMETER_S, Family, Parameter
from emulators.datafactory.expressions.text import to_text
from emulators.datafactory.expressions.values import type_name
from emulators.datafactory.expressions.xmlerrors import XmlError
from emulators.datafactory.expressions.xmltree import Element, Node, Text, parse_xml, root_of
from emulators.datafactory.expressions.xmlwriting import write_compact, write_indented

family = Family("xml")


@family("xml", f"expects one parameter: the string or object to be converted. {PARAMETER_S}", Parameter(ANY))
def xml(value: Any) -> dict[str, Any]:
    """An XML envelope: of text that is XML, of an object with one property, or of the content of a binary, unread
    (observed).
    """
    if is_envelope(value):
        if is_xml(value):
            return dict(value)
        return {"$content-type": XML_TYPE, "$content": raw_content(value)}
    if type(value) not in (str, dict):
        raise ExpressionError(
            "The function 'xml' expects its parameter to be a string or an object. The provided value is of type"
            f" '{type_name(value)}'."
        )
    try:
        nodes = parse_xml(value, literal=True) if type(value) is str else json_to_xml(value)
    except XmlError as error:
        raise ExpressionError(
            f"The function 'xml' parameter is not valid. The provided value cannot be converted to XML: '{error}'."
        ) from None
    return envelope(write_compact(nodes).encode("utf-8", "replace"), XML_TYPE)


@family(
    "xpath",
    f"expects two parameters: an XML object and an XPath expression. {PARAMETER_S}",
    Parameter(ANY),
    Parameter(ANY),
)
def xpath(value: Any, path: Any) -> Any:
    """What an XPath 1.0 expression selects or computes: elements as XML envelopes, attributes as `name="value"`."""
    if not is_xml(value):
        raise ExpressionError(
            "The function 'xpath' expects its first parameter to be an XML object. The provided value is of type"
            f" '{type_name(value)}'."
        )
    if type(path) is not str:
        raise ExpressionError(
            "The function 'xpath' expects its second parameter to be a string. The provided value is of type"
            f" '{type_name(path)}'."
        )
    try:
        query = _Query(root_of(parse_xml(_source(value))))
    except (XmlError, etree.XMLSyntaxError):  # lxml refuses what is nested too deeply
        raise ExpressionError("The function 'xpath' failed to parse the provided XML.") from None
    return query.evaluate(path)


_RELATIVE = re.compile(r"\s*[A-Za-z_*@.][^()'\"|=<>+!$]*")
_NOT_EVALUABLE = (
    "The XPath expression evaluates to a result of type 'Any' that is not supported. The expression must evaluate to"
    " a number, a string, a boolean, or a node set."
)


_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_EXPONENT = re.compile(r"(?<![\w.-])[0-9]+(?:\.[0-9]*)?[eE][+-]?[0-9]")


def _malformed() -> ExpressionError:
    return ExpressionError(
        "The function 'xpath' parameters are invalid: the 'xpath' parameter must be a supported, well formed XPath"
        " expression."
    )


class _Query:
    """Runs XPath with lxml on a copy of the tree, and finds the tree's own elements for the ones that lxml selects."""

    def __init__(self, root: Element) -> None:
        text = write_compact([root])
        self.root = root
        parser = etree.XMLParser(resolve_entities=False, no_network=True, strip_cdata=False, huge_tree=False)
        self.document = etree.ElementTree(etree.fromstring(text.encode("utf-8", "replace"), parser))
        self.elements = dict(zip(self.document.iter(etree.Element), _elements(root), strict=True))

    def evaluate(self, path: str) -> Any:
        if _EXPONENT.search(_QUOTED.sub("", path)):  # libxml2 reads exponents, XPath 1.0 has none
            raise _malformed()
        steps = f"/{path.strip()}" if _RELATIVE.fullmatch(path) else path.strip()
        if steps in ("/", "/."):
            return [self._item(self.document.getroot())]
        try:
            result = etree.XPath(steps, smart_strings=True)(self.document)
        except (etree.XPathSyntaxError, ValueError):  # the latter for characters that XML cannot have
            raise _malformed() from None
        except etree.XPathError as error:
            if "Undefined namespace" in str(error) or "[" in path:
                raise _malformed() from None
            raise ExpressionError(_NOT_EVALUABLE) from None
        if isinstance(result, (bool, float)):
            return result
        if isinstance(result, str):
            return str(result)
        return [self._item(item) for item in result]

    def _item(self, item: Any) -> Any:
        if isinstance(item, etree._Comment):
            raise ExpressionError("The node type 'Comment' is not a supported XPath node type.")
        if isinstance(item, etree._ProcessingInstruction):
            raise ExpressionError("The node type 'ProcessingInstruction' is not a supported XPath node type.")
        if isinstance(item, tuple):
            raise ExpressionError("The node type 'Namespace' is not a supported XPath node type.")
        if isinstance(item, str):
            return f'{self._attribute_name(item)}="{item}"' if getattr(item, "is_attribute", False) else str(item)
        inherited = {prefix or "": uri for prefix, uri in item.nsmap.items()}
        return envelope(write_indented(self.elements[item], inherited).encode(), XML_TYPE)

    def _attribute_name(self, attribute: Any) -> str:
        qualified = etree.QName(attribute.attrname)
        if qualified.namespace is None:
            return str(qualified.localname)
        scope = attribute.getparent().nsmap
        prefix = next((key for key, uri in scope.items() if uri == qualified.namespace and key), "xml")
        return f"{prefix}:{qualified.localname}"


def _elements(root: Element) -> list[Element]:
    found: list[Element] = []
    pending: list[Node] = [root]
    while pending:
        node = pending.pop()
        if isinstance(node, Element):
            found.append(node)
            pending.extend(reversed(node.children))
    return found


NO_BASE64 = (
    "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters,"
    " or an illegal character among the padding characters."
)


def _source(value: dict[str, Any]) -> str:
    """The text of an XML envelope; raises XmlError when its content is not base64."""
    try:
        return envelope_bytes(value).decode("utf-8-sig", "replace")
    except ValueError:
        raise XmlError(NO_BASE64) from None


def xml_to_json(value: dict[str, Any]) -> dict[str, Any]:
    """The object that an XML envelope stands for; raises ExpressionError when its content is no XML."""
    try:
        nodes = parse_xml(_source(value), literal=True)
    except XmlError as error:
        raise ExpressionError(
            f"The function 'json' parameter is not valid. The provided XML value cannot be parsed: '{error}'."
        ) from None
    if any(isinstance(node, Text) and 'encoding="utf-16"' in node.value.lower() for node in nodes[:1]):
        raise ExpressionError(
            "The function 'json' parameter is not valid. The provided XML value cannot be parsed: 'There is no"
            " Unicode byte order mark. Cannot switch to Unicode.'."
        )
    result: dict[str, Any] = {}
    for node in nodes:
        if isinstance(node, Element):
            result[node.name] = _element_value(node)
        elif node.kind == "?xml":
            result["?xml"] = {f"@{name}": text for name, text in re.findall(r'(\w+)="([^"]*)"', node.value)}
        elif node.kind.startswith("?"):
            result[node.kind] = node.value
    return result


def _element_value(element: Element) -> Any:
    members: list[tuple[str, Any]] = [(f"@{name}", value) for name, value in element.attributes]
    for child in element.children:
        if isinstance(child, Element):
            members.append((child.name, _element_value(child)))
        elif child.kind != "#comment":
            members.append((child.kind, child.value))
    if not members:
        return None if element.empty else ""
    if len(members) == 1 and members[0][0] == "#text":
        return members[0][1]
    groups: dict[str, list[Any]] = {}
    for name, value in members:
        groups.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in groups.items()}


def json_to_xml(value: dict[str, Any]) -> list[Node]:
    """The document that an object stands for. Raises XmlError with Json.NET's sentence."""
    nodes: list[Node] = []
    roots = [name for name in value if not name.startswith("?")]
    for name, content in value.items():
        if name == "":
            raise XmlError("XmlNodeConverter cannot convert JSON with an empty property name to XML. Path ''.")
        if name == "?xml" and isinstance(content, dict):
            nodes.append(Text("?xml", " ".join(f'{key[1:]}="{to_text(item)}"' for key, item in content.items())))
            continue
        if name.startswith("@"):
            raise XmlError(
                f"JSON root object has property '{name}' that will be converted to an attribute. A root object"
                " cannot have any"
                f" attribute properties. Consider specifying a DeserializeRootElementName. Path '{name}'."
            )
        if name.startswith("#"):
            raise XmlError(
                "The specified node cannot be inserted as the valid child of this node, because the specified node"
                " is the wrong type."
            )
        if len(roots) > 1 and name == roots[1]:
            raise XmlError(
                "JSON root object has multiple properties. The root object must have a single property in order to"
                f" create a valid XML document. Consider specifying a DeserializeRootElementName. Path '{name}'."
            )
        elements = _made(name, content)
        if len(elements) > 1:
            raise XmlError("This document already has a 'DocumentElement' node.")
        nodes.extend(elements)
    return nodes


def _made(name: str, value: Any, nested: bool = False) -> list[Node]:
    """The nodes of a property: an array stands for its name again and again."""
    if isinstance(value, list) and not nested:
        return [node for item in value for node in _made(name, item, nested=True)]
    element = Element(_encoded_name(name))
    if isinstance(value, list):
        for item in value:
            element.children.extend(_made(name, item, nested=True))
    elif isinstance(value, dict):
        for key, item in value.items():
            _fill(element, key, item)
    elif value is not None:
        element.children.append(Text("#text", _scalar(value)))
    element.empty = value is None or (isinstance(value, (dict, list)) and not element.children)
    return [element]


def _fill(element: Element, key: str, item: Any) -> None:
    if key == "":
        raise XmlError("XmlNodeConverter cannot convert JSON with an empty property name to XML. Path ''.")
    if key.startswith("@") and not isinstance(item, (dict, list)):
        element.attributes.append((_encoded_name(key[1:]), "" if item is None else _scalar(item)))
    elif key in ("#text", "#cdata-section", "#significant-whitespace") and not isinstance(item, dict):
        values = item if isinstance(item, list) else [item]
        element.children.extend(Text(key, _scalar(value)) for value in values)
    else:
        element.children.extend(_made(key, item))


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int) else to_text(value)


_NAME_START = re.compile(r"[^\W\d]|[_:]")
_NAME_PART = re.compile(r"[\w.\-:]")


def _encoded_name(name: str) -> str:
    """An XML name: characters that cannot be in one are written as `_xHHHH_`."""
    pieces = []
    for index, character in enumerate(name):
        allowed = _NAME_PART if index else _NAME_START
        pieces.append(character if allowed.match(character) else f"_x{ord(character):04X}_")
    return "".join(pieces)
