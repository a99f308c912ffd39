"""The datasets, sources and sinks from before there were formats, as the service still takes them: made into their
format-based likes here, and unknown everywhere else.

Names and defaults are those of the documentation's legacy articles; without `format` files are copied as they are.
What has no like is refused by name.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.location import BLOB, HTTP, LAKE
from emulators.datafactory.data.settings import Settings, flag, section, text

NEW_MODEL = "use the format-based dataset, which can say it."
_FORMATS = {
    "textformat": "DelimitedText",
    "jsonformat": "Json",
    "avroformat": "Avro",
    "orcformat": "Orc",
    "parquetformat": "Parquet",
}
_WILDCARD = re.compile(r"[*?]")


@dataclass(frozen=True)
class Kind:
    """A legacy dataset type: its location's like, and the source and sink that go with it ("" for none)."""

    location: str
    source: str
    sink: str


KINDS: Mapping[str, Kind] = {
    "AzureBlob": Kind(BLOB, "BlobSource", "BlobSink"),
    "AzureBlobFSFile": Kind(LAKE, "AzureBlobFSSource", "AzureBlobFSSink"),
    "HttpFile": Kind(HTTP, "HttpSource", ""),
}
"""Dataset type → what belongs to it."""


@dataclass(frozen=True)
class Legacy:
    """What a legacy dataset says that is said elsewhere now. `store` and `format` are settings of the activity's source
    or sink, `nulls` further texts that mean null, `translator` the mapping in it.
    """

    kind: Kind
    store: Settings = field(default_factory=dict)
    format: Settings = field(default_factory=dict)
    nulls: tuple[str, ...] = ()
    translator: Settings | None = None


def translated(kind: str, written: Settings, name: str) -> tuple[str, dict[str, Any], Legacy]:
    """The dataset type, the `typeProperties` and the rest for evaluated legacy `typeProperties`; raises
    InvalidSettings, Unsupported naming the dataset.
    """
    for unknown in ("partitionedBy", "tableRootLocation"):
        if written.get(unknown):
            raise Unsupported(f"'{unknown}' of the legacy dataset '{name}'", NEW_MODEL)
    legacy = KINDS[kind]
    location, store = _location(legacy, written, name)
    format_written = section(written, "format")
    properties: dict[str, Any] = {"location": location}
    if not format_written:
        return "Binary", properties | _compression("Binary", written), Legacy(legacy, store)
    new = _FORMATS.get(text(format_written, "type").lower())
    if new is None:
        raise InvalidSettings(f"'{text(format_written, 'type')}' is no format of a legacy dataset (dataset '{name}').")
    # names are taken whatever their case, as the documentation's own example has it
    by_name = {key.lower(): value for key, value in format_written.items()}
    properties |= _compression(new, written)
    if new == "DelimitedText":
        more, settings, nulls = _text_format(by_name)
        return new, properties | more, Legacy(legacy, store, settings, nulls)
    if new == "Json":
        return new, properties | _given(by_name, "encodingName"), _json_format(legacy, store, by_name, name)
    if new == "Orc":
        properties["orcCompressionCodec"] = "zlib"
    return new, properties, Legacy(legacy, store)


def source_settings(legacy: Legacy, written: Settings, new: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The format-based source for a legacy one, and the texts that mean null then."""
    _check_type(legacy.kind.source, text(written, "type"))
    given = _given(written, "recursive", "maxConcurrentConnections")
    store: dict[str, Any] = {**legacy.store, **given, **section(written, "storeSettings")}
    if written.get("httpRequestTimeout"):
        store["requestTimeout"] = written["httpRequestTimeout"]
    skipped = written.get("skipHeaderLineCount")
    settings = legacy.format if skipped is None else {**legacy.format, "skipLineCount": skipped}
    empty_is_null = flag(written, "treatEmptyAsNull", default="" in legacy.nulls)
    nulls = tuple(null for null in legacy.nulls if null) + (("",) if empty_is_null else ())
    kept = _given(written, "additionalColumns")
    return {"type": f"{new}Source", "storeSettings": store, "formatSettings": settings, **kept}, nulls


def sink_settings(legacy: Legacy, written: Settings, new: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The format-based sink for a legacy one, and properties of its dataset that it decides."""
    _check_type(legacy.kind.sink, text(written, "type"))
    if written.get("blobWriterDateTimeFormat"):
        raise Unsupported("'blobWriterDateTimeFormat'", NEW_MODEL)
    if not flag(written, "blobWriterOverwriteFiles", default=True):
        raise Unsupported("A sink with 'blobWriterOverwriteFiles' off", "a check for blobs before they are written.")
    store = _given(written, "copyBehavior", "metadata", "maxConcurrentConnections")
    header = _given(written, "blobWriterAddHeader")
    decided = {"firstRowAsHeader": header["blobWriterAddHeader"]} if header and new == "DelimitedText" else {}
    return {"type": f"{new}Sink", "storeSettings": store, "formatSettings": dict(legacy.format)}, decided


def _check_type(wanted: str, written: str) -> None:
    if written and written != wanted:
        raise InvalidSettings(
            f"A legacy dataset goes with a '{wanted}', not with a '{written}'."
            if wanted
            else f"This legacy dataset can be no sink, so there is no '{written}' for it."
        )


def _location(legacy: Kind, written: Settings, name: str) -> tuple[dict[str, str], dict[str, Any]]:
    """The location, and what of it is settings of a store now."""
    if legacy.location == HTTP:
        asked = _given(written, "requestMethod", "requestBody", "additionalHeaders")
        return {"type": HTTP, "relativeUrl": text(written, "relativeUrl")}, asked
    container, _, folder = text(written, "folderPath").strip("/").partition("/")
    if not container:
        raise InvalidSettings(f"The dataset '{name}' has no value for the property 'folderPath'.")
    file, store = text(written, "fileName"), _given(written, "modifiedDatetimeStart", "modifiedDatetimeEnd")
    if _WILDCARD.search(folder):
        store["wildcardFolderPath"], folder = folder, ""
    if _WILDCARD.search(file):
        store["wildcardFileName"], file = file, ""
    place = "container" if legacy.location == BLOB else "fileSystem"
    return {"type": legacy.location, place: container, "folderPath": folder.strip("/"), "fileName": file}, store


def _compression(new: str, written: Settings) -> dict[str, Any]:
    compression = section(written, "compression")
    if not compression:
        return {}
    if new == "DelimitedText":
        return {"compressionCodec": text(compression, "type"), "compressionLevel": text(compression, "level")}
    return {"compression": compression}


def _text_format(written: Settings) -> tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]:
    """Properties, read settings and further nulls. A quote within quotes is written twice (assumed)."""
    quote, escape = text(written, "quotechar"), text(written, "escapechar")
    if quote and escape:
        raise InvalidSettings("TextFormat takes 'escapeChar' or 'quoteChar', not both (documented).")
    properties = {
        **_given(written, "columnDelimiter", "rowDelimiter", "encodingName", "firstRowAsHeader"),
        "quoteChar": quote,
        "escapeChar": quote or escape,
        "nullValue": text(written, "nullvalue", "\\N"),
    }
    nulls = () if written.get("nullvalue") is not None else ("NULL",)
    empty_is_null = flag(written, "treatemptyasnull", default=True)
    return properties, _given(written, "skipLineCount"), (*nulls, "") if empty_is_null else nulls


def _json_format(legacy: Kind, store: Settings, written: Settings, name: str) -> Legacy:
    if text(written, "nestingseparator", ".") != ".":
        raise Unsupported(f"'nestingSeparator' of the legacy dataset '{name}'", NEW_MODEL)
    paths, reference = section(written, "jsonpathdefinition"), text(written, "jsonnodereference")
    if reference and not paths:
        raise Unsupported(f"'jsonNodeReference' alone (legacy dataset '{name}')", NEW_MODEL)
    translator: dict[str, Any] | None = None
    if paths:
        mappings = [{"source": {"path": str(path).strip()}, "sink": {"name": column}} for column, path in paths.items()]
        translator = {"type": "TabularTranslator", "mappings": mappings}
        if reference:
            translator["collectionReference"] = reference
    return Legacy(legacy, store, _given(written, "filePattern"), translator=translator)


def _given(written: Settings, *names: str) -> dict[str, Any]:
    """Those of the properties that are there, under the given spelling."""
    found = {name: written.get(name, written.get(name.lower())) for name in names}
    return {name: value for name, value in found.items() if value is not None}
