"""Copy: moves files as they are, or rows between files of any format and tables of databases.

What a pipeline asks for and this emulator cannot do is refused by name before anything is read. The code of a failure,
2200, is assumed.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulators.datafactory.activities.copy_log import copy_log
from emulators.datafactory.activities.copy_output import CopyReport, End
from emulators.datafactory.activities.places import Place, failures_of, in_thread, place_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.archives import KINDS as ARCHIVES
from emulators.datafactory.data.archives import keeps_folder
from emulators.datafactory.data.blob_storage import BlobStorage
from emulators.datafactory.data.compression import SUFFIX, codec_of
from emulators.datafactory.data.copy_binary import BLOCK, LAST_MODIFIED, ON_THEIR_WAY, BinaryCopy
from emulators.datafactory.data.copy_tables import TableCopy
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.ends import check_fits, rows_source, sink_types, source_types
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.fault_tolerance import FaultTolerance
from emulators.datafactory.data.file_sink import SinkFiles
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.formats import FORMATS, READ_ONLY
from emulators.datafactory.data.http_server import HttpServer
from emulators.datafactory.data.legacy import NEW_MODEL
from emulators.datafactory.data.naming import PRESERVE, Naming, behaviour
from emulators.datafactory.data.rest_service import RestService
from emulators.datafactory.data.rest_sink import RestSink
from emulators.datafactory.data.rows import RowsSink
from emulators.datafactory.data.session_log import CopyLog
from emulators.datafactory.data.settings import Settings, flag, number, section, text
from emulators.datafactory.data.sql.partitions import DEFAULT_PIECES
from emulators.datafactory.data.sql.sink import SqlTable
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.data.store import WriteOptions
from emulators.datafactory.data.translator import Translator
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.timestamps import timestamp

CODE = "2200"
MOST_CONNECTIONS = 32
"""However many `parallelCopies` asks for: each takes a thread and a block of memory here."""

BLOCK_LIMITS = (4, 100)
"""MB that a block may have (documented)."""

_REFUSED: Mapping[str, str] = {
    "enableStaging": "a local stand-in for a database is written directly; switch it off in this environment.",
    "preserveRules": "the rules of a database's types, with databases.",
}


@dataclass(frozen=True)
class _Copy:
    """Both ends of a copy, what the activity says of them, and its log."""

    properties: Settings
    source: Place
    sink: Place
    source_settings: Settings
    sink_settings: Settings
    log: CopyLog
    counts: Counts

    @property
    def behaviour(self) -> str:
        return behaviour(text(section(self.sink_settings, "storeSettings"), "copyBehavior"))


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `dataRead`, `filesRead`, `rowsCopied`, … as far as they apply, `executionDetails`, the common tail."""
    began, start = time.monotonic(), services.clock.now()
    with failures_of(CODE):
        copy = await _prepared(activity, services)
        work = _binary(copy) if copy.source.dataset.type == "Binary" else _tables(copy)

        def logged(check: Callable[[], None]) -> None:
            try:
                work(check)
            finally:
                copy.log.close()

        await in_thread(logged)
    report = CopyReport(
        _end(copy.source),
        _end(copy.sink),
        copy.counts,
        copy.log.output(),
        flag(copy.properties, "enableSkipIncompatibleRow"),
        _verification(copy),
    )
    return report.output(services.integration_runtime, timestamp(start), time.monotonic() - began)


async def _prepared(activity: Activity, services: ActivityServices) -> _Copy:
    properties = activity.type_properties
    for name, ends in (("inputs", activity.inputs), ("outputs", activity.outputs)):
        if len(ends) != 1:
            raise InvalidSettings(f"A copy has exactly one dataset in '{name}', not {len(ends)}.")
    for name, instead in _REFUSED.items():
        if properties.get(name):
            raise Unsupported(f"A copy with '{name}'", instead)
    source = await place_of(activity.inputs[0], activity, services)
    sink = await place_of(activity.outputs[0], activity, services, "Sink")
    read, source_settings = source.dataset.as_source(section(properties, "source"))
    written, sink_settings = sink.dataset.as_sink(section(properties, "sink"))
    source, sink = replace(source, dataset=read), replace(sink, dataset=written)
    _check_ends(source, sink, source_settings, sink_settings)
    log = await copy_log(activity, services)
    return _Copy(properties, source, sink, source_settings, sink_settings, log, Counts())


def _check_ends(source: Place, sink: Place, source_settings: Settings, sink_settings: Settings) -> None:
    check_fits(source.store, source.dataset)
    check_fits(sink.store, sink.dataset, "Sink")
    for side, place, settings, types in (
        ("source", source, source_settings, source_types(source.dataset)),
        ("sink", sink, sink_settings, sink_types(sink.dataset)),
    ):
        written = text(settings, "type")
        if written and types and written not in types:
            raise Unsupported(
                f"A copy whose {side} is a '{written}' on a dataset of type '{place.dataset.type}'",
                f"nothing: on this dataset the {side} is a {' or '.join(types)}.",
            )
    if (source.dataset.type == "Binary") != (sink.dataset.type == "Binary"):
        raise InvalidSettings("A Binary dataset can be copied to a Binary dataset only (documented).", "Sink")
    if sink.dataset.type in READ_ONLY:
        raise InvalidSettings(f"{sink.dataset.type} can be read and not written (documented).", "Sink")
    if not isinstance(sink.store, BlobStorage | RestService | StandIn):
        raise InvalidSettings(f"A linked service of type {sink.linked_service_type} is no sink.", "Sink")


def _binary(copy: _Copy) -> Callable[[Callable[[], None]], None]:
    source, sink, properties = copy.source.dataset, copy.sink.dataset, copy.properties
    if copy.source_settings.get("additionalColumns") or properties.get("translator"):
        raise InvalidSettings("Binary copies have no columns: 'additionalColumns' and 'translator' are for tables.")
    unpack, pack = codec_of("Binary", source.properties, "Source"), codec_of("Binary", sink.properties, "Sink")
    preserve = properties.get("preserve") or []
    if not isinstance(preserve, list) or set(preserve) - {"Attributes"}:
        raise Unsupported(f"'preserve' with {preserve}", "access control of Data Lake accounts, which Azurite lacks.")
    unpack, pack = ("", "") if unpack == pack else (unpack, pack)
    store_settings = section(copy.source_settings, "storeSettings")
    copy.counts.connections = max(1, min(number(properties, "parallelCopies") or ON_THEIR_WAY, MOST_CONNECTIONS))
    strip = "" if unpack in ARCHIVES else SUFFIX.get(unpack, "")
    lake = copy.sink.linked_service_type == "AzureBlobFS"
    job = BinaryCopy(
        copy.source.store,
        copy.sink.store,
        sink.location.container,
        replace(_naming(copy, None), strip=strip, append=SUFFIX.get(pack, "")),
        check=lambda: None,
        counts=copy.counts,
        block_size=_block_size(copy),
        workers=copy.counts.connections,
        unpack=unpack,
        keep_folder=keeps_folder(unpack, section(copy.source_settings, "formatSettings")),
        pack=pack,
        level=text(section(sink.properties, "compression"), "level"),
        metadata=_metadata(copy),
        preserve_attributes="Attributes" in preserve,
        delete_source=flag(store_settings, "deleteFilesAfterCompletion"),
        into_lake=lake,
        verify=_verification(copy) == "Verified",
        tolerance=_tolerance(copy, into_lake=lake),
        log=copy.log,
    )

    def work(check: Callable[[], None]) -> None:
        running = replace(job, check=check)
        running.run(chosen(copy.source.store, source.location, store_settings, running.skip))

    return work


def _tables(copy: _Copy) -> Callable[[Callable[[], None]], None]:
    properties, source = copy.properties, copy.source
    if flag(section(copy.source_settings, "storeSettings"), "deleteFilesAfterCompletion"):
        raise InvalidSettings("'deleteFilesAfterCompletion' is for binary copies only (documented).")
    if properties.get("preserve"):
        raise InvalidSettings("'preserve' is for binary copies only (documented).", "Sink")
    translator = Translator.read(_translator(copy))
    pieces = min(number(properties, "parallelCopies") or DEFAULT_PIECES, MOST_CONNECTIONS)
    sink = _rows_sink(copy)
    copy.counts.tabular = True

    def work(check: Callable[[], None]) -> None:
        rows = rows_source(source.store, source.dataset, copy.source_settings, check, pieces=pieces)
        skip = copy.log.rejected if flag(properties, "enableSkipIncompatibleRow") else None
        verify = _verification(copy) == "Verified"
        TableCopy(rows, sink, translator, check, copy.counts, skip, copy.log, verify=verify).run()

    return work


def _rows_sink(copy: _Copy) -> RowsSink:
    place = copy.sink
    if isinstance(place.store, StandIn):
        return SqlTable.read(place.store, place.dataset, copy.sink_settings)
    if isinstance(place.store, RestService):
        return RestSink.read(place.store, place.dataset, copy.sink_settings)
    return _sink_files(copy)


def _sink_files(copy: _Copy) -> SinkFiles:
    sink, metadata = copy.sink.dataset, _metadata(copy)
    if LAST_MODIFIED in metadata.values():
        raise InvalidSettings(f"'{LAST_MODIFIED}' is for binary copies only (documented).", "Sink")
    format_settings = section(copy.sink_settings, "formatSettings")
    codec = codec_of(sink.type, sink.properties, "Sink")
    extension = text(format_settings, "fileExtension") or {"DelimitedText": ".txt", "Json": ".json"}.get(sink.type)
    extension = (extension or FORMATS[sink.type].suffix) + SUFFIX.get(codec, "")
    most = number(format_settings, "maxRowsPerFile") or None
    if most and sink.location.file:
        raise InvalidSettings("'maxRowsPerFile' writes into a folder; the sink's dataset must not name a file.", "Sink")
    return SinkFiles(
        copy.sink.store,
        sink,
        format_settings,
        _naming(copy, extension),
        WriteOptions(_block_size(copy), metadata),
        codec,
        text(sink.properties, "compressionLevel") or text(section(sink.properties, "compression"), "level"),
        most,
    )


def _translator(copy: _Copy) -> Any:
    """The activity's mapping, or the one in a legacy dataset."""
    legacy, written = copy.source.dataset.legacy, copy.properties.get("translator")
    if legacy is None or legacy.translator is None:
        return written
    if written:
        raise Unsupported(f"A 'translator' with 'jsonPathDefinition' (dataset '{copy.source.dataset.name}')", NEW_MODEL)
    return legacy.translator


def _tolerance(copy: _Copy, *, into_lake: bool) -> FaultTolerance:
    """One named file, and compressed ones, are never skipped (documented)."""
    store, location = section(copy.source_settings, "storeSettings"), copy.source.dataset.location
    several = not location.file or any(text(store, name) for name in ("wildcardFileName", "prefix", "fileListPath"))
    if not several or _compressed(copy):
        return FaultTolerance()
    verifies = _verification(copy) == "Verified"
    return FaultTolerance.read(copy.properties, verifies=verifies, into_lake=into_lake)


def _verification(copy: _Copy) -> str:
    """The result that a copy's output has: consistency cannot be verified of web servers and services, nor of binary
    files whose hierarchy is not kept (documented), nor of those that are packed or unpacked on the way (assumed).
    """
    if not flag(copy.properties, "validateDataConsistency"):
        return "NotVerified"
    binary = copy.source.dataset.type == "Binary"
    changed = binary and (copy.behaviour != PRESERVE or _compressed(copy))
    return "Unsupported" if changed or isinstance(copy.source.store, HttpServer | RestService) else "Verified"


def _compressed(copy: _Copy) -> bool:
    source, sink = copy.source.dataset, copy.sink.dataset
    return bool(codec_of(source.type, source.properties, "Source") or codec_of(sink.type, sink.properties, "Sink"))


def _naming(copy: _Copy, extension: str | None) -> Naming:
    return Naming(copy.sink.dataset.location, copy.behaviour, extension, lambda: f"data_{uuid.uuid4()}_{uuid.uuid4()}")


def _block_size(copy: _Copy) -> int:
    """Bytes of a block, as `blockSizeInMB` has it."""
    given = number(section(copy.sink_settings, "storeSettings"), "blockSizeInMB")
    low, high = BLOCK_LIMITS
    if given is not None and not low <= given <= high:
        raise InvalidSettings(f"'blockSizeInMB' must be between {low} and {high}, not {given}.", "Sink")
    return BLOCK if given is None else given << 20


def _metadata(copy: _Copy) -> dict[str, str]:
    written = section(copy.sink_settings, "storeSettings").get("metadata") or []
    if not isinstance(written, list) or not all(isinstance(item, Mapping) for item in written):
        raise InvalidSettings("'metadata' is an array of objects with 'name' and 'value'.", "Sink")
    return {text(item, "name"): text(item, "value") for item in written}


def _end(place: Place) -> End:
    return End(
        place.linked_service_type,
        has_files=not isinstance(place.store, RestService | StandIn),
        stand_in=isinstance(place.store, StandIn),
    )
