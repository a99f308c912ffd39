"""The documents of all factories: what was created, by kind and name, with the etag of each version.

Names are found whatever their case and keep the spelling of their first writing, as in Resource Manager. Everything
is written through to the document store before a call returns, and read back from it at the start; a document's
properties are replaced, never changed in place, so a run may keep what it was started with.
"""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from emulators.datafactory.engine.resources import Resources, assigned_identities
from emulators.datafactory.secrets import secret_values
from emulators.datafactory.validation import references
from emulators.kernel.masking import masker
from emulators.kernel.store import DocumentStore

KINDS = ("integrationruntimes", "linkedservices", "datasets", "dataflows", "credentials", "pipelines", "triggers")
"""The kinds of documents a factory holds, by the last segment of their resource type.

Integration runtimes and data flows are kept so that others may refer to them: activities run on this machine whatever
runtime they name, and a data flow that is run is refused by name.
"""

Properties = Mapping[str, Any]

_FACTORIES = "datafactory/factories"


@dataclass(frozen=True)
class FactoryAddress:
    """Where a factory stands; equal whatever the case of its parts when compared by `key`."""

    subscription_id: str
    resource_group: str
    name: str

    @property
    def id(self) -> str:
        """The resource id."""
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.DataFactory/factories/{self.name}"
        )

    @property
    def key(self) -> str:
        """The resource id in lower case: what stores and maps use."""
        return self.id.lower()


@dataclass(frozen=True)
class Document:
    """One document of a factory. `hidden` is what the emulator keeps beside it and never answers with."""

    kind: str
    name: str
    properties: Properties
    etag: str
    hidden: Mapping[str, Any] = field(default_factory=dict)


def is_started(trigger: Document) -> bool:
    """Whether a trigger's runtime state is Started."""
    return bool(trigger.hidden.get("started"))


@dataclass
class Factory:
    """A factory: `body` holds location, tags, identity and properties as they are answered with."""

    address: FactoryAddress
    body: dict[str, Any]
    etag: str
    documents: dict[str, dict[str, Document]] = field(default_factory=lambda: {kind: {} for kind in KINDS})
    _resources: Resources | None = None

    @property
    def global_parameters(self) -> Mapping[str, Any]:
        parameters: Mapping[str, Any] = self.body["properties"].get("globalParameters") or {}
        return parameters

    def find(self, kind: str, name: str) -> Document | None:
        """The document of that kind and name, whatever the name's case; None for kinds the emulator does not keep."""
        return self.documents.get(kind, {}).get(name.lower())

    def exists(self, kind: str, name: str) -> bool:
        return self.find(kind, name) is not None

    def child_id(self, kind: str, name: str) -> str:
        """The resource id of a document."""
        return f"{self.address.id}/{kind}/{name}"

    def referrer(self, kind: str, name: str) -> str | None:
        """The name of a document that refers to this one, None when none does. Its own references do not count."""
        for document in self.all_documents():
            if (document.kind, document.name.lower()) == (kind, name.lower()):
                continue
            for reference in references(document.properties):
                if (reference.kind, reference.name.lower()) == (kind, name.lower()):
                    return document.name
        return None

    def all_documents(self) -> Iterator[Document]:
        for documents in self.documents.values():
            yield from documents.values()

    def resources(self) -> Resources:
        """What a run may refer to, as it is now."""
        if self._resources is None:
            self._resources = Resources(
                factory_name=self.address.name,
                pipelines=self._properties("pipelines"),
                datasets=self._properties("datasets"),
                linked_services=self._properties("linkedservices"),
                triggers=self._properties("triggers"),
                credentials=self._properties("credentials"),
                identities=assigned_identities(self.body.get("identity")),
                global_parameters=dict(self.global_parameters),
            )
        return self._resources

    def changed(self) -> None:
        """Forget what was derived from the documents."""
        self._resources = None

    def _properties(self, kind: str) -> dict[str, Properties]:
        return {document.name: document.properties for document in self.documents[kind].values()}


class Catalogue:
    """All factories of one cloud, kept in a document store."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._factories: dict[str, Factory] = {}
        for key, stored in store.list(_FACTORIES):
            self._factories[key] = self._loaded(key, stored)

    def _loaded(self, key: str, stored: Mapping[str, Any]) -> Factory:
        factory = Factory(FactoryAddress(**stored["address"]), stored["body"], stored["etag"])
        for kind in KINDS:
            for name, document in self._store.list(_kind(key, kind)):
                factory.documents[kind][name] = Document(kind=kind, **document)
                masker.add(*secret_values(document["properties"]))
        return factory

    def factories(self) -> Iterator[Factory]:
        """Every factory, oldest first."""
        return iter(list(self._factories.values()))

    def factory(self, address: FactoryAddress) -> Factory | None:
        return self._factories.get(address.key)

    def put_factory(self, address: FactoryAddress, body: dict[str, Any]) -> Factory:
        """Create a factory or replace its body; its documents stay."""
        factory = self._factories.get(address.key)
        if factory is None:
            factory = self._factories[address.key] = Factory(address, body, _new_etag())
        else:
            factory.body, factory.etag = body, _new_etag()
            factory.changed()
        self._store.put(
            _FACTORIES,
            address.key,
            {"address": vars(factory.address), "body": factory.body, "etag": factory.etag},
        )
        return factory

    def delete_factory(self, factory: Factory) -> None:
        """Remove a factory and everything in it."""
        for document in list(factory.all_documents()):
            self.delete(factory, document)
        self._store.delete(_FACTORIES, factory.address.key)
        self._factories.pop(factory.address.key, None)

    def put(
        self, factory: Factory, kind: str, name: str, properties: Properties, hidden: Mapping[str, Any] | None = None
    ) -> Document:
        """Create or replace a document; without `hidden` what was kept beside it stays."""
        before = factory.find(kind, name)
        document = Document(
            kind=kind,
            name=name if before is None else before.name,
            properties=properties,
            etag=_new_etag(),
            hidden=hidden if hidden is not None else ({} if before is None else before.hidden),
        )
        masker.add(*secret_values(properties))
        return self._keep(factory, document)

    def annotate(self, factory: Factory, document: Document, **hidden: Any) -> Document:
        """Change what is kept beside a document; the document itself and its etag stay."""
        return self._keep(factory, replace(document, hidden={**document.hidden, **hidden}))

    def delete(self, factory: Factory, document: Document) -> None:
        factory.documents[document.kind].pop(document.name.lower(), None)
        factory.changed()
        self._store.delete(_kind(factory.address.key, document.kind), document.name.lower())

    def _keep(self, factory: Factory, document: Document) -> Document:
        factory.documents[document.kind][document.name.lower()] = document
        factory.changed()
        self._store.put(
            _kind(factory.address.key, document.kind),
            document.name.lower(),
            {
                "name": document.name,
                "properties": document.properties,
                "etag": document.etag,
                "hidden": document.hidden,
            },
        )
        return document


def _kind(factory_key: str, kind: str) -> str:
    return f"datafactory/{kind}{factory_key}"


def _new_etag() -> str:
    """A fresh etag in the form of the service's (observed): `0a0069d4-0000-0000-0000-5b245bd50000`."""
    return f"{secrets.token_hex(4)}-0000-0100-0000-{secrets.token_hex(4)}0000"
