"""The table's contract: the columns, and what counts as a sound row."""

import pytest

from dataprep.schema import COLUMNS, DDL, HEADER, is_sound, kind_of

SOUND = ",".join(["7", "0", *("0.5" if kind_of(column).sql_type == "double" else "3" for column in COLUMNS[2:])])


def test_the_table_has_59_different_columns() -> None:
    assert len(COLUMNS) == len(set(COLUMNS)) == 59
    assert HEADER.startswith("id,target,ps_ind_01,ps_ind_02_cat,ps_ind_03,")
    assert HEADER.endswith(
        "ps_calc_14,ps_calc_15_bin,ps_calc_16_bin,ps_calc_17_bin,ps_calc_18_bin,ps_calc_19_bin,ps_calc_20_bin"
    )
    assert "ps_car_11_cat,ps_car_11,ps_car_12" in HEADER


def test_decimals_are_the_regions_the_car_measures_and_three_calculated_ones() -> None:
    decimals = [column for column in COLUMNS if kind_of(column).sql_type == "double"]
    assert len(decimals) == 10
    assert DDL.startswith("id bigint, target int, ps_ind_01 int")


def test_an_unknown_column_has_no_kind() -> None:
    with pytest.raises(KeyError):
        kind_of("ps_ind_99")


def changed(column: str, value: str) -> str:
    fields = SOUND.split(",")
    fields[COLUMNS.index(column)] = value
    return ",".join(fields)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "0"),
        ("id", "999999999999999999"),
        ("target", "1"),
        ("ps_ind_01", "-1"),
        ("ps_reg_03", "-1"),
        ("ps_reg_03", "0.7180703308"),
        ("ps_reg_03", "1e-05"),
        ("ps_car_15", "3.6055512755"),
    ],
)
def test_sound_values(column: str, value: str) -> None:
    assert is_sound(changed(column, value))


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", "-1"),
        ("id", ""),
        ("id", "1000000000000000000"),
        ("target", "2"),
        ("target", "-1"),
        ("target", "01"),
        ("ps_ind_01", "1.0"),
        ("ps_ind_01", "9999999999"),
        ("ps_ind_01", "٣"),
        ("ps_ind_01", " 3"),
        ("ps_reg_03", "NaN"),
        ("ps_reg_03", "Infinity"),
        ("ps_reg_03", "0,5"),
        ("ps_reg_03", "1e999"),
        ("ps_calc_20_bin", "0\n"),
        ("ps_calc_20_bin", "0\u2028"),
    ],
)
def test_values_that_are_not_sound(column: str, value: str) -> None:
    assert not is_sound(changed(column, value))
