"""Pagination rules: which request follows from which answer. All examples of the documentation are here."""

from typing import Any

import pytest

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.rest_pagination import Answer, Page, Pages
from emulators.datafactory.data.rest_rules import read_rules

BASE = "https://api.test/table"


def asked(rules: dict[str, Any], *bodies: Any, url: str = BASE, headers: dict[str, str] | None = None, status=200):
    """The requests of a loop whose answers are these: bodies, or pairs of a body and headers."""
    pages = Pages(read_rules(rules), Page(url, headers or {}))
    page, found = pages.first(), []
    answers = iter(bodies)
    while page is not None:
        found.append(page)
        body = next(answers, None)
        body, given = body if isinstance(body, tuple) else (body, {})
        page = pages.next(page, Answer(status, given, body))
        assert len(found) < 50, "endless"
    return found


def urls(*arguments: Any, **more: Any) -> list[str]:
    return [page.url for page in asked(*arguments, **more)]


def test_without_rules_there_is_one_request():
    assert urls({}, {"a": 1}) == [BASE]
    assert urls({"AbsoluteUrl": ""}, {"a": 1}) == [BASE]


@pytest.mark.parametrize("key", ["QueryParameters.{offset}", "AbsoluteUrl.{offset}"])
def test_a_range_in_the_address_includes_its_end(key):
    found = urls({key: "RANGE:0:20:10"}, url=f"{BASE}?limit=10&offset={{offset}}")
    assert found == [f"{BASE}?limit=10&offset={offset}" for offset in (0, 10, 20)]


def test_a_range_in_the_path_in_a_header_and_downwards():
    assert urls({"AbsoluteUrl.{id}": "RANGE:1:3:1"}, url=f"{BASE}/t{{id}}") == [f"{BASE}/t{n}" for n in (1, 2, 3)]
    pages = asked({"Headers.{id}": "RANGE:0:20:10"}, headers={"id": "{id}", "other": "x"})
    assert [page.headers for page in pages] == [{"id": str(n), "other": "x"} for n in (0, 10, 20)]
    assert len(asked({"AbsoluteUrl.{id}": "RANGE:3:1:-1"}, url=f"{BASE}/{{id}}")) == 3
    assert asked({"AbsoluteUrl.{id}": "RANGE:3:1:1"}) == []


def test_a_range_for_a_parameter_without_braces():
    assert urls({"QueryParameters.page": "RANGE:1:2:1"}, url=f"{BASE}?a=1") == [f"{BASE}?a=1&page={n}" for n in (1, 2)]


@pytest.mark.parametrize(
    ("end", "last"),
    [
        ({"EndCondition:$.data": "Empty"}, {"data": []}),
        ({"EndCondition:$.data": "Empty"}, {"data": ""}),
        ({"EndCondition:$.data": "Empty"}, {"data": None}),
        ({"EndCondition:$": "Empty"}, []),
        ({"EndCondition:$[0]": "NonExist"}, []),
        ({"EndCondition:$.data": "NonExist"}, {}),
        ({"EndCondition:$.Complete": "Exist"}, {"data": [1], "Complete": True}),
        ({"EndCondition:$.Complete": "Exist"}, {"data": [1], "Complete": None}),
        ({"EndCondition:$.Complete": "Const:true"}, {"data": [1], "Complete": True}),
        ({"EndCondition:$.left": "Const:0"}, {"data": [1], "left": 0}),
        ({"EndCondition:$['a.b']": "Const:stop"}, {"data": [1], "a.b": "stop"}),
        ({"EndCondition:headers.Complete": "Const:1"}, ({"data": [1]}, {"complete": "1"})),
        ({"EndCondition:Headers['Complete-Time']": "Exist"}, ({"data": [1]}, {"complete-time": "2022"})),
    ],
)
def test_an_open_range_ends_by_a_condition_on_the_answer(end, last):
    more = [{"id": 1}] if isinstance(last, list) else {"data": [1], "left": 2, "a.b": "go"}
    if "EndCondition:$.Complete" in end and end["EndCondition:$.Complete"].startswith("Const"):
        more = {"data": [1], "Complete": False}
    rules = {"AbsoluteUrl.{n}": "RANGE:0::1", **end}
    assert len(asked(rules, more, (more, {"complete": "0"}), last, url=f"{BASE}?n={{n}}")) == 3


def test_the_next_address_from_the_answer():
    next_page, last = {"paging": {"next": "https://api.test/other?after=x"}}, {"paging": {"next": None}}
    assert urls({"AbsoluteUrl": "$.paging.next"}, next_page, last) == [BASE, "https://api.test/other?after=x"]
    relative = {"@odata.nextLink": "/v2/table?skip=2"}
    assert urls({"AbsoluteUrl": "$['@odata.nextLink']"}, relative, {}) == [BASE, "https://api.test/v2/table?skip=2"]
    header = ({}, {"x-next": "?page=2"})
    assert urls({"AbsoluteUrl": "Headers.X-Next"}, header, {}) == [BASE, f"{BASE}?page=2"]
    assert urls({"AbsoluteUrl": "$.next"}, {"next": ""}) == [BASE]


def test_the_next_parameter_and_header_from_the_answer():
    rules = {"QueryParameters.after": "$.cursor", "Headers['x-mark']": "headers['X-Mark']"}
    pages = asked(rules, ({"cursor": "a b&c"}, {"x-mark": "m"}), ({"cursor": 7}, {"x-mark": "n"}), {"cursor": 8})
    assert [page.url for page in pages] == [BASE, f"{BASE}?after=a+b%26c", f"{BASE}?after=7"]
    assert [page.headers for page in pages] == [{}, {"x-mark": "m"}, {"x-mark": "n"}]
    assert urls({"QueryParameters.after": "$.c"}, {"c": 2}, url=f"{BASE}?after=1&x=y") == [
        f"{BASE}?after=1&x=y",
        f"{BASE}?after=2&x=y",
    ]


def test_parameters_are_set_in_the_next_address_whatever_the_order_of_the_rules():
    rules = {"QueryParameters.after": "$.cursor", "AbsoluteUrl": "$.next"}
    assert urls(rules, {"cursor": 1, "next": "/other?x=y"}, {}) == [BASE, "https://api.test/other?x=y&after=1"]


def test_a_greatest_number_of_requests_and_an_answer_without_content_end_it():
    endless = {"next": BASE}
    assert len(asked({"AbsoluteUrl": "$.next", "MaxRequestNumber": "3"}, *[endless] * 9)) == 3
    assert len(asked({"AbsoluteUrl": "$.next"}, *[endless] * 9, status=204)) == 1


def test_links_of_rfc_5988_lead_on_where_they_are_asked_for_and_nothing_else_does():
    linked = ({}, {"Link": '<https://api.test/table?page=2>; rel="next", <https://api.test/x>; rel="last"'})
    assert urls({"supportRFC5988": "true"}, linked, {}) == [BASE, f"{BASE}?page=2"]
    assert urls({"SupportRFC5988": True, "MaxRequestNumber": 5}, linked, {}) == [BASE, f"{BASE}?page=2"]
    assert urls({"supportRFC5988": "false"}, linked) == urls({}, linked) == [BASE]
    assert urls({"supportRFC5988": "true", "AbsoluteUrl": "$.next"}, linked) == [BASE]


def test_rules_say_how_much_of_an_array_they_read():
    assert read_rules({}).elements == 1
    assert read_rules({"AbsoluteUrl": "$[4].next", "EndCondition:$[2]": "NonExist"}).elements == 5


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ({"absoluteUrl": "$.x"}, "'absoluteUrl' is no pagination rule"),
        ({"Cookies.x": "$.x"}, "'Cookies.x' is no pagination rule"),
        ({"AbsoluteUrl": "next"}, "'next' is neither"),
        ({"QueryParameters.limit": "500"}, "'500' is neither"),
        ({"AbsoluteUrl.{id}": "$.x"}, "needs a range"),
        ({"AbsoluteUrl.id": "RANGE:0:1:1"}, "in braces"),
        ({"AbsoluteUrl.{id}": "RANGE:0:10"}, "has the form RANGE:start:end:step"),
        ({"AbsoluteUrl.{id}": "RANGE:0:10:0"}, "the step is not 0|step is not 0"),
        ({"MaxRequestNumber": "0"}, "a whole number from 1, not '0'"),
        ({"MaxRequestNumber": "many"}, "not 'many'"),
        ({"EndCondition:$.x": "Full"}, "'Full' is no end condition"),
        ({"EndCondition:data": "Empty"}, "'data' is neither"),
    ],
)
def test_a_rule_that_is_none_is_named(rules, message):
    with pytest.raises(InvalidSettings, match=message):
        read_rules(rules)


def test_what_is_not_built_and_what_an_answer_gets_wrong_is_told():
    with pytest.raises(Unsupported, match="More than one"):
        read_rules({"AbsoluteUrl.{a}": "RANGE:0:1:1", "AbsoluteUrl.{b}": "RANGE:0:1:1"})
    with pytest.raises(DataError, match=r"'\$\.\.next' is not"):
        read_rules({"AbsoluteUrl": "$..next"})
    with pytest.raises(InvalidSettings, match="must be a single one"):
        asked({"QueryParameters.x": "$.data"}, {"data": [1]})
    for address in ("ftp://api.test/x", "javascript:x", "https://[x"):
        with pytest.raises(InvalidSettings, match="The next page's address"):
            asked({"AbsoluteUrl": "$.next"}, {"next": address})
