"""Pagination of a REST source: how the request for the next page follows from an answer, by the rules. Pure.

`rest_rules.py` reads the rules. Documented: a loop ends with an answer 204, or once a rule's value is
null. Assumed: a rule's value that is missing, or an empty text, ends it like null; a relative address is one relative
to the current page's; a range includes its end (the examples read so).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urljoin

import httpx

from emulators.datafactory.data.errors import InvalidSettings
from emulators.datafactory.data.jsonpath import Path

ABSOLUTE, QUERY, HEADERS = "AbsoluteUrl", "QueryParameters", "Headers"


@dataclass(frozen=True)
class Page:
    """A request for a page: address and headers."""

    url: str
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answer:
    """What rules may read of an answer: its status, its headers, its document (None where there is none).

    Of an array only the elements that `Rules.elements` asks for need be there.
    """

    status: int
    headers: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True)
class Value:
    """Where in an answer a value is: a header, or a path in the document."""

    header: str = ""
    path: Path = ()

    def found(self, answer: Answer) -> tuple[bool, Any]:
        """Whether it is there, and the value."""
        if self.header:
            value = {name.lower(): value for name, value in answer.headers.items()}.get(self.header.lower())
            return value is not None, value
        value = answer.body
        for step in self.path:
            inside = isinstance(value, dict) and step in value
            if isinstance(step, int):
                inside = isinstance(value, list) and step < len(value)
            if not inside:
                return False, None
            value = value[step]
        return value is not None or bool(self.path), value


@dataclass(frozen=True)
class Range:
    """The numbers that take the place of `{name}`, or of a query parameter's or header's value."""

    kind: str
    name: str
    start: int
    end: int | None
    step: int

    def numbers(self) -> Iterator[int]:
        number = self.start
        while self.end is None or (number <= self.end if self.step > 0 else number >= self.end):
            yield number
            number += self.step

    def applied(self, page: Page, number: int) -> Page:
        if not self.name.startswith("{"):
            return _set(page, self.kind, self.name, str(number))
        if self.kind == HEADERS:
            return replace(
                page, headers={name: value.replace(self.name, str(number)) for name, value in page.headers.items()}
            )
        return replace(page, url=page.url.replace(self.name, str(number)))


@dataclass(frozen=True)
class End:
    """The condition on an answer that makes its page the last. `const` is what `Const:` compares with."""

    where: Value
    condition: str
    const: str = ""

    def holds(self, answer: Answer) -> bool:
        there, value = self.where.found(answer)
        match self.condition:
            case "exist":
                return there
            case "nonexist":
                return not there
            case "empty":
                return there and value in (None, "", [], {})
        if isinstance(value, bool):
            return str(value).lower() == self.const.lower()
        return there and (value if isinstance(value, str) else json.dumps(value)) == self.const


@dataclass(frozen=True)
class Rules:
    """All rules of a source, read."""

    next: tuple[tuple[str, str, Value], ...] = ()
    """(AbsoluteUrl, QueryParameters or Headers; name; where the value is)."""
    range: Range | None = None
    ends: tuple[End, ...] = ()
    most: int | None = None
    links: bool = False
    """Whether the header `Link` of RFC 5988 leads on: only where no other rule does (documented)."""

    @property
    def elements(self) -> int:
        """How many elements of an answer that is an array the rules may read."""
        paths = [value.path for _, _, value in self.next] + [end.where.path for end in self.ends]
        return max((path[0] + 1 for path in paths if path and isinstance(path[0], int)), default=1)


class Pages:
    """The requests of one loop: `next` makes the following one of each answer."""

    def __init__(self, rules: Rules, first: Page) -> None:
        self._rules = rules
        self._first = first
        self._numbers = rules.range.numbers() if rules.range is not None else iter(())
        self._asked = 0

    def first(self) -> Page | None:
        """None where a range is empty from the beginning."""
        self._asked = 1
        return self._numbered(self._first)

    def next(self, current: Page, answer: Answer) -> Page | None:
        """The request that follows an answer, None after the last."""
        rules = self._rules
        if answer.status == httpx.codes.NO_CONTENT or self._asked == rules.most:
            return None
        if any(end.holds(answer) for end in rules.ends):
            return None
        self._asked += 1
        if rules.links:
            return _linked(current, answer)
        if rules.range is None and not rules.next:
            return None
        page: Page | None = current if rules.range is None else self._numbered(self._first)
        for kind, name, where in rules.next:
            _, value = where.found(answer)
            if page is None or value is None or value == "":
                return None
            page = _set(page, kind, name, _primitive(value, where), current.url)
        return page

    def _numbered(self, page: Page) -> Page | None:
        if self._rules.range is None:
            return page
        number = next(self._numbers, None)
        return None if number is None else self._rules.range.applied(page, number)


def _linked(current: Page, answer: Answer) -> Page | None:
    header = {name.lower(): value for name, value in answer.headers.items()}.get("link", "")
    links = httpx.Response(200, headers={"link": header}).links
    address = links.get("next", {}).get("url")
    return None if not address else replace(current, url=_address(current.url, address))


def _set(page: Page, kind: str, name: str, value: str, current: str = "") -> Page:
    if kind == ABSOLUTE:
        return replace(page, url=_address(current, value))
    if kind == HEADERS:
        others = {key: kept for key, kept in page.headers.items() if key.lower() != name.lower()}
        return replace(page, headers={**others, name: value})
    try:
        return replace(page, url=str(httpx.URL(page.url).copy_set_param(name, value)))
    except httpx.InvalidURL as error:
        raise InvalidSettings(f"'{page.url}' is no address: {error}") from error


def _address(current: str, written: str) -> str:
    try:
        address = urljoin(current, written)
    except ValueError as error:
        raise InvalidSettings(f"The next page's address '{written}' is none: {error}") from error
    if not address.lower().startswith(("http://", "https://")):
        raise InvalidSettings(f"The next page's address '{written}' is not one of http or https.")
    return address


def _primitive(value: Any, where: Value) -> str:
    if isinstance(value, dict | list):
        raise InvalidSettings(
            f"A pagination rule's value must be a single one (documented); at '{where.header or where.path}' is "
            f"{json.dumps(value)[:100]}."
        )
    return value if isinstance(value, str) else json.dumps(value)
