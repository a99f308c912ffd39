"""From one interim type to another."""

from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.data.conversion import Rules, as_text, convert
from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.interim_types import ARROW, interim_type, interim_type_of

MOMENT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("values", "target", "expected", "bad"),
    [
        (["1", " -2 ", None, "x", "3000000000"], "Int32", [1, -2, None, None, None], [3, 4]),
        (["255", "256", "-1"], "Byte", [255, None, None], [1, 2]),
        (["1.5", "1e3", "1_0", "abc"], "Double", [1.5, 1000.0, None, None], [2, 3]),
        (["True", " false ", "yes"], "Boolean", [True, False, None], [2]),
        (["1.50", "x", "1e30"], "Decimal", [Decimal("1.5"), None, None], [1, 2]),
        (
            ["2030-01-02T03:04:05", "2030-01-02 03:04:05", "1/2/2030 3:04:05 AM", "soon"],
            "DateTime",
            [MOMENT] * 3 + [None],
            [3],
        ),
        (["2030-01-02T04:04:05+01:00"], "DateTimeOffset", [MOMENT.replace(tzinfo=UTC)], []),
        (["{0f8fad5b-d9cb-469f-a165-70867728950e}", "x"], "Guid", ["0f8fad5b-d9cb-469f-a165-70867728950e", None], [1]),
        (["1.02:03:04", "25 hours"], "TimeSpan", ["1.02:03:04", None], [1]),
        (["aGk=", "?"], "Byte[]", [b"hi", None], [1]),
    ],
)
def test_texts_are_read(values, target, expected, bad):
    converted = convert(pa.array(values, pa.string()), target, Rules())
    assert converted.column.to_pylist() == expected
    assert sorted(converted.reasons) == bad
    assert converted.column.type == ARROW[target]


@pytest.mark.parametrize(
    ("values", "target", "rules", "expected"),
    [
        ([1.9, -1.9], "Int32", Rules(), [1, -1]),
        ([1.9], "Int32", Rules(truncate=False), [None]),
        ([True, False], "Int64", Rules(), [1, 0]),
        ([0, 2], "Boolean", Rules(), [False, True]),
        ([300], "SByte", Rules(), [None]),
        ([1, 2], "Double", Rules(), [1.0, 2.0]),
        ([Decimal("1.25")], "Double", Rules(), [1.25]),
    ],
)
def test_numbers_become_others(values, target, rules, expected):
    assert convert(pa.array(values), target, rules).column.to_pylist() == expected


def test_what_there_is_no_conversion_for_is_a_reason():
    assert "no conversion from DateTime to Int32" in convert(pa.array([MOMENT]), "Int32", Rules()).reasons[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([True, None], ["True", None]),
        ([1.0, 0.1, 1e20, float("nan")], ["1", "0.1", "1E+20", "NaN"]),
        ([MOMENT], ["2030-01-02 03:04:05.0000000"]),
        ([MOMENT.replace(tzinfo=UTC)], ["2030-01-02 03:04:05.0000000 +00:00"]),
        ([b"hi"], ["aGk="]),
        ([Decimal("1.50")], ["1.50"]),
    ],
)
def test_values_as_text(values, expected):
    assert as_text(pa.array(values)).to_pylist() == expected


@given(st.lists(st.one_of(st.none(), st.integers(-(2**70), 2**70).map(str), st.text(max_size=5)), max_size=20))
def test_a_column_at_once_is_what_its_values_are_one_by_one(values):
    whole = convert(pa.array(values, pa.string()), "Int64", Rules())
    alone = [convert(pa.array([value], pa.string()), "Int64", Rules()).column[0].as_py() for value in values]
    assert whole.column.to_pylist() == alone


def test_the_names_of_types():
    assert interim_type("datetime") == "DateTime"
    with pytest.raises(InvalidSettings, match="'Colour' is no interim data type"):
        interim_type("Colour")
    assert interim_type_of(pa.string()) == "String"
    assert interim_type_of(pa.timestamp("ns")) == "DateTime"


def test_a_culture_is_refused_by_name():
    with pytest.raises(Unsupported, match="'de-de'"):
        Rules.read({"culture": "de-de"})
    with pytest.raises(Unsupported, match="'dateTimeFormat'"):
        Rules.read({"dateTimeFormat": "yyyy"})


def test_one_interim_type_in_several_units():
    nanoseconds = pa.array([1_500_000_001], pa.timestamp("ns"))
    assert as_text(nanoseconds).to_pylist() == ["1970-01-01 00:00:01.5000000"]
    assert convert(nanoseconds, "DateTime", Rules()).column.type == ARROW["DateTime"]
    berlin = pa.array([0], pa.timestamp("us", tz="Europe/Berlin"))
    assert as_text(berlin).to_pylist() == ["1970-01-01 00:00:00.0000000 +00:00"]
    large = convert(pa.array([Decimal("1e30"), Decimal("1.5")], pa.decimal128(38, 1)), "Decimal", Rules())
    assert large.column.to_pylist() == [None, Decimal("1.5")]
    with pytest.raises(DataError, match="cannot be written as text"):
        as_text(pa.array([[1]]))
