"""Pages of a list that changes while it is read."""

from urllib.parse import parse_qs, urlsplit

from emulators.keyvault.paging import key_of, next_link, page


def _items(keys: str) -> list[tuple[str, str]]:
    return [(key, key.upper()) for key in keys]


def test_pages_are_in_order_and_the_last_has_no_next() -> None:
    assert page(_items("dbca"), None, 2) == (["A", "B"], "b")
    assert page(_items("dbca"), "b", 2) == (["C", "D"], None)
    assert page([], None, 2) == ([], None)


def test_nothing_comes_twice_or_gets_lost_while_the_list_changes() -> None:
    shown, key = page(_items("bcde"), None, 2)
    assert (shown, key) == (["B", "C"], "c")
    assert page(_items("abde"), key, 2) == (["D", "E"], None), "one came before the place, the place itself has gone"


def test_a_link_leads_to_its_key() -> None:
    link = next_link("https://vault.test/secrets", "7.4", 2, "größer")
    asked = parse_qs(urlsplit(link).query)
    assert (asked["api-version"], asked["maxresults"]) == (["7.4"], ["2"])
    assert key_of(asked["$skiptoken"][0]) == "größer"
