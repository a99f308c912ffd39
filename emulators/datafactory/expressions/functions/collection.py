"""Functions of arrays, objects and strings as collections. Arrays and objects compare deeply and strictly: `1` is not
`1.0` (observed).
"""

from typing import Any

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.functions.signature import (
    ANY,
    ARRAY,
    COLLECTION,
    CONTAINER,
    INTEGER,
    NULLABLE_CONTAINER,
    PARAMETER_S,
    PARAMETERS,
    STRING,
    Family,
    Parameter,
)
from emulators.datafactory.expressions.functions.texts import texts_of
from emulators.datafactory.expressions.selection import find_name
from emulators.datafactory.expressions.text import check_length
from emulators.datafactory.expressions.utf16 import section, units
from emulators.datafactory.expressions.values import identity, int32, type_name

family = Family("collection")


@family(
    "contains",
    "expects two parameters : the collection of items to search within and the object to find within the collection."
    f" {PARAMETER_S}",
    Parameter(CONTAINER, "to be a dictionary (object), an array or a string", "collection", called="argument"),
    Parameter(ANY),
)
def contains(collection: Any, value: Any) -> bool:
    """Whether a text contains a text (case-sensitive), an array a value, an object a property name (ignoring case)."""
    if type(collection) is list:
        wanted = identity(value)
        return any(identity(item) == wanted for item in collection)
    if type(value) is str:
        return value in collection if type(collection) is str else find_name(collection, value) is not None
    raise ExpressionError(
        "The function 'contains' expects parameters of matching types: a dictionary and a key (string), an array and"
        f" a value (object), or a string and a substring. The provided types '{type_name(collection)}' and"
        f" '{type_name(value)}' are incompatible."
    )


@family(
    "empty",
    f"expects one parameter: the object, array or string to test for emptiness. {PARAMETER_S}",
    Parameter(NULLABLE_CONTAINER, "to be an object, an array or a string"),
)
def empty(value: Any) -> bool:
    """Whether there is nothing in it; null is empty, a space is not (observed)."""
    return not value


_ARRAY_OR_STRING = Parameter(COLLECTION, "be an array or a string")


@family(
    "first",
    f"expects one parameter: the array or string of which the first element will be returned. {PARAMETER_S}",
    _ARRAY_OR_STRING,
)
def first(collection: Any) -> Any:
    """The first element or character; of nothing, null or the empty string (observed)."""
    if type(collection) is str:
        return section(collection, 0, 1)
    return collection[0] if collection else None


@family(
    "last",
    f"expects one parameter: the array or string of which the last element will be returned. {PARAMETER_S}",
    _ARRAY_OR_STRING,
)
def last(collection: Any) -> Any:
    """The last element or character; of nothing, null or the empty string (observed)."""
    if type(collection) is str:
        size = units(collection)
        return section(collection, max(size - 1, 0), size)
    return collection[-1] if collection else None


@family(
    "join",
    "expects two parameters: the array of elements to join as the first parameter, and the element separator as the"
    f" second parameter. {PARAMETER_S}",
    Parameter(ARRAY, "to be an array"),
    Parameter(STRING, "to be of type string"),
)
def join(items: list[Any], separator: str) -> str:
    """The texts of all elements with the separator between them; null is empty (observed)."""
    texts = texts_of("join", items, "item")
    check_length(sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0))
    return separator.join(texts)


@family(
    "length",
    f"expects one parameter: an array or a string the length of which is returned. {PARAMETERS}",
    Parameter(COLLECTION, "to be an array or a string"),
)
def length(collection: Any) -> int:
    """The number of elements, or of UTF-16 code units."""
    return units(collection) if type(collection) is str else len(collection)


_COLLECTION = Parameter(COLLECTION, "to be an array or a string", "collection")
_COUNT = Parameter(INTEGER, "to be an integer", "count")


@family(
    "skip",
    "expects two parameters: the collection to skip the objects from as the first parameter and the count of objects"
    f" to skip as the second parameter. {PARAMETER_S}",
    _COLLECTION,
    _COUNT,
)
def skip(collection: Any, count: int) -> Any:
    """What is left of an array or text without its first elements."""
    start = int32(count)
    if start < 0:
        raise _negative("skip", start, "value")
    return section(collection, start, units(collection)) if type(collection) is str else collection[start:]


@family(
    "take",
    "expects two parameters: the collection to take the objects from as the first parameter and the count of objects"
    f" to take as the second parameter. {PARAMETER_S}",
    _COLLECTION,
    _COUNT,
)
def take(collection: Any, count: int) -> Any:
    """The first elements of an array or text; fewer when there are not so many."""
    end = int32(count)
    if end < 0:
        raise _negative("take", end, "valus")  # the real sentence is misspelt (observed)
    return section(collection, 0, end) if type(collection) is str else collection[:end]


def _negative(name: str, count: int, value: str) -> ExpressionError:
    return ExpressionError(
        f"The function '{name}' parameters are out of range: 'count' must be a positive integer. The provided"
        f" {value} is '{count}'."
    )


_LISTS = "expects either a comma separated list of arrays or a comma separated list of objects as its parameters."


@family("intersection", f"{_LISTS} {PARAMETER_S}", Parameter(ANY), Parameter(ANY), repeats=True)
def intersection(*collections: Any) -> Any:
    """What all arrays, or all objects, have in common: elements once, properties where name and value agree."""
    _check_same_kind("intersection", collections)
    result, *others = collections
    for other in others:
        if type(result) is dict:
            result = {
                name: value
                for name, value in result.items()
                if name in other and identity(other[name]) == identity(value)
            }
        else:
            known = {identity(item): item for item in reversed(other)}
            wanted = dict.fromkeys(identity(item) for item in result)
            result = [known[key] for key in wanted if key in known]
    return result


@family("union", f"{_LISTS} {PARAMETER_S}", Parameter(ANY), Parameter(ANY), repeats=True)
def union(*collections: Any) -> Any:
    """All elements of all arrays, each once; or all properties of all objects, where the later one wins whole."""
    _check_same_kind("union", collections)
    if type(collections[0]) is dict:
        merged: dict[str, Any] = {}
        for collection in collections:
            merged.update(collection)
        return merged
    return list({identity(item): item for collection in collections for item in collection}.values())


def _check_same_kind(name: str, collections: tuple[Any, ...]) -> None:
    kinds = list(dict.fromkeys(type_name(collection) for collection in collections))
    if len(kinds) > 1:
        raise ExpressionError(
            f"Template language function '{name}' expects parameters of same type, but found '{','.join(kinds)}'"
            " distinct types."
        )
    if kinds[0] not in ("Array", "Object"):
        raise ExpressionError(
            f"The function '{name}' {_LISTS} The function was invoked with parameters of type '{kinds[0]}'."
        )
