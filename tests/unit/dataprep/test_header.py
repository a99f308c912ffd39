"""Which file can be read at all: the header says, and a refusal says why."""

import pytest

from dataprep.parsing import HEAD_SIZE, FileRejected, Header
from dataprep.schema import COLUMNS, HEADER

SWAPPED = ",".join(reversed(COLUMNS))


@pytest.mark.parametrize(
    "head",
    [
        HEADER.encode(),
        f"{HEADER}\n1,0".encode(),
        f"{HEADER}\r\n1,0".encode(),
        f"{HEADER}\r1,0".encode(),
        b"\xef\xbb\xbf" + HEADER.encode(),
        ",".join(f'"{column}"' for column in COLUMNS).encode(),
        ", ".join(COLUMNS).encode(),
    ],
)
def test_headers_in_order(head: bytes) -> None:
    header = Header.read(head)
    assert header.columns == COLUMNS
    assert header.is_in_order


def test_columns_may_come_in_another_order() -> None:
    header = Header.read(SWAPPED.encode())
    assert header.columns == tuple(reversed(COLUMNS))
    assert not header.is_in_order


def without(column: str) -> str:
    return HEADER.replace(f",{column}", "", 1)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "it is empty"),
        (b"\n" + HEADER.encode(), "its first line is blank"),
        (b"\xef\xbb\xbf", "its first line is blank"),
        (without("target").encode(), 'its column "target" is missing, so nothing can be learned'),
        (without("ps_reg_02").encode(), 'not those agreed; missing: "ps_reg_02".'),
        (f"{HEADER},more".encode(), 'not those agreed; unknown: "more".'),
        (HEADER.replace("ps_reg_02", "PS_REG_02").encode(), 'missing: "ps_reg_02"; unknown: "PS_REG_02".'),
        (f"index,{without('target')}".encode(), 'missing: "target"; unknown: "index".'),
        (f"{HEADER},id,target".encode(), 'its header names more than once "id", "target".'),
        (HEADER.replace(",", ";").encode(), "its fields are not separated by commas, but by semicolons"),
        (HEADER.replace(",", "\t").encode(), "its fields are not separated by commas, but by tabs"),
        (HEADER.replace(",", "|").encode(), "its fields are not separated by commas, but by bars"),
        (b"7,0,1,2,3,4\n8,0,1,2,3,4", "its first line does not name the columns"),
        (b"\x1f\x8b\x08\x00\xff\xfe", "its header is not valid UTF-8 text"),
        (HEADER.encode("utf-16"), "its header is not valid UTF-8 text"),
        (HEADER.encode("utf-16-le"), "it is not UTF-8 text, but UTF-16 or binary data"),
        (HEADER.replace("target", "zi\xe4l").encode("latin-1"), "its header is not valid UTF-8 text"),
        (b"x" * HEAD_SIZE, "so it is no header"),
    ],
)
def test_refusals_say_why(head: bytes, reason: str) -> None:
    with pytest.raises(FileRejected) as refused:
        Header.read(head)
    assert refused.value.reason.startswith("The file cannot be used: ")
    assert reason in refused.value.reason


def test_a_long_list_of_columns_is_cut_short() -> None:
    with pytest.raises(FileRejected, match=r'"ps_ind_10_bin" and 47 more'):
        Header.read(b"id,target")
