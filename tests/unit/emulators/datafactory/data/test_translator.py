"""The forms that a translator may have, and what it does to batches."""

from datetime import datetime

import pyarrow as pa
import pytest

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.hierarchy import table
from emulators.datafactory.data.mapping import bind
from emulators.datafactory.data.table import Rejected
from emulators.datafactory.data.translator import Translator

BATCH = pa.record_batch({"a": ["1", "x", "3"], "b": ["p", "q", None]})


def mapped(translator: dict, rejected: list[Rejected], batch: pa.RecordBatch = BATCH) -> list[dict]:
    mapping = bind(Translator.read(translator), batch.schema, [], "f.csv")
    return mapping.apply(batch, rejected.append).to_pylist()


def test_no_translator_is_by_name():
    assert mapped({}, []) == BATCH.to_pylist()
    assert Translator.read(None).is_plain


@pytest.mark.parametrize(
    "translator",
    [
        {"type": "TabularTranslator", "columnMappings": "a: A, b: B"},
        {"type": "TabularTranslator", "columnMappings": {"a": "A", "b": "B"}},
        {
            "type": "TabularTranslator",
            "mappings": [
                {"source": {"name": "a"}, "sink": {"name": "A"}},
                {"source": {"ordinal": "2"}, "sink": {"name": "B"}},
            ],
        },
    ],
)
def test_columns_get_new_names(translator):
    assert mapped(translator, [])[0] == {"A": "1", "B": "p"}


def test_values_that_do_not_convert_are_rejected_row_by_row():
    rejected: list[Rejected] = []
    pairs = [{"source": {"name": "a"}, "sink": {"name": "A", "type": "Int64"}}]
    assert mapped({"type": "TabularTranslator", "mappings": pairs, "typeConversion": "true"}, rejected) == [
        {"A": 1},
        {"A": 3},
    ]
    assert [row.values for row in rejected] == [("x", "q")]
    assert rejected[0].code == "TypeConversionFailure"


def test_without_type_conversion_only_texts_are_read():
    rejected: list[Rejected] = []
    pairs = [{"source": {"name": "a"}, "sink": {"name": "A", "type": "String"}}]
    translator = {"type": "TabularTranslator", "mappings": pairs}
    numbers = pa.record_batch({"a": [1, 2]})
    assert mapped(translator, rejected, numbers) == []
    assert len(rejected) == 2
    assert mapped({**translator, "typeConversion": True}, [], numbers) == [{"A": "1"}, {"A": "2"}]


def test_names_are_matched_by_case():
    pairs = [{"source": {"name": "A"}, "sink": {"name": "A"}}]
    with pytest.raises(DataError, match=r"Column 'A' specified in column mapping cannot be found in 'f\.csv'"):
        mapped({"type": "TabularTranslator", "mappings": pairs}, [])
    with pytest.raises(DataError, match="Column number 9"):
        mapped({"type": "TabularTranslator", "mappings": [{"source": {"ordinal": 9}, "sink": {"name": "A"}}]}, [])


def test_what_cannot_be_is_told():
    with pytest.raises(InvalidSettings, match="TabularTranslator"):
        Translator.read({"type": "Other"})
    with pytest.raises(InvalidSettings, match="needs a 'name'"):
        Translator.read({"mappings": [{"source": {}, "sink": {"name": "x"}}]})
    with pytest.raises(InvalidSettings, match=r"'format' is no format of \.NET for times: 'Q'"):
        Translator.read({"mappings": [{"source": {"name": "a", "format": "Q"}, "sink": {"name": "x"}}]})
    with pytest.raises(InvalidSettings, match="There is no culture 'xx-yy'"):
        Translator.read({"mappings": [{"source": {"name": "a"}, "sink": {"name": "x", "culture": "xx-yy"}}]})
    with pytest.raises(InvalidSettings, match="'schemaMapping' of a translator is an object of texts"):
        Translator.read({"schemaMapping": {"a": 1}})
    with pytest.raises(InvalidSettings, match="'b' has no partner"):
        Translator.read({"columnMappings": "a: A, b"})


@pytest.mark.parametrize("name", ["columnMappings", "schemaMapping"])
def test_nothing_is_mapped_twice(name):
    with pytest.raises(InvalidSettings, match=f"'{name}' of a translator maps 'x' more than once"):
        Translator.read({name: {"a": "x", "b": "x"}})
    with pytest.raises(InvalidSettings, match="'columnMappings' of a translator maps 'a' more than once"):
        Translator.read({"columnMappings": "a: x, a: y"})


def test_a_path_is_none_of_a_table():
    pairs = [{"source": {"path": "$['a'].b[0]"}, "sink": {"name": "A"}}]
    with pytest.raises(
        DataError, match=r"Column with the path \$\['a'\]\['b'\]\[0\] \(a path is for documents; use 'name'\)"
    ):
        mapped({"type": "TabularTranslator", "mappings": pairs}, [])


def test_the_legacy_schema_mapping_of_a_table():
    assert mapped({"schemaMapping": {"a": "A", "b": "in.B"}}, [])[0] == {"A": "1", "in.B": "p"}
    dotted = pa.record_batch({"a.b": ["1"], "c d": ["2"]})
    assert mapped({"schemaMapping": {"c d": "x", "a.b": "y"}}, [], dotted) == [{"x": "2", "y": "1"}]


def test_the_legacy_schema_mapping_of_documents():
    documents = [{"no": 7, "orders": [{"p": "x", "in": {"n": 1}}, {"p": "y"}], "city": [{"name": "Ulm"}]}]
    legacy = {
        "schemaMapping": {"$.no": "no", "p": "product", "in.n": "n", "$.city[0].name": "city"},
        "collectionReference": "$.orders",
    }
    translator = Translator.read(legacy)
    found = table(iter(documents), translator, _none)
    mapping = bind(translator, found.schema, [], "f.json", flattened=True)
    rows = [row for batch in found.batches for row in mapping.apply(batch, _none).to_pylist()]
    assert rows == [
        {"no": 7, "product": "x", "n": 1, "city": "Ulm"},
        {"no": 7, "product": "y", "n": None, "city": "Ulm"},
    ]


def test_names_of_documents_are_mapped_to_others():
    translator = Translator.read({"mappings": [{"source": {"name": "id"}, "sink": {"name": "Id"}}]})
    found = table(iter([{"id": 1}]), translator, _none)
    mapping = bind(translator, found.schema, [], "f.json", flattened=True)
    assert mapping.apply(next(found.batches), _none).to_pylist() == [{"Id": 1}]


DAY = datetime(2030, 1, 2)


@pytest.mark.parametrize(
    ("source", "sink", "value", "expected"),
    [
        ({"type": "DateTime", "format": "dd.MM.yyyy"}, {"type": "DateTime"}, "02.01.2030", DAY),
        ({}, {"type": "DateTime", "format": "dd.MM.yyyy"}, "02.01.2030", DAY),
        ({"type": "DateTime", "culture": "en-gb", "format": "d"}, {}, "02/01/2030", DAY),
        ({"type": "DateTime"}, {"type": "String", "format": "yyyyMMdd"}, DAY, "20300102"),
        ({"type": "DateTime", "format": "d.M.yyyy"}, {"type": "String", "format": "yyyyMMdd"}, "2.1.2030", "20300102"),
        ({}, {"type": "String", "format": "d MMM yyyy", "culture": "de-de"}, DAY, "2 Jan. 2030"),
        ({"type": "DateTime", "format": "dd.MM.yyyy"}, {"type": "DateTime"}, "2030-01-02", None),
    ],
)
def test_a_mapping_has_formats_of_its_own(source, sink, value, expected):
    translator = {
        "mappings": [{"source": {"name": "a", **source}, "sink": {"name": "A", **sink}}],
        "typeConversion": True,
        "typeConversionSettings": {"dateTimeFormat": "yyyy"},
    }
    rejected: list[Rejected] = []
    found = mapped(translator, rejected, pa.record_batch({"a": [value]}))
    assert found == ([] if expected is None else [{"A": expected}])
    assert len(rejected) == (expected is None)


@pytest.mark.parametrize(
    ("translator", "into_text", "expected"),
    [
        ({}, True, "2030"),
        ({"mappings": [{"source": {"name": "a"}, "sink": {"name": "a"}}]}, True, "2030"),
        ({"mappings": [{"source": {"name": "a", "type": "DateTime"}, "sink": {"name": "a"}}]}, True, "2030"),
        ({}, False, DAY),
        ({"typeConversion": False}, True, DAY),
    ],
)
def test_a_sink_of_texts_has_the_formats_without_a_mapping(translator, into_text, expected):
    settings = {"typeConversion": True, "typeConversionSettings": {"dateTimeFormat": "yyyy"}, **translator}
    batch = pa.record_batch({"a": [DAY]})
    mapping = bind(Translator.read(settings), batch.schema, [], "f", into_text=into_text)
    assert mapping.apply(batch, _none).to_pylist() == [{"a": expected}]


def _none(row: Rejected) -> None:
    raise AssertionError(row)
