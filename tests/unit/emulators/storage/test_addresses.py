"""Reading which account, container and blob a request is for."""

import pytest

from emulators.storage.addresses import Address, Target, product_account, read_address, signed_path, split_target
from emulators.storage.errors import AuthorizationFailure, InvalidUri

ACCOUNTS = frozenset({"acct", "other"})


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("127.0.0.1:8080", "/acct/con/a/b.csv", Address("acct", "con", "a/b.csv")),
        ("localhost", "/acct/con", Address("acct", "con", "")),
        ("127.0.0.1", "/acct", Address("acct", "", "")),
        ("127.0.0.1", "/acct/", Address("acct", "", "")),
        ("127.0.0.1", "/acct-secondary/con/b", Address("acct", "con", "b")),
        ("acct.blob.core.windows.net", "/con/b", Address("acct", "con", "b")),
        ("ACCT.dfs.core.windows.net:443", "/con/b", Address("acct", "con", "b")),
        ("acct-secondary.blob.core.windows.net", "/con/b", Address("acct", "con", "b")),
        ("acct.blob.core.windows.net", "/", Address("acct", "", "")),
        ("acct.blob.core.windows.net", "/con/a%20b%2Bc%2Fd", Address("acct", "con", "a b+c/d")),
        ("acct.blob.core.windows.net", "/con/a+b", Address("acct", "con", "a+b")),
        ("acct.blob.core.windows.net", "/con/%C3%BC%25", Address("acct", "con", "ü%")),
        ("acct.blob.core.windows.net", "/con/a\\b", Address("acct", "con", "a/b")),
        ("acct.blob.core.windows.net", "/con//a//b", Address("acct", "con", "/a//b")),
        ("acct.blob.core.windows.net", "/con/b/", Address("acct", "con", "b/")),
    ],
)
def test_addresses(host: str, path: str, expected: Address) -> None:
    assert read_address(Target(host, path, ""), ACCOUNTS) == expected


@pytest.mark.parametrize(
    ("host", "path"),
    [
        ("127.0.0.1", "/nobody/c"),
        ("nobody.blob.core.windows.net", "/c"),
        ("acct.blob.core.windows.net.evil.example", "/c"),
        ("acct.queue.core.windows.net", "/c"),
        ("evil.example", "/acct/c"),
        ("", "/acct/c"),
    ],
)
def test_other_hosts_and_accounts_are_refused(host: str, path: str) -> None:
    with pytest.raises(AuthorizationFailure, match="acct, other"):
        read_address(Target(host, path, ""), ACCOUNTS)


def test_a_path_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(InvalidUri):
        read_address(Target("127.0.0.1", "/acct/c/%FF", ""), ACCOUNTS)


def test_own_hosts_name_no_account() -> None:
    assert product_account("127.0.0.1:1", ACCOUNTS) is None


def test_targets_of_both_forms() -> None:
    assert split_target("/a/b?x=1&y", "h:1") == Target("h:1", "/a/b", "x=1&y")
    assert split_target("http://H:80/a?x", "h") == Target("H:80", "/a", "x")
    assert split_target("https://h", "h") == Target("h", "/", "")


@pytest.mark.parametrize("target", ["*", "h:443", "ftp://h/a", "http://user@h/a", "http://g/a"])
def test_other_targets_are_refused(target: str) -> None:
    with pytest.raises(InvalidUri):
        split_target(target, "h")


def test_the_parts_of_a_target() -> None:
    target = Target("h", "/a", "Comp=block&blockid=a%2Bb")
    assert target.origin_form == "/a?Comp=block&blockid=a%2Bb"
    assert target.parameters() == {"comp": "block", "blockid": "a+b"}
    assert Target("h", "/a", "").origin_form == "/a"


def test_what_events_say_of_an_address() -> None:
    address = Address("acct", "con", "a b/ü+%.csv")
    assert address.subject == "/blobServices/default/containers/con/blobs/a b/ü+%.csv"
    assert address.url == "https://acct.blob.core.windows.net/con/a%20b/%C3%BC%2B%25.csv"


@pytest.mark.parametrize(
    ("host", "path", "expected"),
    [
        ("127.0.0.1", "/acct/con/a%20-secondary", "/acct/con/a%20-secondary"),
        ("127.0.0.1", "/acct-secondary/con/b-secondary", "/acct/con/b-secondary"),
        ("acct.blob.core.windows.net", "/acct-secondary/b", "/acct-secondary/b"),
        ("acct-secondary.blob.core.windows.net", "/con/b", "/con/b"),
    ],
)
def test_a_signature_knows_no_secondary_location(host: str, path: str, expected: str) -> None:
    assert signed_path(Target(host, path, ""), ACCOUNTS) == expected
