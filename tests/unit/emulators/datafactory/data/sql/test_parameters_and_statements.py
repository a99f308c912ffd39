"""What reaches a stand-in: values bound by their declared types, texts cut into statements."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.sql.parameters import bound
from emulators.datafactory.data.sql.session import comparable, statements


@pytest.mark.parametrize(
    ("declared", "value", "expected"),
    [
        ("Boolean", "True", 1),
        ("Boolean", False, 0),
        ("Int16", 32767, 32767),
        ("Double", "1.5", 1.5),
        ("Decimal", 12345678901234567890.5, "12345678901234567000"),
        ("Decimal", "0.10", "0.10"),
        ("Guid", "0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("DateTime", "2030-01-01T00:00:00Z", "2030-01-01T00:00:00Z"),
        ("String", 5, "5"),
        (None, "x", "x"),
        ("Int32", None, None),
    ],
)
def test_values_by_declared_type(declared, value, expected):
    assert bound("p", declared, value, "it") == expected


@pytest.mark.parametrize(
    ("declared", "value"),
    [("Int16", 32768), ("Int32", 1.5), ("Int32", True), ("Boolean", "yes"), ("Guid", "x"), ("DateTime", "now"),
     ("String", {"a": 1}), ("Double", "x"), ("Decimal", "x")],
)  # fmt: skip
def test_values_that_do_not_fit(declared, value):
    with pytest.raises(InvalidSettings, match="parameter 'p' of it"):
        bound("p", declared, value, "it")


@given(st.lists(st.sampled_from(["SELECT 'a;b'", 'SELECT ";"', "SELECT 1 -- ; x\n", "/* ; */ SELECT 2", "SELECT [;]"])))
def test_statements_end_where_sqlite_says(written):
    assert [found.rstrip(";") for found in statements(";".join(written))] == written


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("a > '2030-01-31T12:30:00Z'", "a > '2030-01-31T12:30:00'"),
        ("a<='2030-01-31T12:30:00.5000000Z' AND b", "a<='2030-01-31T12:30:00.5' AND b"),
        ("a between '2030-01-31T12:30:00.0Z' and '2030-01-31T12:30:00Z'",
         "a between '2030-01-31T12:30:00' and '2030-01-31T12:30:00'"),
        ("SELECT '2030-01-31T12:30:00Z' AS loaded", "SELECT '2030-01-31T12:30:00Z' AS loaded"),
        ("a = '2030-01-31T12:30:00'", "a = '2030-01-31T12:30:00'"),
        ("a = 'Z'", "a = 'Z'"),
    ],
)  # fmt: skip
def test_times_that_a_query_compares_with_lose_their_z(written, expected):
    assert comparable(written) == expected
