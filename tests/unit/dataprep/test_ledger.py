"""The ledger: one result for each content, and no run that died keeps a content from coming again."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from pyspark.sql import SparkSession

from dataprep.ledger import Entry, Ledger, Superseded
from dataprep.storage import Storage

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]

FIRST = Entry("f1", "run-1", "drivers.csv", 10, 7, 2, 1)
SECOND = replace(FIRST, run_id="run-2", file='again\'s "copy".csv')


@pytest.fixture
def ledger(spark: SparkSession, storage: Storage) -> Ledger:
    ledger = Ledger(spark, storage.ledger_address)
    ledger.prepare()
    return ledger


def impatient(spark: SparkSession, storage: Storage) -> Ledger:
    """The same ledger, for which every lease has run out already."""
    return Ledger(spark, storage.ledger_address, lease=timedelta(0))


def test_preparing_twice_is_no_harm(ledger: Ledger) -> None:
    ledger.enter(FIRST)
    ledger.prepare()
    assert ledger.of_run("run-1") == FIRST


def test_an_unknown_content_is_held_by_nobody(ledger: Ledger) -> None:
    assert ledger.holder("f1", "run-1") is None
    with pytest.raises(Superseded):
        ledger.of_run("run-1")


def test_a_content_is_entered_once(ledger: Ledger) -> None:
    assert ledger.enter(FIRST) == FIRST
    assert ledger.holder("f1", "run-2") == FIRST
    assert ledger.enter(SECOND) == FIRST
    with pytest.raises(Superseded):
        ledger.of_run("run-2")


def test_the_same_run_may_enter_again(ledger: Ledger) -> None:
    ledger.enter(FIRST)
    assert ledger.holder("f1", "run-1") is None
    assert ledger.enter(FIRST) == FIRST
    ledger.confirm("run-1")
    assert ledger.enter(FIRST) == FIRST


def test_a_run_that_died_before_its_check_gives_way(ledger: Ledger, spark: SparkSession, storage: Storage) -> None:
    ledger.enter(FIRST)
    later = impatient(spark, storage)
    assert later.holder("f1", "run-2") is None
    assert later.enter(SECOND) == SECOND
    with pytest.raises(Superseded):
        ledger.confirm("run-1")
    ledger.confirm("run-2")


def test_a_checked_content_is_final(ledger: Ledger, spark: SparkSession, storage: Storage) -> None:
    ledger.enter(FIRST)
    ledger.confirm("run-1")
    ledger.confirm("run-1")
    later = impatient(spark, storage)
    assert later.holder("f1", "run-2") == FIRST
    assert later.enter(SECOND) == FIRST


def test_of_runs_at_the_same_time_one_gets_in(ledger: Ledger) -> None:
    entries = [replace(FIRST, run_id=f"run-{number}") for number in range(4)]
    with ThreadPoolExecutor(len(entries)) as pool:
        standing = list(pool.map(ledger.enter, entries))
    assert len({entry.run_id for entry in standing}) == 1
    assert ledger.of_run(standing[0].run_id) == standing[0]


def test_different_contents_at_the_same_time_all_get_in(ledger: Ledger) -> None:
    entries = [replace(FIRST, fingerprint=f"f{number}", run_id=f"run-{number}") for number in range(3)]
    with ThreadPoolExecutor(len(entries)) as pool:
        assert list(pool.map(ledger.enter, entries)) == entries
