"""Reading the `paginationRules` of a REST source: the documented keys and values, and nothing else."""

import re
from dataclasses import replace

from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.jsonpath import parse_path
from emulators.datafactory.data.rest_pagination import ABSOLUTE, End, Range, Rules, Value
from emulators.datafactory.data.settings import Settings

END, MOST, RFC5988 = "EndCondition:", "MaxRequestNumber", "supportrfc5988"

_NAMED = re.compile(r"(AbsoluteUrl|QueryParameters|Headers)(?:\.(\{[^{}]+\}|[^\[\]{}]+)|\['([^']+)'\])")
_RANGE = re.compile(r"RANGE:(-?\d+):(-?\d*):(-?\d+)")
_HEADER = re.compile(r"headers(?:\.([^\[\]]+)|\['([^']+)'\])", re.IGNORECASE)


def read_rules(written: Settings) -> Rules:
    """Read an evaluated `paginationRules`; raises InvalidSettings, Unsupported naming the rule."""
    rules = Rules()
    for key, value in written.items():
        if value is not None and value != "":
            rules = _with(rules, str(key), str(value))
    return replace(
        rules,
        # the address first, so that the parameters of the others are set in it
        next=tuple(sorted(rules.next, key=lambda rule: rule[0] != ABSOLUTE)),
        links=rules.links and not rules.next and rules.range is None,
    )


def _with(rules: Rules, key: str, value: str) -> Rules:
    if key == MOST:
        if not value.isdigit() or not int(value):
            raise InvalidSettings(f"The pagination rule '{MOST}' is a whole number from 1, not '{value}'.")
        return replace(rules, most=int(value))
    if key.lower() == RFC5988:
        return replace(rules, links=value.lower() == "true")
    if key.startswith(END):
        return replace(rules, ends=(*rules.ends, _end(key, value)))
    if key == ABSOLUTE:
        return replace(rules, next=(*rules.next, (ABSOLUTE, "", _value(key, value))))
    named = _NAMED.fullmatch(key)
    if named is None:
        raise InvalidSettings(f"'{key}' is no pagination rule.")
    kind, name = named[1], named[2] or named[3]
    if value.startswith("RANGE:"):
        if rules.range is not None:
            raise Unsupported("More than one pagination rule with a RANGE", "their order in data/rest_pagination.py.")
        return replace(rules, range=_range(kind, name, key, value))
    if kind == ABSOLUTE or name.startswith("{"):
        raise InvalidSettings(f"The pagination rule '{key}' needs a range, RANGE:start:end:step, not '{value}'.")
    return replace(rules, next=(*rules.next, (kind, name, _value(key, value))))


def _value(key: str, written: str) -> Value:
    if written.startswith("$"):
        return Value(path=parse_path(written)[1])
    header = _HEADER.fullmatch(written)
    if header is None:
        raise InvalidSettings(
            f"The pagination rule '{key}' takes its value from the answer: a path that begins with $, or Headers.name; "
            f"'{written}' is neither."
        )
    return Value(header=header[1] or header[2])


def _end(key: str, value: str) -> End:
    where = _value(key, key.removeprefix(END))
    if value.startswith("Const:"):
        return End(where, "const", value.removeprefix("Const:"))
    if value.lower() not in {"empty", "exist", "nonexist"}:
        raise InvalidSettings(f"'{value}' is no end condition; there are Empty, Exist, NonExist and Const:value.")
    return End(where, value.lower())


def _range(kind: str, name: str, key: str, value: str) -> Range:
    found = _RANGE.fullmatch(value)
    if found is None or not int(found[3]):
        raise InvalidSettings(
            f"The range of the pagination rule '{key}' has the form RANGE:start:end:step, the end may be empty and the "
            f"step is not 0; '{value}' has not."
        )
    if kind == ABSOLUTE and not name.startswith("{"):
        raise InvalidSettings(f"The pagination rule '{key}' names a variable of the address, in braces.")
    return Range(kind, name, int(found[1]), int(found[2]) if found[2] else None, int(found[3]))
