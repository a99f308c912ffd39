"""Any blob name, however a client encodes it, is the same name in the event."""

from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from emulators.storage.addresses import Target, read_address

_NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\\"), min_size=1)


@given(_NAMES, st.sampled_from(["/", "", "/~!$&'()*+,;=:@"]))
def test_a_name_is_read_as_it_was_meant(name: str, unencoded: str) -> None:
    path = f"/acct/con/{quote(name, safe=unencoded)}"
    address = read_address(Target("127.0.0.1", path, ""), {"acct"})
    assert address.blob == name
    assert read_address(Target("acct.blob.core.windows.net", address.path, ""), {"acct"}) == address
