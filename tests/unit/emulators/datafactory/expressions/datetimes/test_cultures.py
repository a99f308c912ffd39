"""The facts of the cultures are complete, and what is not known is treated as .NET treats it."""

import json
from importlib.resources import files

import pytest

from emulators.datafactory.expressions import ExpressionError
from emulators.datafactory.expressions.datetimes.cultures import culture_named

FACTS = json.loads(
    files("emulators.datafactory.expressions.datetimes").joinpath("cultures.json").read_text(encoding="utf-8")
)
CARRIED = [tag for tag, facts in FACTS.items() if isinstance(facts, dict)]


@pytest.mark.parametrize("tag", CARRIED, ids=lambda tag: tag or "invariant")
def test_every_culture_is_complete(tag: str) -> None:
    culture = culture_named(tag)
    assert (len(culture.days), len(culture.days_short)) == (7, 7)
    for months in (culture.months, culture.months_short, culture.months_genitive, culture.months_short_genitive):
        assert len(months) == 12
    assert all((culture.short_date, culture.long_date, culture.short_time, culture.long_time, culture.full))


@pytest.mark.parametrize(
    ("tag", "same_as"),
    [("DE-de", "de-DE"), ("de-XX", "de"), ("xx", ""), ("xx-YY", "en-US"), ("no tag!", ""), ("de_DE", "")],
)
def test_tags_fall_back(tag: str, same_as: str) -> None:
    assert culture_named(tag) == culture_named(same_as)


@pytest.mark.parametrize("tag", ["dé", "x" * 12])
def test_what_cannot_be_a_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="no culture tag"):
        culture_named(tag)


@pytest.mark.parametrize("tag", ["ar-SA", "th-TH", "fa", "kk-KZ"])
def test_a_known_language_that_is_not_carried_says_so(tag: str) -> None:
    with pytest.raises(ExpressionError, match="Add its facts") as caught:
        culture_named(tag)
    assert caught.value.code == "ExpressionNotSupported"
