"""The translator of a copy: which source column goes where and as what, read from all the forms that it may have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.data.conversion import Rules
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.interim_types import interim_type
from emulators.datafactory.data.jsonpath import Path, parse_path
from emulators.datafactory.data.settings import Settings, flag, number, section, text


@dataclass(frozen=True)
class Field:
    """One end of a mapping: a column by name or by position from 0, or a path in a document."""

    name: str = ""
    position: int | None = None
    path: Path | None = None
    rooted: bool = False
    type: str | None = None
    """The interim type that is declared, None where none is."""


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
        if written.get("schemaMapping"):
            raise Unsupported("The legacy property 'schemaMapping'", "its reading in data/translator.py.")
        collection = text(written, "collectionReference")
        return cls(
            _pairs(written),
            parse_path(collection)[1] if collection else None,
            flag(written, "mapComplexValuesToString"),
            flag(written, "typeConversion"),
            Rules.read(section(written, "typeConversionSettings")),
        )

    @property
    def is_plain(self) -> bool:
        """Whether nothing is said about columns, so that documents can go through as they are."""
        return self.pairs is None and self.collection is None


def _pairs(written: Settings) -> tuple[Pair, ...] | None:
    mappings = written.get("mappings")
    if mappings is None:
        return _legacy(written.get("columnMappings"))
    if not isinstance(mappings, list):
        raise InvalidSettings("'mappings' of a translator is an array.")
    return tuple(Pair(_field(section(pair, "source")), _field(section(pair, "sink"))) for pair in mappings) or None


def _field(written: Settings) -> Field:
    kind = text(written, "type")
    for name in ("culture", "format"):
        if text(written, name):
            raise Unsupported(f"A mapping with '{name}'", "its rules in data/conversion.py.")
    ordinal = number(written, "ordinal")
    rooted, path = parse_path(text(written, "path")) if text(written, "path") else (False, None)
    name = text(written, "name")
    if not name and path is None and not ordinal:
        raise InvalidSettings("Each side of a mapping needs a 'name', an 'ordinal' from 1, or a 'path'.")
    return Field(name, ordinal - 1 if ordinal else None, path, rooted, interim_type(kind) if kind else None)


def _legacy(columns: Any) -> tuple[Pair, ...] | None:
    """`columnMappings`: an object, or text of the form "A: B, C: D"."""
    if not columns:
        return None
    if isinstance(columns, str):
        columns = dict(pair.split(":", 1) for pair in columns.split(",") if ":" in pair)
    if not isinstance(columns, Mapping):
        raise InvalidSettings("'columnMappings' of a translator is an object or a text.")
    return tuple(Pair(Field(str(source).strip()), Field(str(sink).strip())) for source, sink in columns.items())
