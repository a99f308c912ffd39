"""Xml as trees."""

import io
from typing import Any

import pytest

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.formats import xml_text


def tree(content: str | bytes, properties: dict | None = None, beside: dict | None = None, **settings: Any) -> Any:
    def fetch(path: str) -> bytes:
        if path not in (beside or {}):
            raise DataError("UserErrorSourceBlobNotExist", f"missing: {path}")
        return beside[path].encode()

    data = content.encode() if isinstance(content, str) else content
    [found] = xml_text.documents(io.BytesIO(data), "f.xml", properties or {}, settings, fetch)
    return found


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("<a>x</a>", {"a": "x"}),
        ("<a/>", {"a": None}),
        ("<a><b>1</b><b>2.5</b><c>true</c></a>", {"a": {"b": [1, 2.5], "c": True}}),
        ("<a id='07'>x<!-- no --> y<b/></a>", {"a": {"@id": "07", "b": None, "_value_": "x y"}}),
        ("<a>\n  <b>1</b>\n</a>", {"a": {"b": 1}}),
        ("<a><b><c>1</c></b><b/></a>", {"a": {"b": [{"c": 1}, None]}}),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xfc</a>".encode("latin-1"), {"a": "ü"}),
    ],
)
def test_elements_become_values(content, expected):
    assert tree(content) == expected


def test_namespaces():
    content = "<x:a xmlns:x='urn:one' x:k='v'><b/></x:a>"
    assert tree(content) == {"urn:one,a": {"urn:one,@k": "v", "b": None}}
    assert tree(content, namespacePrefixes={"urn:one": "p"}) == {"p:a": {"p:@k": "v", "b": None}}
    assert tree(content, namespaces=False) == {"a": {"@k": "v", "b": None}}
    assert tree("<a xmlns='urn:one'>x<b/></a>") == {"urn:one,a": {"urn:one,b": None, "urn:one,_value_": "x"}}


def test_settings():
    assert tree("<a>1</a>", detectDataType=False) == {"a": "1"}
    assert tree("<a>-</a>", {"nullValue": "-"}) == {"a": None}
    with pytest.raises(InvalidSettings, match="'strict' is no validation mode of Xml; there are none, xsd and dtd"):
        tree("<a/>", validationMode="strict")


def test_nothing_is_fetched_or_expanded():
    content = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>"
    with pytest.raises(DataError, match=r"'f\.xml' is invalid with parsing error 'the entity '&e;' is not expanded'"):
        tree(content)
    for broken in ("<a>", "", "no xml"):
        with pytest.raises(DataError, match=r"'f\.xml' is invalid with parsing error"):
            tree(broken)


def test_a_child_with_the_name_of_the_value():
    with pytest.raises(DataError, match="'_value_' and it conflicts") as failure:
        tree("<a>x<_value_/></a>")
    assert failure.value.code == "XmlValueColumnNameConflict"


XSI = "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
XS = "xmlns:xs='http://www.w3.org/2001/XMLSchema'"
NUMBER = f"<xs:schema {XS}><xs:element name='a' type='xs:int'/></xs:schema>"


def xsd(content: str, **beside: str) -> Any:
    return tree(
        content, beside={path.replace("__", "/") + ".xsd": text for path, text in beside.items()}, validationMode="xsd"
    )


def test_a_schema_beside_the_document():
    document = f"<a {XSI} xsi:noNamespaceSchemaLocation='deep%2Fn.xsd'>{{}}</a>"
    assert xsd(document.format(1), deep__n=NUMBER)["a"]["_value_"] == 1
    with pytest.raises(
        DataError, match=r"'f\.xml' is invalid with parsing error 'line 2: .*'x' is not a valid"
    ) as failure:
        xsd("\n" + document.format("x"), deep__n=NUMBER)
    assert failure.value.code == "XmlInvalid"
    with pytest.raises(DataError, match=r"missing: deep/n\.xsd"):
        xsd(document.format(1))


def test_schemas_load_others_by_relative_paths():
    main = (
        f"<xs:schema {XS} xmlns='urn:o' targetNamespace='urn:o' elementFormDefault='qualified'>"
        "<xs:include schemaLocation='../common/types.xsd'/><xs:import namespace='urn:p' schemaLocation='p.xsd'/>"
        "<xs:element name='a' type='small'/></xs:schema>"
    )
    types = (
        f"<xs:schema {XS} targetNamespace='urn:o'><xs:include schemaLocation='../s/main.xsd'/>"
        "<xs:simpleType name='small'><xs:restriction base='xs:int'><xs:maxInclusive value='9'/></xs:restriction>"
        "</xs:simpleType></xs:schema>"
    )
    other = f"<xs:schema {XS} targetNamespace='urn:p'/>"
    document = f"<a xmlns='urn:o' {XSI} xsi:schemaLocation='urn:o s/main.xsd'>{{}}</a>"
    files = {"s__main": main, "common__types": types, "s__p": other}
    xsd(document.format(9), **files)
    with pytest.raises(DataError, match=r"'maxInclusive'|maximum value"):
        xsd(document.format(10), **files)
    with pytest.raises(DataError, match=r"missing: s/p\.xsd"):
        xsd(document.format(9), s__main=main, common__types=types)


@pytest.mark.parametrize("place", ["file:///etc/hostname", "/etc/hostname", "http://localhost/n.xsd", "C:\\n.xsd"])
def test_schemas_come_from_nowhere_else(place):
    with pytest.raises(DataError, match="is no relative path"):
        xsd(f"<a {XSI} xsi:noNamespaceSchemaLocation='{place}'>1</a>")
    loading = f"<xs:schema {XS}><xs:include schemaLocation='{place}'/></xs:schema>"
    with pytest.raises(DataError, match="is no relative path"):
        xsd(f"<a {XSI} xsi:noNamespaceSchemaLocation='n.xsd'>1</a>", n=loading)


def test_a_schema_expands_and_fetches_nothing():
    attack = (
        "<!DOCTYPE s [<!ENTITY e SYSTEM 'file:///etc/hostname'>]>"
        f"<xs:schema {XS}><xs:element name='a' type='xs:string' default='&e;'/><!-- --></xs:schema>"
    )
    with pytest.raises(DataError, match=r"its schemas are none|is no XML"):
        xsd(f"<a {XSI} xsi:noNamespaceSchemaLocation='n.xsd'/>", n=attack)


@pytest.mark.parametrize(
    ("schema", "message"),
    [("<xs:schema", r"the schema 'n\.xsd' is no XML"), ("<other/>", "its schemas are none")],
)
def test_schemas_that_are_none(schema, message):
    with pytest.raises(DataError, match=message):
        xsd(f"<a {XSI} xsi:noNamespaceSchemaLocation='n.xsd'>1</a>", n=schema)


def test_a_document_without_a_schema_is_told():
    with pytest.raises(DataError, match="the root element names no schema"):
        xsd("<a/>")
    with pytest.raises(DataError, match="pairs of a namespace and a path"):
        xsd(f"<a {XSI} xsi:schemaLocation='urn:o'/>")


def test_too_many_schemas():
    chain = {f"n{n}": f"<xs:schema {XS}><xs:include schemaLocation='n{n + 1}.xsd'/></xs:schema>" for n in range(200)}
    with pytest.raises(DataError, match="more than 100 files"):
        xsd(f"<a {XSI} xsi:noNamespaceSchemaLocation='n0.xsd'>1</a>", **chain)


def dtd(content: str, **beside: str) -> Any:
    return tree(content, beside={f"{path}.dtd": text for path, text in beside.items()}, validationMode="dtd")


def test_a_dtd_in_the_document_or_beside_it():
    rules = "<!ELEMENT a (b)><!ELEMENT b (#PCDATA)>"
    for good, bad in (
        (f"<!DOCTYPE a [{rules}]><a><b>1</b></a>", f"<!DOCTYPE a [{rules}]><a/>"),
        ("<!DOCTYPE a SYSTEM 'r.dtd'><a><b>1</b></a>", "<!DOCTYPE a SYSTEM 'r.dtd'><a/>"),
    ):
        assert dtd(good, r=rules) == {"a": {"b": 1}}
        with pytest.raises(DataError, match="is invalid with parsing error 'line 1: Element a content does not follow"):
            dtd(bad, r=rules)


def test_a_dtd_comes_from_nowhere_else():
    for place in ("file:///etc/hostname", "/etc/hostname", "http://localhost/r.dtd"):
        with pytest.raises(DataError, match="is no relative path"):
            dtd(f"<!DOCTYPE a SYSTEM '{place}'><a/>")
    loading = "<!ENTITY % x SYSTEM 'file:///etc/hostname'> %x; <!ELEMENT a EMPTY>"
    with pytest.raises(Unsupported, match=r"The DTD 'r\.dtd', which loads other files"):
        dtd("<!DOCTYPE a SYSTEM 'r.dtd'><a/>", r=loading)
    with pytest.raises(DataError, match="is not expanded"):
        dtd("<!DOCTYPE a [<!ELEMENT a ANY><!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>")


def test_dtds_that_are_none():
    with pytest.raises(DataError, match="has no document type"):
        dtd("<a/>")
    with pytest.raises(DataError, match=r"the DTD 'r\.dtd' is none"):
        dtd("<!DOCTYPE a SYSTEM 'r.dtd'><a/>", r="<!ELEMENT a")
    with pytest.raises(Unsupported, match=r"A document type that is written in 'f\.xml' and in a file"):
        dtd("<!DOCTYPE a SYSTEM 'r.dtd' [<!ELEMENT a ANY>]><a/>", r="<!ELEMENT b ANY>")
