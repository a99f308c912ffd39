"""What a Copy activity asks for: its two ends, and what its settings say of them, read and checked before it begins."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from emulators.datafactory.activities.copy_log import copy_log
from emulators.datafactory.activities.copy_output import End
from emulators.datafactory.activities.places import Place, place_of
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.blob_storage import BlobStorage
from emulators.datafactory.data.compression import codec_of
from emulators.datafactory.data.copy_binary import BLOCK
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.ends import check_fits, sink_types, source_types
from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.fault_tolerance import FaultTolerance
from emulators.datafactory.data.formats import READ_ONLY
from emulators.datafactory.data.http_server import HttpServer
from emulators.datafactory.data.legacy import NEW_MODEL
from emulators.datafactory.data.naming import PRESERVE, Naming, behaviour, fresh_name
from emulators.datafactory.data.rest_service import RestService
from emulators.datafactory.data.session_log import CopyLog
from emulators.datafactory.data.settings import Settings, flag, number, section, text
from emulators.datafactory.data.sql.stand_in import StandIn
from emulators.datafactory.engine.activity import Activity

BLOCK_LIMITS = (4, 100)
"""MB that a block may have (documented)."""

_REFUSED: Mapping[str, str] = {
    "enableStaging": "a local stand-in for a database is written directly; switch it off in this environment.",
    "preserveRules": "the rules of a database's types, with databases.",
}


@dataclass(frozen=True)
class CopyRequest:
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
        """The copy behaviour."""
        return behaviour(text(section(self.sink_settings, "storeSettings"), "copyBehavior"))

    @property
    def translator(self) -> Any:
        """The activity's mapping as written, or the one in a legacy dataset."""
        legacy, written = self.source.dataset.legacy, self.properties.get("translator")
        if legacy is None or legacy.translator is None:
            return written
        if written:
            name = self.source.dataset.name
            raise Unsupported(f"A 'translator' with 'jsonPathDefinition' (dataset '{name}')", NEW_MODEL)
        return legacy.translator

    @property
    def verification(self) -> str:
        """The result that the output has: consistency cannot be verified of web servers and services, nor of binary
        files whose hierarchy is not kept (documented), nor of those that are packed or unpacked on the way (assumed).
        """
        if not flag(self.properties, "validateDataConsistency"):
            return "NotVerified"
        binary = self.source.dataset.type == "Binary"
        changed = binary and (self.behaviour != PRESERVE or self._is_compressed)
        return "Unsupported" if changed or isinstance(self.source.store, HttpServer | RestService) else "Verified"

    def tolerance(self, *, into_lake: bool) -> FaultTolerance:
        """What may be skipped. One named file, and compressed ones, are never skipped (documented)."""
        store, location = section(self.source_settings, "storeSettings"), self.source.dataset.location
        several = not location.file or any(text(store, name) for name in ("wildcardFileName", "prefix", "fileListPath"))
        if not several or self._is_compressed:
            return FaultTolerance()
        verifies = self.verification == "Verified"
        return FaultTolerance.read(self.properties, verifies=verifies, into_lake=into_lake)

    def naming(self, extension: str | None) -> Naming:
        """How the files of the sink are called."""
        return Naming(self.sink.dataset.location, self.behaviour, extension, fresh_name)

    @property
    def block_size(self) -> int:
        """Bytes of a block, as `blockSizeInMB` has it."""
        given = number(section(self.sink_settings, "storeSettings"), "blockSizeInMB")
        low, high = BLOCK_LIMITS
        if given is not None and not low <= given <= high:
            raise InvalidSettings(f"'blockSizeInMB' must be between {low} and {high}, not {given}.", "Sink")
        return BLOCK if given is None else given << 20

    @property
    def metadata(self) -> dict[str, str]:
        """What is set on the sink's files."""
        written = section(self.sink_settings, "storeSettings").get("metadata") or []
        if not isinstance(written, list) or not all(isinstance(item, Mapping) for item in written):
            raise InvalidSettings("'metadata' is an array of objects with 'name' and 'value'.", "Sink")
        return {text(item, "name"): text(item, "value") for item in written}

    @property
    def _is_compressed(self) -> bool:
        source, sink = self.source.dataset, self.sink.dataset
        return bool(codec_of(source.type, source.properties, "Source") or codec_of(sink.type, sink.properties, "Sink"))


async def copy_request(activity: Activity, services: ActivityServices) -> CopyRequest:
    """Read an activity; raises InvalidSettings, DataError, Unsupported or ActivityFailed."""
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
    return CopyRequest(properties, source, sink, source_settings, sink_settings, log, Counts())


def end_of(place: Place) -> End:
    """One end of a copy as its report names it."""
    return End(
        place.linked_service_type,
        has_files=not isinstance(place.store, RestService | StandIn),
        stand_in=isinstance(place.store, StandIn),
    )


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
