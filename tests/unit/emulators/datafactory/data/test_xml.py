"""Xml as trees."""

import io
from typing import Any

import pytest

from emulators.datafactory.data.errors import DataError, Unsupported
from emulators.datafactory.data.formats import xml_text


def tree(content: str | bytes, properties: dict | None = None, **settings: Any) -> Any:
    data = content.encode() if isinstance(content, str) else content
    [found] = xml_text.documents(io.BytesIO(data), "f.xml", properties or {}, settings)
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
    assert tree(content) == {"urn:one,a": {"@urn:one,k": "v", "b": None}}
    assert tree(content, namespacePrefixes={"urn:one": "p"}) == {"p:a": {"@p:k": "v", "b": None}}
    assert tree(content, namespaces=False) == {"a": {"@k": "v", "b": None}}


def test_settings():
    assert tree("<a>1</a>", detectDataType=False) == {"a": "1"}
    assert tree("<a>-</a>", {"nullValue": "-"}) == {"a": None}
    with pytest.raises(Unsupported, match="'validationMode'"):
        tree("<a/>", validationMode="xsd")


def test_nothing_is_fetched_or_expanded():
    content = "<!DOCTYPE a [<!ENTITY e SYSTEM 'file:///etc/hostname'>]><a>&e;</a>"
    with pytest.raises(DataError, match="'&e;' is not expanded"):
        tree(content)
    for broken in ("<a>", "", "no xml"):
        with pytest.raises(DataError, match=r"'f\.xml' is no valid XML"):
            tree(broken)
