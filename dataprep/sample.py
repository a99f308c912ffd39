"""Made-up driver tables of any size: the real one is bound by its licence, and tests want a file of their own.

A row is put together from ready-made pieces: the features fall into blocks (the person, the region, the car,
the calculated ones), and of each block a few thousand variants are written out once, as text, with realistic
domains and shares of missing values. A driver without a claim draws a variant of each block evenly; a driver
with a claim draws risky variants more often. So a model can learn something, as from the real table, and
595,000 rows take seconds in constant memory, with nothing but the standard library.
"""

import math
import os
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TextIO

from dataprep.schema import COLUMNS, HEADER, TARGET

CLAIM_SHARE = 0.036
"""The share of drivers with a claim in the real table, about."""

FEWEST_CLAIMS = 10
"""A small sample holds more claims than its share (but no more than a quarter of its rows): a model needs some."""

_VARIANTS = 4096
_CONTRAST = 1.8  # how much clearer risk shows than in the real table, so that small samples can be learned from
_ROWS_AT_ONCE = 10_000

_Draw = Callable[[random.Random], str]


@dataclass(frozen=True)
class Feature:
    """How one column's values are drawn, how often one is missing, and what it adds to a driver's risk.

    `risk` maps the drawn value to a summand of the log-odds; a missing value adds nothing.
    """

    draw: _Draw
    missing: float = 0.0
    risk: Callable[[float], float] | None = None

    def value(self, chance: random.Random) -> tuple[str, float]:
        """A value as text and its summand of the risk."""
        if self.missing and chance.random() < self.missing:
            return "-1", 0.0
        text = self.draw(chance)
        return text, self.risk(float(text)) if self.risk else 0.0


def _among(low: int, high: int) -> _Draw:
    """Whole numbers, low ones more often, as in most of the table's categories."""
    values = [str(value) for value in range(low, high + 1)]
    weights = list(accumulate(1 / (place + 1) for place in range(len(values))))
    return lambda chance: chance.choices(values, cum_weights=weights)[0]


def _count(mean: float, high: int) -> _Draw:
    """Whole numbers from 0 to `high` around a mean."""
    return lambda chance: str(min(high, max(0, round(chance.gauss(mean, math.sqrt(mean + 0.5))))))


def _yes(share: float) -> _Draw:
    return lambda chance: "1" if chance.random() < share else "0"


def _tenths(high: int) -> _Draw:
    return lambda chance: repr(chance.randint(0, high) / 10)


def _around(mean: float, spread: float, low: float) -> _Draw:
    """Decimals with ten digits, as the table's derived columns have."""
    return lambda chance: repr(round(max(low, chance.gauss(mean, spread)), 10))


def _root(high: int) -> _Draw:
    """Square roots of whole numbers: the table's ps_car_15."""
    return lambda chance: repr(round(math.sqrt(chance.randint(0, high)), 10))


def _slope(weight: float, centre: float = 0.0) -> Callable[[float], float]:
    return lambda value: _CONTRAST * weight * (value - centre)


# The shares of missing values are those published for the real table, to two digits.
_FEATURES: dict[str, Feature] = {
    "ps_ind_01": Feature(_among(0, 7), risk=_slope(0.06)),
    "ps_ind_02_cat": Feature(_among(1, 4), missing=0.0004),
    "ps_ind_03": Feature(_count(4, 11), risk=_slope(0.06, 4)),
    "ps_ind_04_cat": Feature(_yes(0.42), missing=0.0001),
    "ps_ind_05_cat": Feature(_among(0, 6), missing=0.0098, risk=_slope(0.18)),
    "ps_ind_06_bin": Feature(_yes(0.39), risk=_slope(-0.35)),
    "ps_ind_07_bin": Feature(_yes(0.26), risk=_slope(0.35)),
    "ps_ind_08_bin": Feature(_yes(0.16)),
    "ps_ind_09_bin": Feature(_yes(0.19)),
    "ps_ind_10_bin": Feature(_yes(0.0004)),
    "ps_ind_11_bin": Feature(_yes(0.0017)),
    "ps_ind_12_bin": Feature(_yes(0.0094)),
    "ps_ind_13_bin": Feature(_yes(0.0009)),
    "ps_ind_14": Feature(_count(0.1, 4)),
    "ps_ind_15": Feature(_count(7, 13), risk=_slope(-0.06, 7)),
    "ps_ind_16_bin": Feature(_yes(0.66), risk=_slope(-0.3)),
    "ps_ind_17_bin": Feature(_yes(0.12), risk=_slope(0.6)),
    "ps_ind_18_bin": Feature(_yes(0.15)),
    "ps_reg_01": Feature(_tenths(9), risk=_slope(0.4, 0.45)),
    "ps_reg_02": Feature(_tenths(18), risk=_slope(0.45, 0.9)),
    "ps_reg_03": Feature(_around(0.89, 0.35, 0.0612372436), missing=0.18, risk=_slope(0.5, 0.89)),
    "ps_car_01_cat": Feature(_among(0, 11), missing=0.0002),
    "ps_car_02_cat": Feature(_yes(0.83), missing=0.00001, risk=_slope(-0.3)),
    "ps_car_03_cat": Feature(_yes(0.6), missing=0.69),
    "ps_car_04_cat": Feature(_among(0, 9), risk=_slope(0.06)),
    "ps_car_05_cat": Feature(_yes(0.53), missing=0.45),
    "ps_car_06_cat": Feature(_among(0, 17)),
    "ps_car_07_cat": Feature(_yes(0.95), missing=0.019, risk=_slope(-0.4)),
    "ps_car_08_cat": Feature(_yes(0.83)),
    "ps_car_09_cat": Feature(_among(0, 4), missing=0.001),
    "ps_car_10_cat": Feature(_among(0, 2)),
    "ps_car_11_cat": Feature(_among(1, 104)),
    "ps_car_11": Feature(_count(2.4, 3), missing=0.00001),
    "ps_car_12": Feature(_around(0.38, 0.058, 0.1), missing=0.00001, risk=_slope(2.5, 0.38)),
    "ps_car_13": Feature(_around(0.81, 0.22, 0.2506191683), risk=_slope(1.5, 0.81)),
    "ps_car_14": Feature(_around(0.37, 0.046, 0.1095445115), missing=0.072),
    "ps_car_15": Feature(_root(14), risk=_slope(0.12, 2.6)),
    "ps_calc_01": Feature(_tenths(9)),
    "ps_calc_02": Feature(_tenths(9)),
    "ps_calc_03": Feature(_tenths(9)),
    "ps_calc_04": Feature(_count(2.4, 5)),
    "ps_calc_05": Feature(_count(1.9, 6)),
    "ps_calc_06": Feature(_count(7.7, 10)),
    "ps_calc_07": Feature(_count(3, 9)),
    "ps_calc_08": Feature(_count(9.2, 12)),
    "ps_calc_09": Feature(_count(2.3, 7)),
    "ps_calc_10": Feature(_count(8.4, 25)),
    "ps_calc_11": Feature(_count(5.4, 19)),
    "ps_calc_12": Feature(_count(1.4, 10)),
    "ps_calc_13": Feature(_count(2.9, 13)),
    "ps_calc_14": Feature(_count(7.5, 23)),
    "ps_calc_15_bin": Feature(_yes(0.12)),
    "ps_calc_16_bin": Feature(_yes(0.63)),
    "ps_calc_17_bin": Feature(_yes(0.55)),
    "ps_calc_18_bin": Feature(_yes(0.29)),
    "ps_calc_19_bin": Feature(_yes(0.35)),
    "ps_calc_20_bin": Feature(_yes(0.15)),
}

_BLOCKS = ("ps_ind", "ps_reg", "ps_car", "ps_calc")


@dataclass(frozen=True)
class _Pieces:
    """The variants of one block of columns, and their running weights for a driver with a claim."""

    texts: list[str]
    claim_weights: list[float]

    @classmethod
    def of(cls, block: str, chance: random.Random) -> "_Pieces":
        features = [_FEATURES[column] for column in COLUMNS if column.startswith(block)]
        texts, weights = [], []
        for _ in range(_VARIANTS):
            values = [feature.value(chance) for feature in features]
            texts.append(",".join(text for text, _ in values))
            weights.append(math.exp(sum(risk for _, risk in values)))
        return cls(texts, list(accumulate(weights)))

    def draw(self, claims: list[bool], chance: random.Random) -> list[str]:
        """One variant for each driver, in order."""
        drawn = chance.choices(self.texts, k=len(claims))
        risky = iter(chance.choices(self.texts, cum_weights=self.claim_weights, k=sum(claims)))
        return [next(risky) if claim else text for claim, text in zip(claims, drawn, strict=True)]


def write_sample(
    target: str | os.PathLike[str] | TextIO, rows: int, *, seed: int = 0, bad_rows: int = 0, with_target: bool = True
) -> None:
    """Write a driver table of `rows` rows (header not counted) as CSV; the same arguments give the same text.

    `bad_rows` of them, spread over the file, break the contract in one way or another. Ids rise, with gaps, as
    in the real table. About 3.6 % of the drivers filed a claim (see FEWEST_CLAIMS for small tables). Without
    `with_target` the column is missing, as from the competition's test file. Memory does not grow with `rows`.
    ValueError if `bad_rows` is not between 0 and `rows`.
    """
    if not 0 <= bad_rows <= rows:
        raise ValueError(f"bad_rows must lie between 0 and the {rows} rows, not {bad_rows}")
    with _opened(target) as file:
        file.write((HEADER if with_target else HEADER.replace(f",{TARGET}", "", 1)) + "\n")
        for lines in _batches(rows, seed, bad_rows, with_target):
            file.write("\n".join(lines) + "\n")


def _opened(target: str | os.PathLike[str] | TextIO) -> AbstractContextManager[TextIO]:
    if isinstance(target, (str, os.PathLike)):
        return Path(target).open("w", encoding="utf-8", newline="")
    return nullcontext(target)


def _batches(rows: int, seed: int, bad_rows: int, with_target: bool) -> Iterator[list[str]]:
    """The table's lines, some thousands at a time."""
    chance = random.Random(seed)  # noqa: S311 - made-up data, not secrets
    pieces = [_Pieces.of(block, chance) for block in _BLOCKS]
    claims = _scattered(claim_count(rows), rows, random.Random(f"claims {seed}"))  # noqa: S311
    spoiled = _scattered(bad_rows, rows, random.Random(f"bad rows {seed}"))  # noqa: S311
    last_id = 0
    for start in range(0, rows, _ROWS_AT_ONCE):
        size = min(_ROWS_AT_ONCE, rows - start)
        batch_claims = [next(claims) for _ in range(size)]
        ids = list(accumulate(chance.choices((1, 2, 3, 4), k=size), initial=last_id))[1:]
        last_id = ids[-1]
        labels = [("1" if claim else "0") for claim in batch_claims]
        columns = [list(map(str, ids)), *([labels] if with_target else [])]
        lines = list(map(",".join, zip(*columns, *(piece.draw(batch_claims, chance) for piece in pieces), strict=True)))
        yield [_spoil(line, chance) if next(spoiled) else line for line in lines]


def claim_count(rows: int) -> int:
    """How many of a sample's rows carry a claim."""
    return max(round(rows * CLAIM_SHARE), min(FEWEST_CLAIMS, rows // 4))


def _scattered(chosen: int, total: int, chance: random.Random) -> Iterator[bool]:
    """`total` answers of which exactly `chosen` are yes, evenly scattered (selection sampling, constant memory)."""
    for left in range(total, 0, -1):
        yes = chance.random() * left < chosen
        chosen -= yes
        yield yes


def _spoil(line: str, chance: random.Random) -> str:
    """The line, broken as lines break in practice."""
    fields = line.split(",")
    place = chance.randrange(2, len(fields))
    ways: list[list[str]] = [
        [*fields[:place], "unknown", *fields[place + 1 :]],
        [*fields[:place], "", *fields[place + 1 :]],
        fields[:place],
        [*fields, "0"],
        [fields[0], "2", *fields[2:]],
    ]
    return ",".join(chance.choice(ways))
