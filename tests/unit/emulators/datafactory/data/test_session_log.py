"""The logs of copies and deletions."""

import csv
import io
import json
from datetime import UTC, datetime

import pytest

from emulators.datafactory.data.errors import MissingFile
from emulators.datafactory.data.session_log import COPY_COLUMNS, LogFile, RedirectedRows, SessionLog
from emulators.datafactory.data.store import File
from emulators.datafactory.data.table import Rejected

FILE = File("c", "in/ü.csv", 3, datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), '"0x1"', b"\x01")
ROW = Rejected(("1", None, 'say "hi"'), "TypeConversionFailure", "Column 'x' is wrong.")


def lines(place, file: LogFile) -> list[list[str]]:
    content = place.files[file.path.partition("/")[2]].decode()
    return list(csv.reader(io.StringIO(content, newline="")))


def told(log: SessionLog) -> None:
    log.reading(FILE)
    log.writing(FILE)
    log.read(FILE)
    log.written(FILE)
    log.skipped(File("c", "in/b"), 8, MissingFile("memory", "in/b"))
    log.rejected(ROW)


@pytest.fixture
def file(place):
    return LogFile(place, "/logs/folder/", COPY_COLUMNS)


def test_warnings_are_what_was_skipped(place, file):
    log = SessionLog(file)
    told(log)
    log.close()
    header, skipped, rejected = lines(place, file)
    assert header == list(COPY_COLUMNS)
    assert skipped[1:4] == ["Warning", "FileSkip", "in/b"]
    assert skipped[4].startswith("File is skipped after read 8 bytes: ErrorCode=UserErrorSourceBlobNotExist,'Type=")
    assert rejected[1:] == ["Warning", "TabularRowSkip", '"1", "", "say "hi""', "Column 'x' is wrong."]
    assert datetime.fromisoformat(rejected[0][:26])
    assert log.output() == {"logFilePath": "logs/folder/"}


def test_informing_is_also_of_what_was_copied(place, file):
    log = SessionLog(file, informs=True)
    told(log)
    log.close()
    found = lines(place, file)[1:5]
    assert [line[1:4] for line in found] == [
        ["Info", operation, "in/ü.csv"] for operation in ("FileRead", "FileWrite", "FileRead", "FileWrite")
    ]
    begun, sentence = found[0][4].partition(": ")[::2]
    assert begun == "Start to read file"
    assert json.loads(sentence) == {
        "Path": "in/ü.csv",
        "ItemType": "File",
        "Size": 3,
        "LastModified": "2030-01-02T03:04:05Z",
        "ETag": '"0x1"',
        "ContentMD5": "AQ==",
        "ObjectName": None,
    }
    assert found[3][4].endswith("File is successfully copied.")


@pytest.mark.parametrize("reliable", [False, True])
def test_a_reliable_log_is_visible_as_soon_as_a_file_is_copied(place, file, reliable):
    log = SessionLog(file, informs=True, reliable=reliable)
    log.reading(FILE)
    log.written(FILE)
    assert bool(place.files) == reliable
    log.close()
    assert len(lines(place, file)) == 3


def test_nothing_to_tell_leaves_no_file(place, file):
    log = SessionLog(file)
    log.written(FILE)
    log.close()
    assert place.files == {}
    assert log.output() == {}


def test_redirected_rows_have_code_and_message_behind_them(place):
    file = LogFile(place, "c/rows/run", quoting=csv.QUOTE_ALL)
    log = RedirectedRows(file, "https://lake.blob.core.windows.net")
    told(log)
    log.close()
    assert lines(place, file) == [["1", "", 'say "hi"', "TypeConversionFailure", "Column 'x' is wrong."]]
    assert log.output() == {"redirectRowPath": "https://lake.blob.core.windows.net//c/rows/run/"}
