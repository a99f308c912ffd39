"""The made-up table: the same text for the same seed, the agreed shape, and something in it to learn."""

import io
import time
import tracemalloc
from pathlib import Path

import pytest

from dataprep.sample import write_sample
from dataprep.schema import COLUMNS, HEADER, is_sound


def sample(rows: int, *, seed: int = 0, bad_rows: int = 0, with_target: bool = True) -> list[str]:
    file = io.StringIO()
    write_sample(file, rows, seed=seed, bad_rows=bad_rows, with_target=with_target)
    return file.getvalue().splitlines()


@pytest.fixture(scope="module")
def table() -> list[dict[str, float]]:
    header, *lines = sample(20_000, seed=3)
    return [dict(zip(header.split(","), map(float, line.split(",")), strict=True)) for line in lines]


def test_every_row_is_sound_and_ids_rise() -> None:
    header, *lines = sample(2_000)
    assert header == HEADER
    assert len(lines) == 2_000
    assert all(is_sound(line) for line in lines)
    ids = [int(line.partition(",")[0]) for line in lines]
    assert ids == sorted(set(ids))


def test_the_seed_decides(tmp_path: Path) -> None:
    write_sample(tmp_path / "a.csv", 300, seed=5)
    write_sample(tmp_path / "b.csv", 300, seed=5)
    write_sample(tmp_path / "c.csv", 300, seed=6)
    same, again, other = ((tmp_path / name).read_bytes() for name in ("a.csv", "b.csv", "c.csv"))
    assert same == again != other
    assert b"\r" not in same


def test_bad_rows_are_exactly_as_many_as_asked_for() -> None:
    unsound = [place for place, line in enumerate(sample(500, bad_rows=20)[1:]) if not is_sound(line)]
    assert len(unsound) == 20
    assert max(unsound) - min(unsound) > 100  # spread over the file


def test_more_bad_rows_than_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and the 3 rows"):
        sample(3, bad_rows=4)


def test_no_rows_leave_the_header() -> None:
    assert sample(0) == [HEADER]


def test_without_target_it_is_a_file_to_predict_for() -> None:
    header, *lines = sample(10, with_target=False)
    assert header == HEADER.replace(",target", "")
    assert all(line.count(",") == 57 for line in lines)


def test_claims_are_as_rare_as_in_the_real_table(table: list[dict[str, float]]) -> None:
    assert sum(row["target"] for row in table) == 720
    assert sum(int(line.split(",")[1]) for line in sample(100)[1:]) == 10


@pytest.mark.parametrize(
    ("column", "share"),
    [("ps_reg_03", 0.18), ("ps_car_03_cat", 0.69), ("ps_car_05_cat", 0.45), ("ps_car_14", 0.07), ("ps_calc_01", 0)],
)
def test_values_are_missing_as_often_as_in_the_real_table(
    table: list[dict[str, float]], column: str, share: float
) -> None:
    found = sum(row[column] == -1 for row in table) / len(table)
    assert found == pytest.approx(share, abs=0.03)


def test_features_tell_something_about_claims(table: list[dict[str, float]]) -> None:
    def mean(target: int, column: str) -> float:
        values = [row[column] for row in table if row["target"] == target]
        return sum(values) / len(values)

    assert mean(1, "ps_ind_17_bin") > 1.5 * mean(0, "ps_ind_17_bin")
    assert mean(1, "ps_car_13") > mean(0, "ps_car_13") + 0.05
    assert mean(1, "ps_calc_04") == pytest.approx(mean(0, "ps_calc_04"), abs=0.2)


def test_every_column_varies(table: list[dict[str, float]]) -> None:
    assert {column for column in COLUMNS if len({row[column] for row in table}) < 2} <= {"ps_ind_10_bin"}


class Nowhere(io.TextIOBase):
    """Takes text and keeps none."""

    def write(self, text: str) -> int:
        return len(text)


def test_memory_does_not_grow_with_the_table() -> None:
    def peak(rows: int) -> int:
        tracemalloc.start()
        write_sample(Nowhere(), rows)  # type: ignore[arg-type] # a text file that only takes
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    assert peak(60_000) < 1.3 * peak(20_000)


def test_it_is_fast() -> None:
    began = time.process_time()
    write_sample(Nowhere(), 100_000)  # type: ignore[arg-type]
    assert time.process_time() - began < 10  # a fifth of a second on a quiet machine; 595,000 rows may take a minute
