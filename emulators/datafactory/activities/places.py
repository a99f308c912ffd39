"""How activities that move data reach it: datasets and linked services resolved, blocking work put into threads.

Moving data is synchronous work on real sockets. It runs in a thread, is told to stop when the activity is cancelled,
and is waited for: nothing writes on behind an activity that has ended.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import pyarrow as pa

from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.identity import Principal, ServicePrincipal
from emulators.datafactory.activities.output import with_tail
from emulators.datafactory.activities.services import ActivityServices
from emulators.datafactory.data.blob_storage import BlobStorage
from emulators.datafactory.data.connection import connect
from emulators.datafactory.data.dataset import Dataset, resolve_dataset
from emulators.datafactory.data.errors import DataError, InvalidSettings, Side, Unsupported
from emulators.datafactory.data.sql.kinds import SQL_DATABASES, TABLES
from emulators.datafactory.data.sql.stand_in import StandIn, stand_in_of
from emulators.datafactory.engine.activity import Activity

T = TypeVar("T")

_WORKERS = ThreadPoolExecutor(max_workers=64, thread_name_prefix="data movement")
"""Threads of their own: work here waits for tokens, which the event loop fetches, and that needs a thread of the
loop's own few to look names up. More than a loop runs at a time (50, documented); they are made when needed."""


class Interrupted(Exception):
    """The activity was cancelled while its thread was at work."""


@dataclass(frozen=True)
class Place:
    """A dataset and the open connection to where its files are, or the database of its table."""

    dataset: Dataset
    store: Any
    linked_service_type: str


@contextmanager
def failures_of(code: str) -> Iterator[None]:
    """Errors of data movement as failures of an activity; `code` is the activity type's."""
    try:
        yield
    except DataError as error:
        raise ActivityFailed(code, error.told()) from error
    except pa.ArrowException as error:
        # values that no rule foresaw; the library's own sentence is the best there is (code assumed)
        raise ActivityFailed(code, DataError("UserErrorInvalidDataValue", str(error)).told()) from error
    except Unsupported as error:
        raise NotBuiltYet(error.what, error.to_add) from error


def ended(output: dict[str, Any], services: ActivityServices, seconds: float) -> dict[str, Any]:
    """The output with the common tail of activities that the integration runtime itself does."""
    whole = with_tail(output, services.integration_runtime, seconds)
    whole["billingReference"]["activityType"] = "PipelineActivity"
    return whole


async def place_of(reference: Any, activity: Activity, services: ActivityServices, side: Side = "Source") -> Place:
    """The dataset behind a reference, and the place it names; raises DataError, Unsupported or ActivityFailed."""
    dataset = resolve_dataset(reference, activity.resources, f"activity '{activity.name}'")
    store, kind = await store_of(dataset.linked_service, activity, services, side, f"dataset '{dataset.name}'")
    expected = TABLES[dataset.type].linked_service if dataset.type in TABLES else None
    if kind != expected and (expected is not None or isinstance(store, StandIn)):
        raise InvalidSettings(
            f"The dataset '{dataset.name}' of type {dataset.type} does not go with a linked service of type {kind}.",
            side,
        )
    return Place(dataset, store, kind)


async def folders_of(reference: Any, activity: Activity, services: ActivityServices) -> Place:
    """The same, for activities that look into folders; raises InvalidSettings for a place that has none."""
    place = await place_of(reference, activity, services)
    check_folders(place, activity)
    return place


def check_folders(place: Place, activity: Activity) -> None:
    """Raise InvalidSettings for a place that has no folders."""
    if not isinstance(place.store, BlobStorage):
        raise InvalidSettings(f"{activity.type} is not available for {place.linked_service_type} (documented).")


async def store_of(
    reference: Mapping[str, Any] | None,
    activity: Activity,
    services: ActivityServices,
    side: Side,
    asked_by: str,
) -> tuple[Any, str]:
    """The place that a linked service names, and the linked service's type."""
    linked = await services.resolve(reference, activity.resources, asked_by)
    if linked.type in SQL_DATABASES:
        return stand_in_of(linked.name, linked.type, linked.properties, services.databases, side), linked.type
    loop = asyncio.get_running_loop()
    tokens = _Tokens(services, loop, linked.principal)
    # connecting reads certificates, which takes a moment
    place = await loop.run_in_executor(_WORKERS, connect, linked.type, linked.properties, tokens, side)
    return place, linked.type


async def log_store_of(where: Mapping[str, Any], activity: Activity, services: ActivityServices) -> Any:
    """The place that the log of an activity goes to, which must be Blob storage or a Data Lake (documented)."""
    owner = f"the log of activity '{activity.name}'"
    store, kind = await store_of(where.get("linkedServiceName"), activity, services, "Sink", owner)
    if not isinstance(store, BlobStorage):
        raise InvalidSettings(f"A linked service of type {kind} can keep no log; it must be one of storage.", "Sink")
    return store


async def in_thread(work: Callable[[Callable[[], None]], T]) -> T:
    """Run `work(check)` in a thread; `check` raises Interrupted there once the activity is cancelled."""
    stopped = threading.Event()

    def check() -> None:
        if stopped.is_set():
            raise Interrupted

    thread = asyncio.get_running_loop().run_in_executor(_WORKERS, work, check)
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        stopped.set()
        await asyncio.wait([thread])
        if not thread.cancelled():
            thread.exception()  # it was told to stop; how it did so does not matter
        raise


class _Tokens:
    """The linked service's credential, else the factory's identity, for threads."""

    def __init__(self, services: ActivityServices, loop: asyncio.AbstractEventLoop, default: Principal | None) -> None:
        self.ca_bundle = services.ca_bundle
        self._services = services
        self._loop = loop
        self._default = default

    def token(self, resource: str, principal: tuple[str, str, str] | None) -> str:
        who = self._default if principal is None else ServicePrincipal(*principal)
        asked = self._services.identity.token(resource, who)
        return asyncio.run_coroutine_threadsafe(asked, self._loop).result()
