"""A dataset as an activity uses it: its parameters filled in, its expressions evaluated, its location read."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.legacy import KINDS as LEGACY
from emulators.datafactory.data.legacy import NEW_MODEL, Legacy, sink_settings, source_settings, translated
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.settings import Settings, section
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.expressions import ExpressionError, Scope, evaluate_value

FILES = frozenset({"Avro", "Binary", "DelimitedText", "Excel", "Json", "Orc", "Parquet", "Xml"})
"""Dataset types of files that can be read."""

PLACELESS = frozenset({"RestResource", *TABLES})
"""Types without a `location`: their properties say where the data is, see data/sql/tables.py for tables."""


@dataclass(frozen=True)
class Dataset:
    """`properties` are the evaluated typeProperties, `schema` what the dataset declares (`[{name, type}]`).

    One of a legacy type is its format-based like here; `legacy` is what that one does not say, `nulls` are further
    texts that mean null in it.
    """

    name: str
    type: str
    linked_service: Mapping[str, Any]
    location: Location
    properties: Settings = field(default_factory=dict)
    schema: tuple[Mapping[str, Any], ...] = ()
    legacy: Legacy | None = None
    nulls: tuple[str, ...] = ()

    def as_source(self, written: Settings) -> tuple["Dataset", Settings]:
        """The dataset and the `source` that reads it, a legacy one as its format-based like."""
        if self.legacy is None:
            return self, written
        settings, nulls = source_settings(self.legacy, written, self.type)
        return replace(self, nulls=nulls), settings

    def as_sink(self, written: Settings) -> tuple["Dataset", Settings]:
        """The dataset and the `sink` that writes it, a legacy one as its format-based like."""
        if self.legacy is None:
            return self, written
        settings, decided = sink_settings(self.legacy, written, self.type)
        return replace(self, properties={**self.properties, **decided}), settings


def resolve_dataset(reference: Any, resources: Resources, asked_by: str) -> Dataset:
    """The dataset behind a reference; raises DataError or Unsupported naming who asked and what is missing."""
    name = reference.get("referenceName") if isinstance(reference, Mapping) else None
    if not isinstance(name, str) or not isinstance(reference, Mapping):
        raise InvalidSettings(f"{asked_by} refers to no dataset.")
    found = resources.dataset(name)
    if found is None:
        raise DataError("BadRequest", f"The dataset '{name}' that {asked_by} refers to does not exist.")
    spelled, written = found
    return _read(spelled, written, reference.get("parameters") or {})


def _read(name: str, written: Mapping[str, Any], given: Mapping[str, Any]) -> Dataset:
    kind = str(written.get("type"))
    if kind not in LEGACY:
        _check_type(kind, name)
    parameters = {key: spec.get("defaultValue") for key, spec in section(written, "parameters").items()}
    parameters.update(given)
    scope = Scope(dataset=parameters)
    try:
        properties = evaluate_value(written.get("typeProperties") or {}, scope)
        reference = dict(section(written, "linkedServiceName"))
        reference["parameters"] = evaluate_value(reference.get("parameters") or {}, scope)
        schema = evaluate_value(written.get("schema") or [], scope)
    except ExpressionError as error:
        raise DataError(error.code, f"In the dataset '{name}': {error.message}") from error
    found: Legacy | None = None
    if kind in LEGACY:
        if written.get("structure"):
            raise Unsupported(f"'structure' of the legacy dataset '{name}'", NEW_MODEL)
        kind, properties, found = translated(kind, properties, name)
        _check_type(kind, name)
    location = Location.read(section(properties, "location"), name) if kind in FILES else Location("")
    declared = tuple(schema) if isinstance(schema, list) else ()
    return Dataset(name, kind, reference, location, properties, declared, found)


def _check_type(kind: str, name: str) -> None:
    if kind not in FILES and kind not in PLACELESS:
        raise Unsupported(
            f"A dataset of type '{kind}' (dataset '{name}')",
            "a module in data/formats and its row in FORMATS, or a row in TABLES of data/sql/kinds.py.",
        )
