"""From one interim type to another."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.data.conversion import as_text, convert
from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.interim_types import ARROW, interim_type, interim_type_of
from emulators.datafactory.data.rules import Rules

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


@pytest.mark.parametrize(
    ("settings", "text", "target", "expected"),
    [
        ({"dateTimeFormat": "dd.MM.yyyy HH:mm"}, "02.01.2030 03:04", "DateTime", datetime(2030, 1, 2, 3, 4)),
        ({"dateTimeFormat": "d MMM yy", "culture": "de-de"}, "2 mär 30", "DateTime", datetime(1930, 3, 2)),
        (
            {"dateTimeOffsetFormat": "yyyy-MM-dd HH:mm zzz"},
            "2030-01-02 03:04 +01:00",
            "DateTimeOffset",
            datetime(2030, 1, 2, 2, 4, tzinfo=UTC),
        ),
        ({"timeSpanFormat": r"dd\.hh\:mm"}, "01.02:03", "TimeSpan", "1.02:03:00"),
        ({"culture": "en-gb"}, "02/01/2030", "DateTime", datetime(2030, 1, 2)),
        ({"culture": "en-gb"}, "2/1/2030 3:04:05.5", "DateTime", datetime(2030, 1, 2, 3, 4, 5, 500_000)),
        ({"culture": "de-de"}, "2. Januar 2030 03:04", "DateTime", None),
        ({"culture": "de-de"}, "2.1.2030 03:04", "DateTime", datetime(2030, 1, 2, 3, 4)),
        ({"culture": "de-de"}, "2030-01-02T03:04:05Z", "DateTime", datetime(2030, 1, 2, 3, 4, 5)),
        ({"culture": "de-de"}, "1.234,5", "Double", 1234.5),
        ({"culture": "de-de"}, "1,5", "Decimal", Decimal("1.5")),
        ({"culture": "fr-fr"}, "1 234,5", "Double", 1234.5),
        ({"culture": "fr-fr"}, "1.5", "Double", None),
        ({}, "1,234.5", "Double", 1234.5),
        ({"dateTimeFormat": "yyyy-MM-dd"}, "02/01/2030", "DateTime", None),
        ({"dateTimeFormat": "HH:mm"}, "03:04", "DateTime", None),
    ],
)
def test_texts_are_read_by_the_rules(settings, text, target, expected):
    converted = convert(pa.array([text]), target, Rules.read(settings))
    assert converted.column.to_pylist() == [expected]
    assert bool(converted.reasons) == (expected is None)


def test_a_text_that_is_not_in_the_format_is_told_with_the_format():
    rules = Rules.read({"dateTimeFormat": "yyyy-MM-dd"})
    assert "in the format 'yyyy-MM-dd'" in convert(pa.array(["soon"]), "DateTime", rules).reasons[0]
    rules = Rules.read({"dateTimeFormat": "HH:mm"})
    assert "'HH:mm' has no date" in convert(pa.array(["03:04"]), "DateTime", rules).reasons[0]


@pytest.mark.parametrize(
    ("settings", "value", "expected"),
    [
        ({"dateTimeFormat": "dd/MM/yyyy HH:mm:ss.fff"}, MOMENT, "02/01/2030 03:04:05.000"),
        ({"dateTimeFormat": "d MMMM yyyy", "culture": "fr-fr"}, MOMENT, "2 janvier 2030"),
        ({"dateTimeFormat": "o"}, MOMENT, "2030-01-02T03:04:05.0000000"),
        ({"dateTimeOffsetFormat": "yyyy-MM-dd'T'HH:mmzzz"}, MOMENT.replace(tzinfo=UTC), "2030-01-02T03:04+00:00"),
        ({"dateTimeFormat": "yyyy"}, MOMENT.replace(tzinfo=UTC), "2030-01-02 03:04:05.0000000 +00:00"),
        ({"timeSpanFormat": r"hh\:mm"}, time(3, 4, 5), "03:04"),
        ({"timeSpanFormat": "g"}, timedelta(days=1, hours=2), "1:2:00:00"),
        ({"culture": "de-de"}, 1.5, "1,5"),
        ({"culture": "de-de"}, Decimal("1.50"), "1,50"),
        ({"culture": "de-de"}, MOMENT, "2030-01-02 03:04:05.0000000"),
        ({"treatBooleanAsNumber": True}, True, "1"),
    ],
)
def test_values_are_written_by_the_rules(settings, value, expected):
    assert convert(pa.array([value]), "String", Rules.read(settings)).column.to_pylist() == [expected]


def test_a_time_that_net_has_not_is_told():
    column = pa.array([10**18]).cast(pa.timestamp("us"))
    with pytest.raises(DataError, match="outside of the years 1 to 9999 cannot be written in the format 'yyyy'"):
        convert(column, "String", Rules(datetime_format="yyyy"))


def test_an_offset_is_cut_off_only_where_that_is_allowed():
    column = pa.array([MOMENT.replace(tzinfo=UTC)])
    assert convert(column, "DateTime", Rules()).column.to_pylist() == [MOMENT]
    assert convert(column, "DateTime", Rules(truncate=False)).reasons == {0: "The offset would be truncated."}


def test_periods_travel_in_the_constant_format():
    assert convert(pa.array([time(1, 2, 3)]), "TimeSpan", Rules()).column.to_pylist() == ["01:02:03"]
    assert convert(pa.array([timedelta(seconds=-1)]), "TimeSpan", Rules()).column.to_pylist() == ["-00:00:01"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"culture": "xx-yy"}, "no culture 'xx-yy'"),
        ({"culture": "größe"}, "no tag of a culture"),
        ({"dateTimeFormat": "yyyy 'open"}, "'dateTimeFormat' is no format of .NET for times: 'yyyy 'open'"),
        ({"dateTimeOffsetFormat": "Q"}, "'dateTimeOffsetFormat' is no format"),
        ({"timeSpanFormat": "hh:mm"}, "'timeSpanFormat' is no format.*':' has to be quoted or escaped"),
    ],
)
def test_rules_that_cannot_be(settings, message):
    with pytest.raises(InvalidSettings, match=message):
        Rules.read(settings)


def test_what_is_not_built_is_refused_by_name():
    with pytest.raises(Unsupported, match=r"the culture 'th-th'.*cultures\.json"):
        Rules.read({"culture": "th-th"})
    with pytest.raises(Unsupported, match="'dateFormat'"):
        Rules.read({"dateFormat": "yyyy"})


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
