"""Copy: moves files as they are, or rows between files of any format and tables of databases.

What a pipeline asks for and this emulator cannot do is refused by name before anything is read. The code of a failure,
2200, is assumed.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from emulators.datafactory.activities.copy_output import CopyReport
from emulators.datafactory.activities.copy_request import CopyRequest, copy_request, end_of
from emulators.datafactory.activities.places import failures_of, in_thread
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.archives import KINDS as ARCHIVES
from emulators.datafactory.data.archives import keeps_folder
from emulators.datafactory.data.compression import SUFFIX, codec_of
from emulators.datafactory.data.copy_binary import LAST_MODIFIED, ON_THEIR_WAY, BinaryCopy
from emulators.datafactory.data.copy_tables import TableCopy
from emulators.datafactory.data.ends import rows_source
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.file_sink import SinkFiles
from emulators.datafactory.data.files import chosen
from emulators.datafactory.data.formats import FORMATS
from emulators.datafactory.data.rest_service import RestService
from emulators.datafactory.data.rest_sink import RestSink
from emulators.datafactory.data.rows import RowsSink
from emulators.datafactory.data.settings import flag, number, section, text
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


async def run(activity: Activity, services: ActivityServices) -> dict[str, Any]:
    """Output: `dataRead`, `filesRead`, `rowsCopied`, … as far as they apply, `executionDetails`, the common tail."""
    began, start = time.monotonic(), services.clock.now()
    with failures_of(CODE):
        copy = await copy_request(activity, services)
        work = _binary(copy) if copy.source.dataset.type == "Binary" else _tables(copy)

        def logged(check: Callable[[], None]) -> None:
            try:
                work(check)
            finally:
                copy.log.close()

        await in_thread(logged)
    report = CopyReport(
        end_of(copy.source),
        end_of(copy.sink),
        copy.counts,
        copy.log.output(),
        flag(copy.properties, "enableSkipIncompatibleRow"),
        copy.verification,
    )
    return report.output(services.integration_runtime, timestamp(start), time.monotonic() - began)


def _binary(copy: CopyRequest) -> Callable[[Callable[[], None]], None]:
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
        replace(copy.naming(None), strip=strip, append=SUFFIX.get(pack, "")),
        check=lambda: None,
        counts=copy.counts,
        block_size=copy.block_size,
        workers=copy.counts.connections,
        unpack=unpack,
        keep_folder=keeps_folder(unpack, section(copy.source_settings, "formatSettings")),
        pack=pack,
        level=text(section(sink.properties, "compression"), "level"),
        metadata=copy.metadata,
        preserve_attributes="Attributes" in preserve,
        delete_source=flag(store_settings, "deleteFilesAfterCompletion"),
        into_lake=lake,
        verify=copy.verification == "Verified",
        tolerance=copy.tolerance(into_lake=lake),
        log=copy.log,
    )

    def work(check: Callable[[], None]) -> None:
        running = replace(job, check=check)
        running.run(chosen(copy.source.store, source.location, store_settings, running.skip))

    return work


def _tables(copy: CopyRequest) -> Callable[[Callable[[], None]], None]:
    properties, source = copy.properties, copy.source
    if flag(section(copy.source_settings, "storeSettings"), "deleteFilesAfterCompletion"):
        raise InvalidSettings("'deleteFilesAfterCompletion' is for binary copies only (documented).")
    if properties.get("preserve"):
        raise InvalidSettings("'preserve' is for binary copies only (documented).", "Sink")
    translator = Translator.read(copy.translator)
    pieces = min(number(properties, "parallelCopies") or DEFAULT_PIECES, MOST_CONNECTIONS)
    sink = _rows_sink(copy)
    copy.counts.tabular = True

    def work(check: Callable[[], None]) -> None:
        rows = rows_source(source.store, source.dataset, copy.source_settings, check, pieces=pieces)
        skip = copy.log.rejected if flag(properties, "enableSkipIncompatibleRow") else None
        verify = copy.verification == "Verified"
        TableCopy(rows, sink, translator, check, copy.counts, skip, copy.log, verify=verify).run()

    return work


def _rows_sink(copy: CopyRequest) -> RowsSink:
    place = copy.sink
    if isinstance(place.store, StandIn):
        return SqlTable.read(place.store, place.dataset, copy.sink_settings)
    if isinstance(place.store, RestService):
        return RestSink.read(place.store, place.dataset, copy.sink_settings)
    return _sink_files(copy)


def _sink_files(copy: CopyRequest) -> SinkFiles:
    sink, metadata = copy.sink.dataset, copy.metadata
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
        copy.naming(extension),
        WriteOptions(copy.block_size, metadata),
        codec,
        text(sink.properties, "compressionLevel") or text(section(sink.properties, "compression"), "level"),
        most,
    )
