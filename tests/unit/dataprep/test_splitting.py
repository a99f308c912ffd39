"""The split: exact, stratified, and the same whatever the partitions, the order and the try."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the customary name

from dataprep.counting import tally
from dataprep.splitting import SEED, find_cuts, share_for_testing, split


@given(st.integers(min_value=0, max_value=10**9))
def test_a_fifth_is_for_testing(rows: int) -> None:
    share = share_for_testing(rows)
    assert abs(share - rows / 5) <= 0.5 or (rows == 2 and share == 1)
    assert (share >= 1) == (rows >= 2)


def drivers(spark: SparkSession, count: int, partitions: int, *, descending: bool = False) -> DataFrame:
    """Tagged rows: every 25th driver filed a claim, every 50th row is not sound."""
    ids = spark.range(0, count, 1, partitions)
    rows = ids.select(
        F.col("id").alias("position"),
        F.col("id").cast("string").alias("line"),
        (F.col("id") % 50 != 7).alias("sound"),
        F.when(F.col("id") % 50 != 7, F.col("id")).alias("id"),
        F.when(F.col("id") % 50 != 7, F.when(F.col("id") % 25 == 0, 1).otherwise(0)).alias("target"),
    )
    return rows.orderBy(F.col("position").desc()) if descending else rows


def parted(rows: DataFrame, seed: int = SEED) -> tuple[set[int], set[int]]:
    cuts = find_cuts(rows, tally(rows, seed).buckets, seed)
    training, testing = split(rows, cuts, seed)
    return {row["id"] for row in training.collect()}, {row["id"] for row in testing.collect()}


@pytest.mark.spark
@pytest.mark.xdist_group("spark")
class TestWithSpark:
    def test_every_sound_row_is_in_exactly_one_part_and_the_shares_are_exact(self, spark: SparkSession) -> None:
        training, testing = parted(drivers(spark, 5_000, 3))
        assert not training & testing
        assert training | testing == {number for number in range(5_000) if number % 50 != 7}
        claims = [len([number for number in part if number % 25 == 0]) for part in (training, testing)]
        assert claims == [160, 40]
        assert (len(training), len(testing)) == (3_920, 980)

    def test_partitions_and_order_change_nothing(self, spark: SparkSession) -> None:
        one = parted(drivers(spark, 2_000, 1))
        assert parted(drivers(spark, 2_000, 7)) == one
        assert parted(drivers(spark, 2_000, 3, descending=True)) == one

    def test_the_seed_changes_who_is_tested_on(self, spark: SparkSession) -> None:
        assert parted(drivers(spark, 500, 2), seed=1) != parted(drivers(spark, 500, 2), seed=2)

    @pytest.mark.parametrize(("count", "expected"), [(1, (1, 0)), (2, (2, 0)), (3, (2, 1)), (26, (19, 6))])
    def test_small_files(self, spark: SparkSession, count: int, expected: tuple[int, int]) -> None:
        training, testing = parted(drivers(spark, count, 2))
        assert (len(training), len(testing)) == expected

    def test_nothing_sound_gives_two_empty_parts(self, spark: SparkSession) -> None:
        rows = drivers(spark, 50, 2).where("not sound")
        assert find_cuts(rows, tally(rows, SEED).buckets, SEED) == {}
        assert parted(rows) == (set(), set())
