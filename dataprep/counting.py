"""One pass over the rows that answers everything that must be known before anything is written.

How many rows are sound, how they spread over the split's buckets, and the content's fingerprint: they are
gathered together, because the pass over a large file is what costs.
"""

import hashlib
from collections import defaultdict
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the customary name

from dataprep.splitting import bucket

_LOW_HALF = 0xFFFF_FFFF


@dataclass(frozen=True)
class Tally:
    """What one pass found: lines that are no sound rows, sound rows by target and bucket, and the fingerprint."""

    unsound: int
    buckets: dict[int, dict[int, int]]
    fingerprint: str

    @property
    def sound(self) -> int:
        """The number of sound rows."""
        return sum(sum(counts.values()) for counts in self.buckets.values())

    @property
    def rows(self) -> int:
        """The number of rows that came in."""
        return self.sound + self.unsound


def tally(rows: DataFrame, seed: int) -> Tally:
    """Count tagged rows. The answer is small (two numbers for each bucket and target), whatever the file's size.

    The fingerprint is that of the rows, not of the file's bytes: the same rows in another order of lines or
    columns, with other line ends or quotes, are the same content. It adds up two 64-bit hashes of every line;
    sums, unlike exclusive or, notice a line that occurs twice.
    """
    halves = [half for hashed in _hashes() for half in (_low(hashed), _low(F.shiftrightunsigned(hashed, 32)))]
    sums = [F.sum(half).alias(f"sum_{place}") for place, half in enumerate(halves)]
    groups = (
        rows.groupBy("sound", "target", bucket(seed).alias("bucket")).agg(F.count("*").alias("rows"), *sums).collect()
    )
    buckets: dict[int, dict[int, int]] = defaultdict(dict)
    unsound = 0
    for group in groups:
        if group["sound"]:
            buckets[group["target"]][group["bucket"]] = group["rows"]
        else:
            unsound += group["rows"]
    totals = [sum(group[f"sum_{place}"] for group in groups) for place in range(len(halves))]
    return Tally(unsound, dict(buckets), _digest([sum(group["rows"] for group in groups), *totals]))


def count_ids(rows: DataFrame) -> int:
    """How many different ids the sound rows have."""
    return rows.where("sound").select("id").distinct().count()


def _hashes() -> tuple[Column, Column]:
    return F.xxhash64("line"), F.xxhash64(F.lit("and again"), F.col("line"))


def _low(number: Column) -> Column:
    return number.bitwiseAND(F.lit(_LOW_HALF))


def _digest(numbers: list[int]) -> str:
    return hashlib.sha256(" ".join(map(str, numbers)).encode()).hexdigest()
