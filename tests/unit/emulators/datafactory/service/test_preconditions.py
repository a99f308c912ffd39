"""If-Match and If-None-Match as clients write them."""

import pytest

from emulators.datafactory.errors import PreconditionFailed
from emulators.datafactory.service import Precondition

ETAG = "0a0069d4-0000-0000-0000-5b245bd50000"


@pytest.mark.parametrize("sent", [ETAG, f'"{ETAG}"', f'W/"{ETAG}"', f"'{ETAG}'", "*", f' "{ETAG}" '])
def test_the_same_version_however_it_is_written(sent: str) -> None:
    Precondition(if_match=sent).check(ETAG, "/id")
    assert Precondition(if_none_match=sent).unchanged(ETAG)
    with pytest.raises(PreconditionFailed):
        Precondition(if_none_match=sent).check(ETAG, "/id")


@pytest.mark.parametrize("sent", ["other", '"other"', "", '""'])
def test_another_version(sent: str) -> None:
    Precondition(if_none_match=sent).check(ETAG, "/id")
    assert not Precondition(if_none_match=sent).unchanged(ETAG)
    with pytest.raises(PreconditionFailed):
        Precondition(if_match=sent).check(ETAG, "/id")


def test_nothing_is_there_yet() -> None:
    Precondition().check(None, "/id")
    Precondition(if_none_match="*").check(None, "/id")
    with pytest.raises(PreconditionFailed):
        Precondition(if_match="*").check(None, "/id")
