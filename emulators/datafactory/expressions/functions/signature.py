"""What a function takes, said once beside the function, and the one checker that raises every error of count and
type.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulators.datafactory.expressions.errors import ExpressionError
from emulators.datafactory.expressions.scope import Scope
from emulators.datafactory.expressions.values import type_name

STRING = frozenset({str})
INTEGER = frozenset({int})
NUMBER = frozenset({int, float})
BOOLEAN = frozenset({bool})
ARRAY = frozenset({list})
COLLECTION = frozenset({list, str})
CONTAINER = frozenset({list, str, dict})
NULLABLE_CONTAINER = CONTAINER | {type(None)}
ANY: frozenset[type] = frozenset({str, int, float, bool, list, dict, type(None)})

ABSENT: Final = object()
"""Stands for an optional parameter that was not given, where null is a value like any other."""

Check = Callable[[int, Any], None]
"""`check_type` of a signature, as bodies with late parameters get it: place (from zero) and value."""

_ORDINALS = ("first", "second", "third", "fourth")

PARAMETER_S = "The function was invoked with '{count}' parameter(s)."
PARAMETERS = "The function was invoked with '{count}' parameters."
NO_PARAMETERS = "The function was invoked with no parameters."


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, by default checked before the function runs; a `late` one is checked by the body, in its own
    time: the types it takes, what Data Factory says of it (`to be an integer`), the name it gives it if
    any.
    """

    types: frozenset[type]
    expects: str = ""
    name: str | None = None
    called: str = "parameter"
    late: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes. `expects` is the sentence for a wrong number of parameters, behind "The function 'f' ".

    `maximum` None is "any number": the last parameter repeats. `invalid_type`, where given, replaces the sentences
    about
    single parameters.
    """

    name: str
    expects: str
    parameters: tuple[Parameter, ...]
    minimum: int
    maximum: int | None
    invalid_type: str | None = None

    @property
    def has_late(self) -> bool:
        """Whether the body checks some of its parameters itself."""
        return self.parameters != () and self.parameters[-1].late

    def told(self) -> str:
        """How many parameters the function takes, in words."""
        if self.maximum is None:
            return f"{self.minimum} parameters or more" if self.minimum != 1 else "1 parameter or more"
        if self.minimum == self.maximum:
            return "no parameter" if not self.maximum else f"{self.maximum} parameter{'s' if self.maximum > 1 else ''}"
        return f"{self.minimum} to {self.maximum} parameters"

    def check_count(self, count: int) -> None:
        """Raises ExpressionError unless so many parameters are right."""
        if not self.accepts(count):
            raise ExpressionError(f"The function '{self.name}' {self.expects.format(count=count)}")

    def check_type(self, index: int, value: Any) -> None:
        """Raises ExpressionError unless the value may stand at this place (counted from zero)."""
        parameter = self.parameters[min(index, len(self.parameters) - 1)]
        if type(value) in parameter.types:
            return
        if self.invalid_type is not None:
            raise ExpressionError(self.invalid_type.format(name=self.name, type=type_name(value)))
        place = parameter.called if self.maximum == 1 else f"{_ORDINALS[index]} {parameter.called}"
        if parameter.name:
            place += f" '{parameter.name}'"
        raise wrong_type(self.name, place, parameter.expects, value)

    def accepts(self, count: int) -> bool:
        """Whether so many parameters are right."""
        return count >= self.minimum and (self.maximum is None or count <= self.maximum)

    def checked_types(self, count: int) -> list[frozenset[type]] | None:
        """The types that the first `count` arguments must have before the body runs, or None when any will do."""
        last = len(self.parameters) - 1
        parameters = [self.parameters[min(index, last)] for index in range(count)]
        types = [ANY if parameter.late else parameter.types for parameter in parameters]
        return None if all(kinds is ANY for kinds in types) else types


Bound = Callable[[Scope, Sequence[Any]], Any]
"""A function made ready for a number of arguments: it takes the scope and as many values as that."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the language: its signature and its body, which gets the scope first when `scoped`, and next,
    when it
    has late parameters, the signature's `check_type`."""

    signature: Signature
    body: Callable[..., Any]
    scoped: bool = False
    documented: bool = True

    @property
    def name(self) -> str:
        """The name as the documentation writes it; calls ignore its case."""
        return self.signature.name

    def bind(self, count: int) -> Bound:
        """The function for calls with so many arguments: what can be decided once for all calls is decided here."""
        signature, body = self.signature, self._plain_body()
        if not signature.accepts(count):

            def refuse(scope: Scope, arguments: Sequence[Any]) -> Any:
                signature.check_count(count)

            return refuse
        types = signature.checked_types(count)
        if types is None:
            return body

        def checked(scope: Scope, arguments: Sequence[Any]) -> Any:
            for index, kinds in enumerate(types):
                if type(arguments[index]) not in kinds:
                    signature.check_type(index, arguments[index])
            return body(scope, arguments)

        return checked

    def _plain_body(self) -> Bound:
        body, check = self.body, self.signature.check_type
        if self.signature.has_late:
            if self.scoped:
                return lambda scope, arguments: body(scope, check, *arguments)
            return lambda scope, arguments: body(check, *arguments)
        if self.scoped:
            return lambda scope, arguments: body(scope, *arguments)
        return lambda scope, arguments: body(*arguments)


class Family:
    """A family of functions, filled by the decorator that it is: `@family("name", "expects …", Parameter(…), …)`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.functions: list[Function] = []

    def __call__(
        self,
        name: str,
        expects: str,
        *parameters: Parameter,
        minimum: int | None = None,
        repeats: bool = False,
        scoped: bool = False,
        invalid_type: str | None = None,
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Registers the decorated body. All parameters are required unless `minimum` says so; the last may repeat."""
        maximum = None if repeats else len(parameters)
        least = len(parameters) if minimum is None else minimum
        signature = Signature(name, expects, parameters, least, maximum, invalid_type)

        def register(body: Callable[..., Any]) -> Callable[..., Any]:
            self.functions.append(Function(signature, body, scoped))
            return body

        return register


def wrong_type(name: str, place: str, expects: str, value: Any) -> ExpressionError:
    """The sentence of a parameter of a wrong type: `place` is "second parameter", `expects` what it should be."""
    found = type_name(value)
    expected = expects.format(type=found)
    return ExpressionError(
        f"The function '{name}' expects its {place} {expected}. The provided value is of type '{found}'."
    )


def invalid_types(name: str, values: Sequence[Any], expected: str) -> ExpressionError:
    """The sentence of functions that take any number of values of one kind."""
    found = ",".join(dict.fromkeys(type_name(value) for value in values))
    return ExpressionError(
        f"The function '{name}' expects all of its parameters to be {expected}. Found invalid parameter types:"
        f" '{found}'."
    )
