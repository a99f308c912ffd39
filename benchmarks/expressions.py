"""Compares the expression language with `fabrix`, the pure-Python evaluator on PyPI, in one run and as ratios, so that
the machine does not matter: `python -m benchmarks.expressions`; exit code 1 where a goal is missed.
"""

import itertools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import fabrix  # type: ignore[import-not-found,unused-ignore]

from emulators.datafactory.expressions import Scope, compile_template, evaluate_value

CACHED_GOAL, COLD_GOAL = 10, 3
"""How many times faster than fabrix: a text seen before, and a text never seen."""
LINEAR_GOAL = 3.0
"""How much more a character may cost in the longest expression than in a short one."""

_SECONDS = 0.2
_ROUNDS = 5
_STAMP = "2024-05-06T07:08:09Z"
_PARAMETERS = {"folder": "in/2024", "file": "claims.csv", "stamp": _STAMP, "n": 3}
_SCOPE = Scope(
    pipeline={"parameters": _PARAMETERS, "RunId": "r"},
    variables={"v": "value"},
    now=lambda: datetime(2024, 5, 6, tzinfo=UTC),
)


@dataclass(frozen=True)
class Case:
    """A named set of strings that are evaluated together; `{0}` in them becomes a number, to make them new."""

    name: str
    texts: tuple[str, ...]

    def numbered(self, number: int) -> list[str]:
        """The strings, as nobody has seen them before."""
        return [text.replace("{0}", str(number)) for text in self.texts]


_NESTED = (
    "@if(equals(pipeline().parameters.n, 3),"
    " concat(pipeline().parameters.folder, '/{0}/', formatDateTime(pipeline().parameters.stamp, 'yyyy-MM-dd')),"
    " 'none')"
)
CASES = (
    Case("simple concatenation", ("@concat('a{0}', '-', pipeline().parameters.file)",)),
    Case("nested if/concat/formatDateTime", (_NESTED,)),
    Case(
        "object of 50 properties",
        tuple(f"@concat('p{index}-{{0}}', pipeline().parameters.file)" for index in range(50)),
    ),
)


def main() -> int:
    """Prints the table; 0 when every goal is met."""
    met = True
    print(f"{'case':34} {'fabrix':>12} {'cached':>12} {'ratio':>7} {'cold':>12} {'ratio':>7}")
    for case in CASES:
        theirs, cached, cold = _measured(case)
        met &= theirs / cached >= CACHED_GOAL and theirs / cold >= COLD_GOAL
        ratios = f"{cached * 1e6:9.1f} us {theirs / cached:6.0f}x {cold * 1e6:9.1f} us {theirs / cold:6.0f}x"
        print(f"{case.name:34} {theirs * 1e6:9.1f} us {ratios}{_remark(case)}")
    return 0 if _linear() and met else 1


def _measured(case: Case) -> tuple[float, float, float]:
    """Seconds for fabrix, for us with texts that were seen before, and for us with new ones."""
    numbers = itertools.count(1)
    known = {f"p{index}": text for index, text in enumerate(case.numbered(0))}
    theirs = _best(lambda: _theirs(case.numbered(next(numbers))))
    cached = _best(lambda: evaluate_value(known, _SCOPE))
    cold = _best(lambda: _ours(case.numbered(next(numbers))))
    return theirs, cached, cold


def _linear() -> bool:
    """Whether a character of a long expression costs about what one of a short expression costs."""
    costs = {}
    for count in (100, 400, 1600):
        text = f"@concat({','.join(str(index + 1000) for index in range(count))})"
        costs[len(text)] = _parsing(text) / len(text)
    slowest = max(costs.values()) / min(costs.values())
    table = ", ".join(f"{length} characters: {cost * 1e9:.0f} ns each" for length, cost in costs.items())
    print(f"cost of parsing: {table}; spread {slowest:.2f}x")
    return slowest <= LINEAR_GOAL


def _parsing(text: str) -> float:
    """Seconds to compile a text that is new every time."""
    numbers = itertools.count(1_000_000)
    return _best(lambda: compile_template(text.replace("1000", str(next(numbers)), 1)))


def _ours(texts: list[str]) -> list[Any]:
    return [compile_template(text).evaluate(_SCOPE) for text in texts]


def _theirs(texts: list[str]) -> list[Any]:
    context = fabrix.Context(pipeline_parameters=dict(_PARAMETERS))
    return [fabrix.evaluate(text, context=context) for text in texts]


def _remark(case: Case) -> str:
    """What fabrix makes of the same strings, where it differs from what Data Factory makes of them."""
    texts = case.numbered(0)
    ours, theirs = _ours(texts), _theirs(texts)
    return "" if ours == theirs else f"  (fabrix gives {theirs[0]!r} for {ours[0]!r})"


def _best(work: Callable[[], Any]) -> float:
    """Seconds of processor time for one piece of work, the best of several rounds."""
    work()
    best = float("inf")
    for _ in range(_ROUNDS):
        done, started = 0, time.process_time()
        while (elapsed := time.process_time() - started) < _SECONDS / _ROUNDS or not done:
            work()
            done += 1
        best = min(best, elapsed / done)
    return best


if __name__ == "__main__":
    sys.exit(main())
