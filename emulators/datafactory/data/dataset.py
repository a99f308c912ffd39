"""A dataset as an activity uses it: its parameters filled in, its expressions evaluated, its location read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.data.errors import DataError, InvalidSettings, Unsupported
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.settings import Settings, section
from emulators.datafactory.data.sql.kinds import TABLES
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.expressions import ExpressionError, Scope, evaluate_value

FILES = frozenset({"Binary", "DelimitedText", "Json", "Parquet", "Orc", "Xml"})
"""Dataset types of files that can be read."""

REFUSED = {
    "Avro": "the package fastavro among the project's dependencies and a module in data/formats.",
    "Excel": "the package openpyxl among the project's dependencies and a module in data/formats.",
}


@dataclass(frozen=True)
class Dataset:
    """`properties` are the evaluated typeProperties, `schema` what the dataset declares (`[{name, type}]`)."""

    name: str
    type: str
    linked_service: Mapping[str, Any]
    location: Location
    properties: Settings = field(default_factory=dict)
    schema: tuple[Mapping[str, Any], ...] = ()


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
    if kind not in FILES and kind not in TABLES:
        missing = REFUSED.get(
            kind, "a module in data/formats and its row in FORMATS, or a row in TABLES of data/sql/kinds.py."
        )
        raise Unsupported(f"A dataset of type '{kind}' (dataset '{name}')", missing)
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
    # a table is named by the properties themselves, see data/sql/tables.py
    location = Location("") if kind in TABLES else Location.read(section(properties, "location"), name)
    return Dataset(name, kind, reference, location, properties, tuple(schema) if isinstance(schema, list) else ())
