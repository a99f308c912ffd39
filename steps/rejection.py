"""Sentences about files and records that cannot be used: turned away or set aside, never lost."""

from collections.abc import Callable

from pytest_bdd import given, parsers, then

from steps.ingestion import output_blob
from steps.story import DriverRecords, File, Story


def _lines(content: bytes) -> list[bytes]:
    return content.splitlines(keepends=True)


def _without_target(content: bytes) -> bytes:
    rows = [line.split(b",") for line in content.splitlines()]
    place = rows[0].index(b"target")
    return b"".join(b",".join(row[:place] + row[place + 1 :]) + b"\n" for row in rows)


_UNFIT_FILES: dict[str, Callable[[bytes], bytes]] = {
    "without the column that tells claims": _without_target,
    "that is empty": lambda _: b"",
    "with column names but no records": lambda content: _lines(content)[0],
    "with semicolons between the fields": lambda content: content.replace(b",", b";"),
}

_UNFIT_RECORDS: dict[str, Callable[[bytes], bytes]] = {
    "with a field too many": lambda record: record.rstrip(b"\n") + b",7\n",
    "with a field too few": lambda record: record.rpartition(b",")[0] + b"\n",
    "with a letter in place of a number": lambda record: record.rpartition(b",")[0] + b",x\n",
    "with a byte that is no text": lambda record: record.rpartition(b",")[0] + b",\xff\n",
}


@given(parsers.re(r"a file (?P<defect>without .*|that is .*|with column names .*|with semicolons .*)"))
def an_unfit_file(story: Story, driver_records: DriverRecords, defect: str) -> None:
    spoil = _UNFIT_FILES[defect]
    story.files.append(File("drivers-unfit.csv", spoil(driver_records(50, story.seed))))


@given(parsers.parse("one more record {defect}"))
def one_more_record(story: Story, driver_records: DriverRecords, defect: str) -> None:
    header, *good = _lines(story.file.content)
    spare = _lines(driver_records(len(good) + 1, story.seed + 1))[-1]
    unfit = _UNFIT_RECORDS[defect](spare)
    story.file.unfit_record = unfit
    # in the middle: neither the first nor the last record is special
    middle = len(good) // 2
    story.file.content = b"".join([header, *good[:middle], unfit, *good[middle:]])


@then(parsers.parse("the file is turned away because {reason}"))
def turned_away(story: Story, reason: str) -> None:
    outcome = story.outcome()
    assert outcome.verdict["status"] == "rejected", outcome.verdict
    assert reason in outcome.verdict["reason"], outcome.verdict
    assert outcome.run.status == "Failed", outcome.explain()
    assert reason in str(outcome.run.message), outcome.explain()


@then("the file is set aside as it came")
def set_aside_as_it_came(story: Story) -> None:
    outcome = story.outcome()
    assert output_blob(story.cloud, story.cloud.names.rejected_container, outcome) == story.file.content


@then(parsers.parse("one record is set aside because {reason}"))
def one_record_set_aside(story: Story, reason: str) -> None:
    outcome = story.outcome()
    assert outcome.verdict["rows_rejected"] == 1, outcome.verdict
    aside = output_blob(story.cloud, story.cloud.names.rejected_container, outcome)
    assert aside is not None, "nothing is set aside"
    assert reason.encode("utf-8") in aside, aside  # bytes, for the record may hold one that is no text
