"""Which events a subscription wants; pure.

Documented in Event Grid's event filtering: event types, the subject's beginning and end, and up to 25 advanced
filters that must all hold. Texts are compared without regard to case (the subject only unless told otherwise).
A key that the event has not fulfils the negative operators and no other.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulators.eventgrid.errors import InvalidRequest

_MOST_FILTERS = 25
_MOST_VALUES = 25

_ABSENT = object()
_ENVELOPE_KEYS = frozenset({"id", "topic", "subject", "eventtype", "dataversion"})


def matches(event: Mapping[str, Any], rule: Mapping[str, Any], default_types: Sequence[str] | None) -> bool:
    """Whether `event` passes the filter `rule` (a subscription's `filter`); `default_types` None means all types."""
    return (
        _type_matches(str(event["eventType"]), rule.get("includedEventTypes"), default_types)
        and _subject_matches(str(event["subject"]), rule)
        and all(_advanced(event, one, rule) for one in rule.get("advancedFilters") or ())
    )


def _type_matches(event_type: str, included: Sequence[str] | None, default_types: Sequence[str] | None) -> bool:
    wanted = default_types if included is None else included
    if wanted is None or "All" in wanted:  # "All" is the word of early API versions
        return True
    return event_type.lower() in {name.lower() for name in wanted}


def _subject_matches(subject: str, rule: Mapping[str, Any]) -> bool:
    begins, ends = rule.get("subjectBeginsWith") or "", rule.get("subjectEndsWith") or ""
    if not rule.get("isSubjectCaseSensitive"):
        subject, begins, ends = subject.lower(), begins.lower(), ends.lower()
    return subject.startswith(begins) and subject.endswith(ends)


def _advanced(event: Mapping[str, Any], one: Mapping[str, Any], rule: Mapping[str, Any]) -> bool:
    operator = _OPERATORS[one["operatorType"].lower()]
    found = _value(event, one["key"])
    if isinstance(found, list):
        if not rule.get("enableAdvancedFilteringOnArrays"):
            return False  # documented: arrays are looked into only when that is asked for
        if operator.negative:
            return all(operator.test(element, one) for element in found)
        return any(operator.test(element, one) for element in found)
    if found is _ABSENT:
        return operator.on_absent
    return operator.test(found, one)


def _value(event: Mapping[str, Any], key: str) -> Any:
    """The value under a key such as `subject` or `data.folder.name`; `_ABSENT` when there is none."""
    first, *rest = key.split(".")
    found: Any = _get(event, first)
    for name in rest:
        found = _get(found, name)
    return found


def _get(container: Any, name: str) -> Any:
    if not isinstance(container, Mapping):
        return _ABSENT
    if name in container:
        return container[name]
    return next((value for key, value in container.items() if key.lower() == name.lower()), _ABSENT)


class _Operator:
    """A test of one value, and what holds for a key that is not there."""

    def __init__(
        self, test: Callable[[Any, Mapping[str, Any]], bool], *, negative: bool = False, takes: str = "values"
    ) -> None:
        self.test = test
        self.negative = negative
        self.on_absent = negative
        self.takes = takes


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _compared(compare: Callable[[float, float], bool]) -> _Operator:
    def test(value: Any, one: Mapping[str, Any]) -> bool:
        number = _number(value)
        return number is not None and compare(number, float(one["value"]))

    return _Operator(test, takes="value")


def _number_in(value: Any, one: Mapping[str, Any]) -> bool:
    return _number(value) in {float(wanted) for wanted in one["values"]}


def _number_in_range(value: Any, one: Mapping[str, Any]) -> bool:
    number = _number(value)
    return number is not None and any(low <= number <= high for low, high in one["values"])


def _text_in(value: Any, one: Mapping[str, Any]) -> bool:
    return isinstance(value, str) and value.lower() in {wanted.lower() for wanted in one["values"]}


def _text_any(compare: Callable[[str, str], bool]) -> Callable[[Any, Mapping[str, Any]], bool]:
    def test(value: Any, one: Mapping[str, Any]) -> bool:
        return isinstance(value, str) and any(compare(value.lower(), wanted.lower()) for wanted in one["values"])

    return test


def _contains(value: str, wanted: str) -> bool:
    return wanted in value


def _bool_equals(value: Any, one: Mapping[str, Any]) -> bool:
    return isinstance(value, bool) and value is one["value"]


def _not(test: Callable[[Any, Mapping[str, Any]], bool]) -> _Operator:
    return _Operator(lambda value, one: not test(value, one), negative=True)


def _is_null(value: Any, one: Mapping[str, Any]) -> bool:
    return value is None


_OPERATORS: Mapping[str, _Operator] = {
    "numberin": _Operator(_number_in),
    "numbernotin": _not(_number_in),
    "numberinrange": _Operator(_number_in_range, takes="ranges"),
    "numbernotinrange": _Operator(lambda value, one: not _number_in_range(value, one), negative=True, takes="ranges"),
    "numberlessthan": _compared(lambda number, limit: number < limit),
    "numberlessthanorequals": _compared(lambda number, limit: number <= limit),
    "numbergreaterthan": _compared(lambda number, limit: number > limit),
    "numbergreaterthanorequals": _compared(lambda number, limit: number >= limit),
    "boolequals": _Operator(_bool_equals, takes="bool"),
    "stringin": _Operator(_text_in),
    "stringnotin": _not(_text_in),
    "stringbeginswith": _Operator(_text_any(str.startswith)),
    "stringnotbeginswith": _not(_text_any(str.startswith)),
    "stringendswith": _Operator(_text_any(str.endswith)),
    "stringnotendswith": _not(_text_any(str.endswith)),
    "stringcontains": _Operator(_text_any(_contains)),
    "stringnotcontains": _not(_text_any(_contains)),
    "isnullorundefined": _Operator(_is_null, negative=True, takes="nothing"),
    "isnotnull": _Operator(lambda value, one: value is not None, takes="nothing"),
}

OPERATORS = frozenset(_OPERATORS)
"""The operator types, in lower case."""


def check_filter(rule: Mapping[str, Any]) -> None:
    """Raises InvalidRequest for a filter that cannot be evaluated, naming what is wrong."""
    for name in ("subjectBeginsWith", "subjectEndsWith"):
        _require(rule.get(name) is None or isinstance(rule[name], str), f"filter.{name} must be a string")
    types = rule.get("includedEventTypes")
    _require(
        types is None or (isinstance(types, list) and all(isinstance(one, str) for one in types) and bool(types)),
        "filter.includedEventTypes must be a list of event types, or be left out",
    )
    advanced = rule.get("advancedFilters") or []
    _require(isinstance(advanced, list), "filter.advancedFilters must be a list")
    _require(len(advanced) <= _MOST_FILTERS, f"filter.advancedFilters has more than {_MOST_FILTERS} entries")
    for number, one in enumerate(advanced):
        _check_advanced(one, f"filter.advancedFilters[{number}]")


def _check_advanced(one: Any, where: str) -> None:
    _require(isinstance(one, Mapping), f"{where} must be an object")
    operator_type = one.get("operatorType")
    _require(
        isinstance(operator_type, str) and operator_type.lower() in _OPERATORS,
        f"{where}.operatorType '{operator_type}' is none of Event Grid's operators",
    )
    key = one.get("key")
    _require(isinstance(key, str) and bool(key), f"{where}.key is required")
    _require(
        key.lower() in _ENVELOPE_KEYS or key.lower().startswith("data."),
        f"{where}.key '{key}' must be id, topic, subject, eventType, dataVersion or begin with 'data.'",
    )
    _check_values(one, _OPERATORS[operator_type.lower()].takes, where)


def _check_values(one: Mapping[str, Any], takes: str, where: str) -> None:
    if takes == "value":
        _require(_number(one.get("value")) is not None, f"{where}.value must be a number")
    elif takes == "bool":
        _require(isinstance(one.get("value"), bool), f"{where}.value must be true or false")
    elif takes != "nothing":
        values = one.get("values")
        _require(isinstance(values, list) and bool(values), f"{where}.values must be a list that is not empty")
        assert isinstance(values, list)  # noqa: S101 - just required
        _require(len(values) <= _MOST_VALUES, f"{where}.values has more than {_MOST_VALUES} entries")
        _require(all(_fits(value, takes, one) for value in values), f"{where}.values holds values of a wrong type")


def _fits(value: Any, takes: str, one: Mapping[str, Any]) -> bool:
    if takes == "ranges":
        return isinstance(value, list) and len(value) == 2 and all(_number(end) is not None for end in value)
    if one["operatorType"].lower().startswith("number"):
        return _number(value) is not None
    return isinstance(value, str)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InvalidRequest(f"Invalid event subscription request: {message}.")
