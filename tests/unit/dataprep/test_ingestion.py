"""A file arrives: accepted, rejected or known already, and no row is ever lost."""

import io
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pyspark.sql import SparkSession

from dataprep.ingestion import Outcome
from dataprep.ledger import Ledger
from dataprep.sample import write_sample
from dataprep.schema import COLUMNS, HEADER, is_sound
from dataprep.storage import Storage, StorageFailure

NO_RECORD = "The file cannot be used: it has no record that can be used. Of the first one: "

pytestmark = [pytest.mark.spark, pytest.mark.xdist_group("spark")]


def sample(rows: int, seed: int = 1, bad_rows: int = 0) -> bytes:
    file = io.StringIO()
    write_sample(file, rows, seed=seed, bad_rows=bad_rows)
    return file.getvalue().encode()


def counts(outcome: Outcome) -> tuple[int, int, int, int]:
    return outcome.rows_in, outcome.rows_training, outcome.rows_testing, outcome.rows_rejected


def test_a_good_file_is_accepted_and_split(arrive: Any, disk: Any) -> None:
    content = sample(200)
    outcome = arrive(content)
    assert outcome.status == "accepted"
    assert counts(outcome) == (200, 160, 40, 0)
    assert outcome.training_file == "run-1/drivers.csv"
    training = disk.lines("trainingdata", "run-1/drivers.csv")
    testing = disk.lines("testingdata", "run-1/drivers.csv")
    assert training[0] == testing[0] == HEADER
    assert sorted(training[1:] + testing[1:]) == sorted(content.decode().splitlines()[1:])
    assert [line.split(",")[1] for line in testing[1:]].count("1") == 2
    ids = [int(line.partition(",")[0]) for line in training[1:]]
    assert ids == sorted(ids)
    assert disk.files() == {
        f"{folder}/drivers.csv" for folder in ("inputdata/today", "trainingdata/run-1", "testingdata/run-1")
    }


def test_the_answer_is_json_for_data_factory(arrive: Any) -> None:
    answer = json.loads(arrive(sample(50), name="Größe.csv").as_json())
    assert answer["file"] == "Größe.csv"
    assert answer["training_file"] == "run-1/Größe.csv"
    assert set(answer) == {
        *("status", "reason", "file", "training_file", "rows_in", "rows_training", "rows_testing"),
        *("rows_rejected", "fingerprint", "duplicate_of"),
    }


def test_bad_rows_among_good_ones_are_set_aside_with_their_reasons(arrive: Any, disk: Any) -> None:
    content = sample(300, bad_rows=5)
    outcome = arrive(content)
    assert counts(outcome) == (300, 236, 59, 5)
    header, *rejected = disk.lines("rejecteddata", "run-1/drivers.csv")
    assert header == "reason,line"
    lines = [line.split('","')[1].removesuffix('"') for line in rejected]
    assert lines == [line for line in content.decode().splitlines()[1:] if not is_sound(line)]
    assert all(line.startswith(('"it has ', '"a field ')) for line in rejected)


def test_repeated_ids_are_set_aside(arrive: Any, disk: Any) -> None:
    lines = sample(60).splitlines(keepends=True)
    outcome = arrive(b"".join([*lines, lines[5], lines[9]]))
    assert counts(outcome) == (62, 48, 12, 2)
    assert [line.partition('","')[0] for line in disk.lines("rejecteddata", "run-1/drivers.csv")[1:]] == [
        '"its id occurs in an earlier row already: ' + lines[place].decode().partition(",")[0] for place in (5, 9)
    ]


def test_a_byte_that_is_no_text_is_set_aside_as_it_came(arrive: Any, disk: Any) -> None:
    lines = sample(50).splitlines()
    lines[20] = lines[20].replace(b",", b"\xe4,", 1)
    assert counts(arrive(b"\n".join(lines)))[3] == 1
    assert (
        disk.get("rejecteddata", "run-1/drivers.csv").splitlines()[1]
        == b'"it is not valid UTF-8 text","' + lines[20] + b'"'
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.rstrip(b"\n"),
        lambda content: content.replace(b",", b" , "),
        lambda content: b"\n".join(b'"' + line.replace(b",", b'","') + b'"' for line in content.splitlines()),
        lambda content: b"\n".join(b",".join(reversed(line.split(b","))) for line in content.splitlines()),
    ],
    ids=["CRLF", "byte order mark", "no last line end", "blanks", "quotes", "another order of columns"],
)
def test_other_spellings_of_the_same_rows_are_the_same_content(arrive: Any, disk: Any, change: Any) -> None:
    content = sample(50)
    first, second = arrive(content), arrive(change(content), name="other.csv", run_id="run-2")
    assert (second.status, second.duplicate_of) == ("duplicate", "run-1")
    assert second.fingerprint == first.fingerprint
    assert second.reason == "The same records came before, as 'drivers.csv' in run run-1."
    assert not [name for name in disk.files() if "run-2" in name]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "The file cannot be used: it is empty."),
        (HEADER.encode(), "The file cannot be used: it has no records."),
        (f"{HEADER}\r\n\r\n  \n".encode(), "The file cannot be used: it has no records."),
        (
            sample(9).replace(b",", b";"),
            "The file cannot be used: its fields are not separated by commas, but by semicolons.",
        ),
        (
            sample(9).replace(b"target", b"claim", 1),
            'The file cannot be used: its columns are not those agreed; missing: "target"; unknown: "claim".',
        ),
        (
            HEADER.encode() + b"\nnonsense\n1,2,3\n",
            NO_RECORD + "it has 1 fields instead of 59.",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_set_aside_whole(arrive: Any, disk: Any, content: bytes, reason: str) -> None:
    outcome = arrive(content, name="a+b %.csv")
    assert (outcome.status, outcome.reason) == ("rejected", reason)
    assert disk.get("rejecteddata", "run-1/a+b %.csv") == content
    assert disk.get("rejecteddata", "run-1/a+b %.csv.reason.txt").decode() == reason + "\n"
    assert disk.files() == {
        "inputdata/today/a+b %.csv",
        "rejecteddata/run-1/a+b %.csv",
        "rejecteddata/run-1/a+b %.csv.reason.txt",
    }


def test_a_hidden_name_is_rejected_instead_of_read_as_empty(arrive: Any) -> None:
    outcome = arrive(sample(9), name="_drivers.csv")
    assert outcome.reason == "The file cannot be used: its name begins with '_', which marks it as hidden."


def test_a_file_that_is_not_there_is_no_fault_of_the_data(
    arrive: Any, disk: Any, storage: Storage, ledger: Ledger
) -> None:
    from dataprep.ingestion import ingest
    from dataprep.layout import Blob

    with pytest.raises(StorageFailure, match="There is no blob"):
        ingest(Blob("inputdata", "gone.csv"), "run-1", storage, ledger)


def test_a_second_try_of_a_run_replaces_what_the_first_one_left(arrive: Any, disk: Any) -> None:
    disk.put("trainingdata", "run-1/drivers.csv", b"half")
    disk.put("trainingdata", "run-1/_writing/part-00000", b"half")
    disk.put("rejecteddata", "run-1/old.csv", b"stale")
    first = arrive(sample(50))
    again = arrive(sample(50))
    assert first == again
    assert again.status == "accepted"
    assert len(disk.lines("trainingdata", "run-1/drivers.csv")) == 41
    assert disk.files() == {
        f"{folder}/drivers.csv" for folder in ("inputdata/today", "trainingdata/run-1", "testingdata/run-1")
    }


def test_a_run_that_died_before_it_entered_its_content_blocks_nobody(
    arrive: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "enter", killed)
        with pytest.raises(KeyboardInterrupt):
            arrive(sample(50), run_id="run-1")
    assert arrive(sample(50), run_id="run-2").status == "accepted"


def test_the_same_content_twice_at_once_leaves_one_result(arrive: Any, disk: Any) -> None:
    content = sample(80)
    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(lambda number: arrive(content, run_id=f"run-{number}"), (1, 2)))
    assert sorted(outcome.status for outcome in outcomes) == ["accepted", "duplicate"]
    accepted, duplicate = sorted(outcomes, key=lambda outcome: outcome.status)
    assert f"trainingdata/{accepted.training_file}" in disk.files()
    assert [name for name in disk.files() if name.startswith(("trainingdata", "testingdata"))] != []
    assert len([name for name in disk.files() if name.startswith(("trainingdata", "testingdata"))]) == 2
    assert duplicate.duplicate_of == str(accepted.training_file).partition("/")[0]


def test_a_file_in_many_pieces_loses_no_row(arrive: Any, disk: Any, spark: SparkSession) -> None:
    """Spark reads a large file in pieces; here pieces are made small, so that only the first one holds the header."""
    before = spark.conf.get("spark.sql.files.maxPartitionBytes")
    spark.conf.set("spark.sql.files.maxPartitionBytes", "20000")
    try:
        outcome = arrive(sample(1_500, bad_rows=7))
    finally:
        spark.conf.set("spark.sql.files.maxPartitionBytes", str(before))
    assert counts(outcome) == (1_500, 1_194, 299, 7)
    assert len(disk.lines("trainingdata", "run-1/drivers.csv")) == 1_195


def test_columns_in_another_order_come_out_in_the_agreed_one(arrive: Any, disk: Any) -> None:
    content = sample(40)
    turned = b"\n".join(b",".join(reversed(line.split(b","))) for line in content.splitlines())
    assert turned.startswith(COLUMNS[-1].encode())
    assert arrive(turned).status == "accepted"
    assert set(disk.lines("trainingdata", "run-1/drivers.csv")) < set(content.decode().splitlines())
