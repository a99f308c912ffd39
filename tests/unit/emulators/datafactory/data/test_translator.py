"""The forms that a translator may have, and what it does to batches."""

import pyarrow as pa
import pytest

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
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
    with pytest.raises(Unsupported, match="'schemaMapping'"):
        Translator.read({"schemaMapping": {"a": "b"}})
    with pytest.raises(Unsupported, match="'format'"):
        Translator.read({"mappings": [{"source": {"name": "a", "format": "yyyy"}, "sink": {"name": "x"}}]})
