"""From lines to tagged rows, and from rows that are not sound to reasons."""

import pytest
from chispa import assert_df_equality
from pyspark.sql import DataFrame, SparkSession

from dataprep.parsing import Header, explained, to_rows, typed, without_repeats
from dataprep.schema import COLUMNS, DDL, HEADER, kind_of

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]

IN_ORDER = Header(COLUMNS)


def row(number: int = 7, target: int = 0, **changes: str) -> str:
    """A sound line in contract order, with some fields changed."""
    fields = {column: "0.5" if kind_of(column).sql_type == "double" else "3" for column in COLUMNS}
    return ",".join((fields | {"id": str(number), "target": str(target)} | changes).values())


def lines(spark: SparkSession, *texts: str | bytes, header: str = HEADER) -> DataFrame:
    """Lines as a storage gives them; one partition, so that their order is that of the file."""
    raw = [(text.encode() if isinstance(text, str) else text,) for text in (header, *texts)]
    return spark.createDataFrame(raw, "value binary").coalesce(1).selectExpr("cast(value as string) as value")


def reasons(rows: DataFrame, header: Header = IN_ORDER) -> list[str]:
    return [found["reason"] for found in explained(rows, header).orderBy("position").collect()]


def test_sound_rows_are_tagged_and_passed_on_as_they_came(spark: SparkSession) -> None:
    first, second = row(7, 1, ps_reg_03="0.718070330"), row(8, 0)
    expected = spark.createDataFrame(
        [(1, first, True, 7, 1), (2, second, True, 8, 0)],
        "position bigint, line string, sound boolean, id bigint, target int",
    )
    assert_df_equality(to_rows(lines(spark, first, second), IN_ORDER), expected, ignore_nullable=True)


def test_blank_lines_are_no_rows(spark: SparkSession) -> None:
    assert to_rows(lines(spark, "", row(), "   ", "\t"), IN_ORDER).count() == 1


def test_a_header_that_comes_again_is_an_unsound_row(spark: SparkSession) -> None:
    assert reasons(to_rows(lines(spark, row(), HEADER), IN_ORDER)) == ["a field is not a number: id is 'id'"]


@pytest.mark.parametrize(
    "written",
    [
        row().replace(",", " , "),
        ",".join(f'"{field}"' for field in row().split(",")),
        ", ".join(f'"{field}"' for field in row().split(",")),
        f" {row()}\t",
    ],
)
def test_quotes_and_blanks_around_fields_are_taken_off(spark: SparkSession, written: str) -> None:
    assert [found["line"] for found in to_rows(lines(spark, written), IN_ORDER).collect()] == [row()]


def test_columns_in_another_order_are_put_in_order(spark: SparkSession) -> None:
    header = Header(tuple(reversed(COLUMNS)))
    turned = [",".join(reversed(row(number, ps_reg_01="0.25").split(","))) for number in (7, 8)]
    rows = to_rows(lines(spark, *turned, "1,2", header=",".join(header.columns)), header)
    assert [found["line"] for found in rows.where("sound").collect()] == [
        row(number, ps_reg_01="0.25") for number in (7, 8)
    ]
    assert reasons(rows, header) == ["it has 2 fields instead of 59"]


def test_in_another_order_the_first_field_at_fault_is_that_of_the_file(spark: SparkSession) -> None:
    header = Header(tuple(reversed(COLUMNS)))
    bad = ",".join(reversed(row(ps_ind_01="x", ps_calc_20_bin="y").split(",")))
    rows = to_rows(lines(spark, bad, header=",".join(header.columns)), header)
    assert reasons(rows, header) == ["a field is not a number: ps_calc_20_bin is 'y'"]
    assert [found["line"] for found in rows.collect()] == [bad]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (row() + ",1", "it has 60 fields instead of 59"),
        (row().rpartition(",")[0], "it has 58 fields instead of 59"),
        ("nonsense", "it has 1 fields instead of 59"),
        (row().replace(",", ";"), "it has 1 fields instead of 59"),
        (row(ps_car_03_cat=""), "a field is empty: ps_car_03_cat (missing values are written -1)"),
        (row(ps_car_03_cat="many"), "a field is not a number: ps_car_03_cat is 'many'"),
        (
            row(ps_car_03_cat="1.5"),
            "a field has a wrong value: ps_car_03_cat is '1.5', not a whole number of at most nine digits",
        ),
        (row(ps_reg_03="NaN"), "a field is not a number: ps_reg_03 is 'NaN'"),
        (row(ps_reg_03="x" * 50), "a field is not a number: ps_reg_03 is '" + "x" * 40 + "'"),
        (row(id="-4"), "a field has a wrong value: id is '-4', not a driver's id: a whole number of at most 18 digits"),
        (row(target=2), "a field has a wrong value: target is '2', not 0 or 1"),
        (row(target=2, ps_reg_03="x"), "a field has a wrong value: target is '2', not 0 or 1"),
        (row(ps_reg_03='"0.5'), "a field is not a number: ps_reg_03 is '\"0.5'"),
        (row() + "\u2028", "a field is not a number: ps_calc_20_bin is '3\u2028'"),
        (row().encode() + b"\xff", "it is not valid UTF-8 text"),
    ],
)
def test_every_unsound_row_has_a_reason(spark: SparkSession, line: str | bytes, reason: str) -> None:
    rows = to_rows(lines(spark, row(1), line, row(2)), IN_ORDER)
    assert reasons(rows) == [reason]
    assert rows.where("sound").count() == 2


def test_a_line_that_is_no_text_keeps_its_bytes(spark: SparkSession) -> None:
    bad = row().encode() + b"\xff\xfe"
    rows = explained(to_rows(lines(spark, bad), IN_ORDER), IN_ORDER)
    assert bytes(rows.selectExpr("cast(line as binary) as line").collect()[0]["line"]) == bad


def test_of_rows_with_the_same_id_the_first_stays(spark: SparkSession) -> None:
    texts = [row(7), row(8), row(7, ps_ind_01="4"), row(9), row(7), row(8)]
    rows = without_repeats(to_rows(lines(spark, *texts), IN_ORDER))
    assert [found["line"] for found in rows.where("sound").orderBy("position").collect()] == [
        texts[0],
        texts[1],
        texts[3],
    ]
    assert reasons(rows) == [f"its id occurs in an earlier row already: {number}" for number in (7, 7, 8)]


def test_unsound_rows_never_make_an_id_repeated(spark: SparkSession) -> None:
    rows = without_repeats(to_rows(lines(spark, row(7, ps_reg_01="x"), row(7)), IN_ORDER))
    assert reasons(rows) == ["a field is not a number: ps_reg_01 is 'x'"]
    assert rows.where("sound").count() == 1


def test_sound_rows_have_types(spark: SparkSession) -> None:
    values = typed(to_rows(lines(spark, row(7, 1, ps_reg_03="-1"), "bad"), IN_ORDER))
    expected = [7, 1, *(0.5 if kind_of(column).sql_type == "double" else 3 for column in COLUMNS[2:])]
    expected[COLUMNS.index("ps_reg_03")] = -1.0
    assert_df_equality(values, spark.createDataFrame([tuple(expected)], DDL), ignore_nullable=True)
