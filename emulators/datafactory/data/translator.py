"""The translator of a copy: which source column goes where and as what, read from all the forms that it may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.interim_types import interim_type
from emulators.datafactory.data.jsonpath import Path, parse_path
from emulators.datafactory.data.rules import Rules
from emulators.datafactory.data.settings import Settings, flag, number, section, text


@dataclass(frozen=True)
class Field:
    """One end of a mapping: a column by name or by position from 0, or a path in a document."""

    name: str = ""
    position: int | None = None
    path: Path | None = None
    rooted: bool = False
    inner: Path | None = None
    """What the name means as a path from the current element, where names and paths look alike (`schemaMapping`)."""
    type: str | None = None
    """The interim type that is declared, None where none is."""
    rules: Rules | None = None
    """The conversion's rules with this side's `format` and `culture`, None where it has neither."""


@dataclass(frozen=True)
class Pair:
    source: Field
    sink: Field

    @property
    def label(self) -> str:
        """What the column is called on its way: unique among the pairs, whichever way the sink names it."""
        return self.sink.name or ".".join(str(step) for step in self.sink.path or ())


@dataclass(frozen=True)
class Translator:
    """`pairs` None: by name. `collection` is the path of the array whose elements become rows."""

    pairs: tuple[Pair, ...] | None = None
    collection: Path | None = None
    complex_as_text: bool = False
    converts: bool = False
    rules: Rules = field(default_factory=Rules)

    @classmethod
    def read(cls, written: Any) -> "Translator":
        """Read an evaluated `translator`, None for none; raises InvalidSettings, Unsupported."""
        if not written:
            return cls()
        if not isinstance(written, Mapping) or text(written, "type", "TabularTranslator") != "TabularTranslator":
            raise InvalidSettings("The translator of a copy is an object of type TabularTranslator.")
        collection = text(written, "collectionReference")
        rules = Rules.read(section(written, "typeConversionSettings"))
        return cls(
            _pairs(written, rules),
            parse_path(collection)[1] if collection else None,
            flag(written, "mapComplexValuesToString"),
            flag(written, "typeConversion"),
            rules,
        )

    @property
    def is_plain(self) -> bool:
        """Whether nothing is said about columns, so that documents can go through as they are."""
        return self.pairs is None and self.collection is None


def _pairs(written: Settings, rules: Rules) -> tuple[Pair, ...] | None:
    mappings = written.get("mappings")
    if mappings is None:
        return _columns(written.get("columnMappings")) or _schema(written.get("schemaMapping"))
    if not isinstance(mappings, list):
        raise InvalidSettings("'mappings' of a translator is an array.")
    sides = ((section(pair, "source"), section(pair, "sink")) for pair in mappings)
    return tuple(Pair(_field(source, rules), _field(sink, rules)) for source, sink in sides) or None


def _field(written: Settings, rules: Rules) -> Field:
    kind = text(written, "type")
    ordinal = number(written, "ordinal")
    rooted, path = parse_path(text(written, "path")) if text(written, "path") else (False, None)
    name = text(written, "name")
    if not name and path is None and not ordinal:
        raise InvalidSettings("Each side of a mapping needs a 'name', an 'ordinal' from 1, or a 'path'.")
    own = rules.with_own(written) if text(written, "format") or text(written, "culture") else None
    declared = interim_type(kind) if kind else None
    return Field(name, ordinal - 1 if ordinal else None, path, rooted, type=declared, rules=own)


def _columns(columns: Any) -> tuple[Pair, ...] | None:
    """The legacy `columnMappings`: an object, or text of the form "A: B, C: D"."""
    if not columns:
        return None
    if isinstance(columns, str):
        parts = [pair.partition(":") for pair in columns.split(",") if pair.strip()]
        wrong = next((source for source, colon, sink in parts if not (source.strip() and colon and sink.strip())), None)
        if wrong is not None:
            raise InvalidSettings(f"'columnMappings' has the form 'A: B, C: D', and '{wrong.strip()}' has no partner.")
        pairs = [(source.strip(), sink.strip()) for source, _, sink in parts]
    elif isinstance(columns, Mapping):
        pairs = [(str(source).strip(), str(sink).strip()) for source, sink in columns.items()]
    else:
        raise InvalidSettings("'columnMappings' of a translator is an object or a text.")
    _check_once("columnMappings", pairs)
    return tuple(Pair(Field(source), Field(sink)) for source, sink in pairs)


def _schema(columns: Any) -> tuple[Pair, ...] | None:
    """The legacy `schemaMapping`: source to sink, each a column's name or a path in a document. Which of
    them a name is, only the data tells.
    """
    if not columns:
        return None
    if not isinstance(columns, Mapping) or not all(isinstance(sink, str) and sink for sink in columns.values()):
        raise InvalidSettings("'schemaMapping' of a translator is an object of texts.")
    pairs = [(str(source).strip(), sink.strip()) for source, sink in columns.items()]
    _check_once("schemaMapping", pairs)
    return tuple(Pair(_either(source), _either(sink)) for source, sink in pairs)


def _either(written: str) -> Field:
    """A path where it can be nothing else, else a name, which in documents may lead on to what lies deeper."""
    if written.startswith(("$", "[")):
        rooted, path = parse_path(written)
        return Field(path=path, rooted=rooted)
    try:
        return Field(written, inner=parse_path(written)[1])
    except DataError:
        return Field(written)


def _check_once(setting: str, pairs: list[tuple[str, str]]) -> None:
    """Mapping a column twice is an error (documented for `columnMappings`)."""
    sinks = [sink for _, sink in pairs]
    sources = [source for source, _ in pairs]
    twice = next((name for names in (sources, sinks) for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidSettings(f"'{setting}' of a translator maps '{twice}' more than once.")
