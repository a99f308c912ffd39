"""Copy: moves files as they are, or rows between files of any format and tables of databases.

What a pipeline asks for and this emulator cannot do is refused by name before anything is read. The code of a failure,
2200, is assumed.
"""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.places import Place, failures_of, in_thread, log_store_of, place_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.archives import KEEP_FOLDER
from emulators.datafactory.data.archives import KINDS as ARCHIVES
from emulators.datafactory.data.blob_storage import BlobStorage
from emulators.datafactory.data.compression import SUFFIX, codec_of
from emulators.datafactory.data.copy_binary import BLOCK, ON_THEIR_WAY, BinaryCopy
from emulators.datafactory.data.copy_tables import TableCopy
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.ends import rows_source, sink_types, source_types
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.file_sink import SinkFiles
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.formats import FORMATS
from emulators.datafactory.data.naming import MERGE, Naming, behaviour
from emulators.datafactory.data.rows import RowsSink
from emulators.datafactory.data.session_log import COPY_COLUMNS, SessionLog
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
    "redirectIncompatibleRowSettings": "use 'logSettings', which took its place.",
    "logStorageSettings": "use 'logSettings', which took its place.",
}


@dataclass(frozen=True)
class _Copy:
    """Both ends of a copy, what the activity says of them, and its log."""

    properties: Settings
    source: Place
    sink: Place
    log: SessionLog | None
    counts: Counts

    @property
    def source_settings(self) -> Settings:
        return section(self.properties, "source")

    @property
    def sink_settings(self) -> Settings:
        return section(self.properties, "sink")


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
                if copy.log is not None and copy.log.close():
                    log.append(copy.log.path)

        log: list[str] = []
        await in_thread(logged)
    return _output(copy, services, timestamp(start), time.monotonic() - began, log)


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
    _check_ends(source, sink, properties)
    return _Copy(properties, source, sink, await _log(activity, services), Counts())


def _check_ends(source: Place, sink: Place, properties: Settings) -> None:
    for side, place, types in (("Source", source, source_types), ("Sink", sink, sink_types)):
        written = text(section(properties, side.lower()), "type")
        if written and types(place.dataset) and written not in types(place.dataset):
            raise Unsupported(
                f"A copy whose {side.lower()} is a '{written}' on a dataset of type '{place.dataset.type}'",
                f"it would be a {' or '.join(types(place.dataset))}; the legacy types of files, in data.",
            )
    if (source.dataset.type == "Binary") != (sink.dataset.type == "Binary"):
        raise InvalidSettings("A Binary dataset can be copied to a Binary dataset only (documented).", "Sink")
    if sink.dataset.type == "Xml":
        raise InvalidSettings("Xml can be read and not written (documented).", "Sink")
    if not isinstance(sink.store, BlobStorage | StandIn):
        raise InvalidSettings(f"A linked service of type {sink.linked_service_type} is no sink.", "Sink")


async def _log(activity: Activity, services: ActivityServices) -> SessionLog | None:
    """The session log, where one is asked for: in the folder that is documented."""
    settings = section(activity.type_properties, "logSettings")
    place = section(settings, "logLocationSettings")
    if not place or not flag(settings, "enableCopyActivityLog", default=True):
        return None
    store = await log_store_of(place, activity, services)
    folder = f"{text(place, 'path').strip('/')}/copyactivity-logs/{activity.name}/{activity.activity_run_id}"
    return SessionLog(store, folder, COPY_COLUMNS)


def _binary(copy: _Copy) -> Callable[[Callable[[], None]], None]:
    source, sink, properties = copy.source.dataset, copy.sink.dataset, copy.properties
    if copy.source_settings.get("additionalColumns") or properties.get("translator"):
        raise InvalidSettings("Binary copies have no columns: 'additionalColumns' and 'translator' are for tables.")
    unpack, pack = (
        codec_of("Binary", source.properties, "Source"),
        codec_of("Binary", sink.properties, "Sink"),
    )
    preserve = properties.get("preserve") or []
    if not isinstance(preserve, list) or set(preserve) - {"Attributes"}:
        raise Unsupported(f"'preserve' with {preserve}", "access control of Data Lake accounts, which Azurite lacks.")
    unpack, pack = ("", "") if unpack == pack else (unpack, pack)
    if unpack in ARCHIVES and (pack or text(section(copy.sink_settings, "storeSettings"), "copyBehavior") == MERGE):
        raise Unsupported("An archive that is packed or merged again", "a case in data/copy_binary.py.")
    inside = section(section(copy.source_settings, "formatSettings"), "compressionProperties")
    store_settings = section(copy.source_settings, "storeSettings")
    copy.counts.connections = max(1, min(number(properties, "parallelCopies") or ON_THEIR_WAY, MOST_CONNECTIONS))
    naming = replace(_naming(copy, None), strip=SUFFIX.get(unpack, ""), append=SUFFIX.get(pack, ""))
    job = BinaryCopy(
        copy.source.store,
        copy.sink.store,
        sink.location.container,
        naming,
        check=lambda: None,
        counts=copy.counts,
        block_size=_block_size(copy),
        workers=copy.counts.connections,
        unpack=unpack,
        keep_folder=flag(inside, KEEP_FOLDER.get(unpack, ""), default=True),
        pack=pack,
        level=text(section(sink.properties, "compression"), "level"),
        metadata=_metadata(copy),
        preserve_metadata="Attributes" in preserve,
        delete_source=flag(store_settings, "deleteFilesAfterCompletion"),
        skip_missing=flag(section(properties, "skipErrorFile"), "fileMissing", default="skipErrorFile" in properties),
        verify=flag(properties, "validateDataConsistency"),
        skipped=copy.log.skipped if copy.log else lambda path, message: None,
    )

    def work(check: Callable[[], None]) -> None:
        replace(job, check=check).run(chosen(copy.source.store, source.location, store_settings))

    return work


def _tables(copy: _Copy) -> Callable[[Callable[[], None]], None]:
    properties = copy.properties
    if properties.get("validateDataConsistency"):
        raise Unsupported("'validateDataConsistency' for rows", "a count of the sink's rows in data/copy_tables.py.")
    if flag(section(copy.source_settings, "storeSettings"), "deleteFilesAfterCompletion"):
        raise InvalidSettings("'deleteFilesAfterCompletion' is for binary copies only (documented).")
    skips = flag(properties, "enableSkipIncompatibleRow")
    translator = Translator.read(properties.get("translator"))
    pieces = min(number(properties, "parallelCopies") or DEFAULT_PIECES, MOST_CONNECTIONS)
    source = rows_source(copy.source.store, copy.source.dataset, copy.source_settings, pieces=pieces)
    sink: RowsSink
    if isinstance(copy.sink.store, StandIn):
        sink = SqlTable.read(copy.sink.store, copy.sink.dataset, copy.sink_settings)
    else:
        sink = _sink_files(copy)
    copy.counts.tabular = True

    def work(check: Callable[[], None]) -> None:
        skip = (copy.log.rejected if copy.log else lambda row: None) if skips else None
        TableCopy(source, sink, translator, check, copy.counts, skip).run()

    return work


def _sink_files(copy: _Copy) -> SinkFiles:
    sink = copy.sink.dataset
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
        WriteOptions(_block_size(copy), _metadata(copy)),
        codec,
        text(sink.properties, "compressionLevel") or text(section(sink.properties, "compression"), "level"),
        most,
    )


def _naming(copy: _Copy, extension: str | None) -> Naming:
    how = behaviour(text(section(copy.sink_settings, "storeSettings"), "copyBehavior"))
    return Naming(copy.sink.dataset.location, how, extension, lambda: f"data_{uuid.uuid4()}_{uuid.uuid4()}")


def _block_size(copy: _Copy) -> int:
    """Bytes of a block, as `blockSizeInMB` has it."""
    given = number(section(copy.sink_settings, "storeSettings"), "blockSizeInMB")
    low, high = BLOCK_LIMITS
    if given is not None and not low <= given <= high:
        raise InvalidSettings(f"'blockSizeInMB' must be between {low} and {high}, not {given}.", "Sink")
    return BLOCK if given is None else given << 20


def _metadata(copy: _Copy) -> dict[str, str]:
    written = section(copy.sink_settings, "storeSettings").get("metadata") or []
    if not isinstance(written, list):
        raise InvalidSettings("'metadata' is an array of objects with 'name' and 'value'.", "Sink")
    return {text(item, "name"): text(item, "value") for item in written}


def _output(copy: _Copy, services: ActivityServices, start: str, seconds: float, log: list[str]) -> dict[str, Any]:
    """What the service reports of a copy (names documented; `usedDataIntegrationUnits` is what it starts with)."""
    counts = copy.counts
    output: dict[str, Any] = {
        "dataRead": counts.data_read,
        "dataWritten": counts.data_written,
        **({} if isinstance(copy.source.store, StandIn) else {"filesRead": counts.files_read}),
        **({} if isinstance(copy.sink.store, StandIn) else {"filesWritten": counts.files_written}),
        "sourcePeakConnections": counts.connections,
        "sinkPeakConnections": counts.connections,
    }
    if counts.files_skipped:
        output["filesSkipped"] = counts.files_skipped
    if counts.tabular:
        output |= {"rowsRead": counts.rows_read, "rowsCopied": counts.rows_copied}
        if flag(copy.properties, "enableSkipIncompatibleRow"):
            output["rowsSkipped"] = counts.rows_skipped
    duration = max(1, round(seconds))
    output |= {
        "copyDuration": duration,
        "throughput": round(counts.data_read / 1024 / max(seconds, 0.001), 3),
        "errors": [],
        **({"logFilePath": log[0]} if log else {}),
        "usedDataIntegrationUnits": 4,
        "usedParallelCopies": counts.connections,
    }
    if flag(copy.properties, "validateDataConsistency"):
        output["dataConsistencyVerification"] = {"VerificationResult": "Verified", "InconsistentData": "None"}
    output["executionDetails"] = [_details(copy, start, duration)]
    whole = with_tail(output, services.integration_runtime, seconds)
    del whole["executionDuration"]  # a copy has `copyDuration`
    whole["billingReference"] = {
        "activityType": "DataMovement",
        "billableDuration": [{"meterType": "AzureIR", "duration": round(4 * duration / 3600, 16), "unit": "DIUHours"}],
    }
    return whole


def _details(copy: _Copy, start: str, duration: int) -> dict[str, Any]:
    return {
        "source": _end(copy.source),
        "sink": _end(copy.sink),
        "status": "Succeeded",
        "start": start,
        "duration": duration,
        "usedDataIntegrationUnits": 4,
        "usedParallelCopies": copy.counts.connections,
        "profile": {
            "queue": {"status": "Completed", "duration": 0},
            "transfer": {"status": "Completed", "duration": duration},
        },
        "detailedDurations": {"queuingDuration": 0, "transferDuration": duration},
    }


def _end(place: Place) -> dict[str, str]:
    """One end as the details name it. A stand-in is not where it seems to be, and says so where a region would."""
    stand_in = {"region": "local stand-in (SQLite)"} if isinstance(place.store, StandIn) else {}
    return {"type": place.linked_service_type, **stand_in}
