"""The split into training and testing: stratified by target, exact, and the same on every machine and every try.

Every driver draws a ticket: a hash of the id and a seed. Of the drivers with a claim, and of those without,
the fifth with the lowest tickets goes to testing. So a row's fate depends on ids and seed alone, not on
partitions, cores or the order of lines. The last ticket that still goes to testing is found without sorting:
the rows are counted by bucket of their tickets, and only the one bucket in which it lies is looked at closely.
"""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - the customary name

SEED = 20_260
"""The split's seed; changing it changes which drivers are tested on."""

_BUCKET_BITS = 10


@dataclass(frozen=True)
class Cut:
    """The last row of one target value that goes to testing: by ticket, and by id where tickets are equal."""

    ticket: int
    id: int


def ticket(seed: int) -> Column:
    """A row's place in the draw, a 64-bit number."""
    return F.xxhash64(F.lit(seed).cast("bigint"), F.col("id"))


def bucket(seed: int) -> Column:
    """The ticket, coarsely: its highest bits, in the order of tickets."""
    return F.shiftright(ticket(seed), 64 - _BUCKET_BITS)


def share_for_testing(rows: int) -> int:
    """How many of the rows with one target value are for testing: a fifth, rounded, and at least one of two or more."""
    return max((2 * rows + 5) // 10, 1 if rows > 1 else 0)


def find_cuts(rows: DataFrame, buckets: dict[int, dict[int, int]], seed: int) -> dict[int, Cut]:
    """The cut of each target value that has rows for testing.

    `rows` are tagged rows with unique ids; `buckets` counts their sound ones by target and bucket. Brings to
    the driver only the ids of one bucket for each target value, about a thousandth of them.
    """
    deciding = {target: found for target, counts in buckets.items() if (found := _deciding(counts))}
    if not deciding:
        return {}
    wanted = F.lit(False)
    for target, (place, _) in deciding.items():
        wanted = wanted | ((F.col("target") == target) & (bucket(seed) == place))
    draws = rows.where(F.col("sound") & wanted).select("target", ticket(seed).alias("ticket"), "id").collect()
    drawn = sorted((row["target"], row["ticket"], row["id"]) for row in draws)
    by_target = {target: [draw[1:] for draw in drawn if draw[0] == target] for target in deciding}
    return {target: Cut(*by_target[target][rank]) for target, (_, rank) in deciding.items()}


def _deciding(counts: dict[int, int]) -> tuple[int, int] | None:
    """The bucket that holds the last testing row, and that row's rank in it; None if no row is for testing."""
    left = share_for_testing(sum(counts.values()))
    if not left:
        return None
    for place in sorted(counts):
        if left <= counts[place]:
            return place, left - 1
        left -= counts[place]
    raise AssertionError("a share cannot be larger than the whole")


def split(rows: DataFrame, cuts: dict[int, Cut], seed: int) -> tuple[DataFrame, DataFrame]:
    """The sound rows as (training, testing); every sound row is in exactly one of them."""
    for_testing = F.lit(False)
    for target, cut in cuts.items():
        before = (ticket(seed) < cut.ticket) | ((ticket(seed) == cut.ticket) & (F.col("id") <= cut.id))
        for_testing = for_testing | ((F.col("target") == target) & before)
    sound = rows.where("sound")
    return sound.where(~for_testing), sound.where(for_testing)
