"""The Data Factory service: factories, their documents, their runs and their triggers, as the REST API offers them.

State is the catalogue (documents) and a history per factory (runs); behaviour beyond storing is in the executor and
in the started triggers. Everything is kept in the document store, so an emulator that was killed comes back with the
same factories, the same history and the same triggers started.
"""

import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from emulators.datafactory.activities import ActivityServices, EntraIdentity, ServicePrincipal
from emulators.datafactory.activities.callbacks import Callbacks
from emulators.datafactory.activities.services import DIRECT
from emulators.datafactory.catalogue import Catalogue, Document, Factory, FactoryAddress, is_started
from emulators.datafactory.clock_triggers import ClockTriggers
from emulators.datafactory.engine.timestamps import timestamp
from emulators.datafactory.errors import (
    BadRequest,
    EntityNotFound,
    LocationRequired,
    PreconditionFailed,
    ResourceNotFound,
    StillReferenced,
    TriggerEnabledCannotUpdate,
)
from emulators.datafactory.event_subscriptions import EventSubscriptions
from emulators.datafactory.event_triggers import EventTriggers
from emulators.datafactory.factory_runs import FactoryRuns
from emulators.datafactory.secrets import restored
from emulators.datafactory.started_triggers import StartedTriggers
from emulators.datafactory.triggers import InvalidTrigger, check_trigger
from emulators.datafactory.validation import check_document, check_factory_name, check_global_parameters
from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenVerifier

API_VERSION = "2018-06-01"

CALLBACKS = "/__callbacks"
"""Path below which WebHook activities are called back."""

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


@dataclass(frozen=True)
class DataFactorySettings:
    """What the service is told: other services' addresses, its managed identity, its own address, where it keeps state.

    `public_address` is where Event Grid reaches this service; `ca_bundle` holds the authorities it trusts, in PEM.
    """

    resource_manager: str
    authority: str
    tenant_id: str
    client_id: str
    client_secret: str
    public_address: str
    ca_bundle: Path
    clock: Clock
    store: DocumentStore
    verifier: TokenVerifier


@dataclass(frozen=True)
class Precondition:
    """If-Match and If-None-Match of a request, as sent; None where absent."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check(self, etag: str | None, target: str) -> None:
        """Raise PreconditionFailed when a write must not happen; `etag` None means that nothing is there yet."""
        if self.if_match is not None and not (etag is not None and _matches(self.if_match, etag)):
            raise PreconditionFailed(target)
        if self.if_none_match is not None and etag is not None and _matches(self.if_none_match, etag):
            raise PreconditionFailed(target)

    def unchanged(self, etag: str) -> bool:
        """Whether a read may be answered 304."""
        return self.if_none_match is not None and _matches(self.if_none_match, etag)


class DataFactoryService:
    """One emulated Data Factory service with all of its factories."""

    def __init__(self, settings: DataFactorySettings) -> None:
        self.settings = settings
        self._catalogue = Catalogue(settings.store)
        self._runs: dict[str, FactoryRuns] = {}
        # made here and not in start(): reading the certificate bundle takes longer than everything else
        self._http = httpx.AsyncClient(
            verify=ssl.create_default_context(cafile=str(settings.ca_bundle)),
            mounts=DIRECT,
            timeout=_TIMEOUT,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=50),
            follow_redirects=False,
        )
        identity = EntraIdentity(
            self._http,
            settings.authority,
            ServicePrincipal(settings.tenant_id, settings.client_id, settings.client_secret),
        )
        self.callbacks = Callbacks(f"{settings.public_address}{CALLBACKS}")
        self._activity_services = ActivityServices(
            http=self._http,
            clock=settings.clock,
            identity=identity,
            resource_manager=settings.resource_manager,
            callbacks=self.callbacks,
            ca_bundle=settings.ca_bundle,
        )
        events = EventTriggers(
            self._catalogue,
            self.runs,
            EventSubscriptions(self._http, identity, settings.resource_manager),
            settings.clock,
            settings.public_address,
        )
        self.triggers = StartedTriggers(self._catalogue, self.runs, events, ClockTriggers(self.runs, settings.clock))

    async def start(self) -> None:
        """Close what an earlier process left in progress, and start again the triggers that were started."""
        for factory in self._catalogue.factories():
            self.runs(factory).history.close_interrupted()
        self.triggers.resume()

    async def stop(self) -> None:
        """End everything that is under way. Started triggers stay started for the next start."""
        await self.triggers.close()
        for runs in self._runs.values():
            await runs.close()
        await self._http.aclose()

    # Factories

    def factories(self, subscription_id: str, resource_group: str | None = None) -> Iterator[Factory]:
        """The factories of a subscription, or of one of its resource groups."""
        return (
            factory
            for factory in self._catalogue.factories()
            if factory.address.subscription_id.lower() == subscription_id.lower()
            and (resource_group is None or factory.address.resource_group.lower() == resource_group.lower())
        )

    def all_factories(self) -> Iterator[Factory]:
        """Every factory of every subscription, oldest first."""
        return self._catalogue.factories()

    def find_factory(self, address: FactoryAddress) -> Factory | None:
        return self._catalogue.factory(address)

    def factory(self, address: FactoryAddress) -> Factory:
        """The factory at an address; raises ResourceNotFound."""
        factory = self._catalogue.factory(address)
        if factory is None:
            raise ResourceNotFound(address.name, address.resource_group)
        return factory

    def put_factory(self, address: FactoryAddress, body: Mapping[str, Any], precondition: Precondition) -> Factory:
        """Create a factory, or replace everything of it but its documents and its time of creation."""
        check_factory_name(address.name)
        before = self._catalogue.factory(address)
        precondition.check(None if before is None else before.etag, address.id)
        if not isinstance(body.get("location"), str) or not body["location"]:
            raise LocationRequired
        properties = body.get("properties") or {}
        if not isinstance(properties, Mapping):
            raise BadRequest("The property 'properties' of a factory must be an object.", target=address.id)
        check_global_parameters(properties.get("globalParameters") or {}, address.id)
        created = timestamp(self.settings.clock.now()) if before is None else before.body["properties"]["createTime"]
        return self._catalogue.put_factory(
            address,
            {
                "location": body["location"],
                "tags": dict(body.get("tags") or {}),
                "identity": self._identity(body.get("identity")),
                "properties": {
                    **properties,
                    "provisioningState": "Succeeded",
                    "createTime": created,
                    "version": API_VERSION,
                },
            },
        )

    def patch_factory(self, address: FactoryAddress, body: Mapping[str, Any]) -> Factory:
        """Change tags, identity and public network access of a factory (documented)."""
        factory = self.factory(address)
        changed = dict(factory.body)
        if "tags" in body:
            changed["tags"] = dict(body["tags"] or {})
        if "identity" in body:
            changed["identity"] = self._identity(body["identity"])
        access = (body.get("properties") or {}).get("publicNetworkAccess")
        if access is not None:
            changed["properties"] = {**changed["properties"], "publicNetworkAccess": access}
        return self._catalogue.put_factory(address, changed)

    async def delete_factory(self, address: FactoryAddress) -> bool:
        """Delete a factory with its documents, triggers and history; False when there was none."""
        factory = self._catalogue.factory(address)
        if factory is None:
            return False
        for trigger in list(factory.documents["triggers"].values()):
            if is_started(trigger):
                await self.triggers.stop(factory, trigger)
        runs = self.runs(factory)
        await runs.close()
        runs.history.forget()
        self._runs.pop(address.key, None)
        self._catalogue.delete_factory(factory)
        return True

    def put_global_parameters(self, factory: Factory, parameters: Any) -> Factory:
        """Replace all global parameters: they are one resource named `default` (documented)."""
        check_global_parameters(parameters, factory.address.id)
        properties = {**factory.body["properties"], "globalParameters": dict(parameters)}
        return self._catalogue.put_factory(factory.address, {**factory.body, "properties": properties})

    def delete_global_parameters(self, factory: Factory) -> bool:
        """Remove all global parameters; False when there were none."""
        properties = dict(factory.body["properties"])
        if not properties.pop("globalParameters", None):
            return False
        self._catalogue.put_factory(factory.address, {**factory.body, "properties": properties})
        return True

    # Documents

    def document(self, factory: Factory, kind: str, name: str) -> Document:
        """A document of a factory; raises EntityNotFound."""
        document = factory.find(kind, name)
        if document is None:
            raise EntityNotFound(factory.child_id(kind, name))
        return document

    def put_document(
        self, factory: Factory, kind: str, name: str, properties: Any, precondition: Precondition
    ) -> Document:
        """Create or replace a document. A trigger comes into being stopped, whatever its JSON says (observed).

        Raises what `check_document` raises, PreconditionFailed, TriggerEnabledCannotUpdate.
        """
        target = factory.child_id(kind, name)
        before = factory.find(kind, name)
        precondition.check(None if before is None else before.etag, target)
        if before is not None:
            self._check_rests(factory, before)
        try:
            check_document(kind, name, properties, factory.exists, target)
        except RecursionError as error:
            raise BadRequest("The document is nested too deeply.", target=target) from error
        if kind == "triggers":
            properties = {key: value for key, value in properties.items() if key != "runtimeState"}
            _check_trigger(properties, before, target)
        if kind == "pipelines":
            properties = {**properties, "lastPublishTime": timestamp(self.settings.clock.now())}
        return self._catalogue.put(
            factory, kind, name, restored(properties, None if before is None else before.properties)
        )

    def delete_document(self, factory: Factory, kind: str, name: str) -> bool:
        """Delete a document; False when there was none. Raises StillReferenced, TriggerEnabledCannotUpdate."""
        document = factory.find(kind, name)
        if document is None:
            return False
        self._check_rests(factory, document)
        referrer = factory.referrer(kind, name)
        if referrer is not None:
            raise StillReferenced(
                referrer, f"/Microsoft.DataFactory/factories/{factory.address.name}/{kind}/{document.name}"
            )
        self._catalogue.delete(factory, document)
        return True

    def _check_rests(self, factory: Factory, document: Document) -> None:
        """A trigger that is started, or is just being started, stays as it is; raises TriggerEnabledCannotUpdate."""
        if document.kind == "triggers" and (is_started(document) or self.triggers.is_changing(factory, document)):
            raise TriggerEnabledCannotUpdate

    # Runs

    def runs(self, factory: Factory) -> FactoryRuns:
        """The runs of a factory."""
        runs = self._runs.get(factory.address.key)
        if runs is None:
            runs = self._runs[factory.address.key] = FactoryRuns(
                factory, self.settings.store, self.settings.clock, self._activity_services
            )
        return runs

    def _identity(self, written: Any) -> dict[str, Any] | None:
        """The factory's identity as answered: a system-assigned one is the service's managed identity."""
        if not isinstance(written, Mapping):
            return None
        assigned = {"principalId": self.settings.client_id, "tenantId": self.settings.tenant_id}
        return {**written, **assigned} if "SystemAssigned" in str(written.get("type")) else dict(written)


def _check_trigger(properties: Mapping[str, Any], before: Document | None, target: str) -> None:
    try:
        check_trigger(properties, None if before is None else before.properties)
    except InvalidTrigger as error:
        raise BadRequest(str(error), target=target) from error


def _matches(header: str, etag: str) -> bool:
    """Compare entity tags as clients write them: `*`, bare, quoted or weak."""
    sent = header.strip().removeprefix("W/").strip("\"'")
    return sent in ("*", etag)
