"""Documents: their arrangements, their paths, and tables of them."""

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.datafactory.data.errors import DataError
from emulators.datafactory.data.formats import json_text
from emulators.datafactory.data.hierarchy import table
from emulators.datafactory.data.jsonpath import at, parse_path, put
from emulators.datafactory.data.table import Rejected
from emulators.datafactory.data.translator import Translator

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


class Drip(io.BytesIO):
    """Gives a few bytes at a time, whatever is asked for."""

    def read(self, size=-1):
        return super().read(3)


@settings(max_examples=30)
@given(
    st.lists(st.dictionaries(st.text(max_size=3), VALUES), max_size=5),
    st.sampled_from(["\n", "\r\n", "", " , "]),
    st.booleans(),
)
def test_documents_in_every_arrangement_piece_by_piece(documents, separator, in_array):
    content = (", " if in_array else separator).join(map(json.dumps, documents))
    content = f" [{content}] " if in_array else content
    assert list(json_text.documents(Drip(content.encode()), "f", {}, {})) == documents


@pytest.mark.parametrize("content", [b'{"a":1', b'[{"a":1}', b"{a:1}", b'{"a":"\xff"}', b"[{} {}"])
def test_damaged_documents_are_told_with_the_file(content):
    with pytest.raises(DataError, match=r"JSON file 'f\.json'"):
        list(json_text.documents(io.BytesIO(content), "f.json", {}, {}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("$['a b'].c[1]", (True, ("a b", "c", 1))),
        ("$.a.b", (True, ("a", "b"))),
        ("['p']", (False, ("p",))),
        ("p", (False, ("p",))),
        ("$", (True, ())),
        ("$['it\\'s']", (True, ("it's",))),
    ],
)
def test_paths(path, expected):
    assert parse_path(path) == expected


def test_paths_that_lead_nowhere():
    assert at({"a": [1]}, ("a", 5)) is None
    assert at({"a": 1}, ("a", "b")) is None
    with pytest.raises(DataError, match="is not"):
        parse_path("$[")
    with pytest.raises(DataError, match="cannot write the elements"):
        put({}, ("a", 0), 1)


def rows(documents: list, translator: dict | None = None, rejected: list[Rejected] | None = None) -> list[dict]:
    def reject(row: Rejected) -> None:
        if rejected is None:
            raise DataError(row.code, row.message)
        rejected.append(row)

    found = table(iter(documents), Translator.read(translator), reject)
    return [row for batch in found.batches for row in batch.to_pylist()]


def test_the_top_level_becomes_columns():
    assert rows([{"a": 1, "b": "x"}, {"a": 2.5, "c": True}]) == [
        {"a": 1.0, "b": "x", "c": None},
        {"a": 2.5, "b": None, "c": True},
    ]
    assert rows([{"a": 1}, {"a": "x"}, {"a": True}]) == [{"a": "1"}, {"a": "x"}, {"a": "True"}]
    assert rows([]) == []


def test_a_tree_in_a_column_is_rejected_or_text():
    rejected: list[Rejected] = []
    assert rows([{"a": {"x": 1}}, {"a": "y"}], None, rejected) == [{"a": "y"}]
    assert rejected[0].code == "JsonUnsupportedHierarchicalComplexValue"
    as_text = {"type": "TabularTranslator", "mapComplexValuesToString": True}
    assert rows([{"a": {"x": [1, None]}}], as_text) == [{"a": '{"x":[1,null]}'}]


def test_elements_of_an_array_become_rows():
    translator = {
        "type": "TabularTranslator",
        "collectionReference": "$.o",
        "mappings": [
            {"source": {"path": "$.id"}, "sink": {"name": "id"}},
            {"source": {"path": "['n']"}, "sink": {"name": "n"}},
        ],
    }
    documents = [{"id": 1, "o": [{"n": 1}, {"n": 2}]}, {"id": 2}, {"id": 3, "o": []}]
    assert rows(documents, translator) == [{"id": 1, "n": 1}, {"id": 1, "n": 2}]
