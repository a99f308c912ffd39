"""Deploying a factory: what depends comes after what it depends on, triggers rest while they are changed.

A started trigger refuses changes (TriggerEnabledCannotUpdate), and a deployed trigger is stopped until somebody
starts it; so triggers are stopped before and the environment's own are started after (contracts C13 and C14).
"""

import graphlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from azure.core.exceptions import HttpResponseError
from azure.mgmt.datafactory import DataFactoryManagementClient

from release.environment import Environment
from release.errors import ReleaseError
from release.parameters import with_values
from release.source import FactoryResource, FactorySource

Progress = Callable[[str], None]

_REFERENCE_KINDS = {
    "PipelineReference": "pipelines",
    "DatasetReference": "datasets",
    "LinkedServiceReference": "linkedServices",
    "TriggerReference": "triggers",
    "CredentialReference": "credentials",
}
_KIND_ORDER = ("credentials", "linkedServices", "datasets", "pipelines", "triggers")


class FactoryDeployment:
    """Brings one factory to the state of its source."""

    def __init__(
        self, client: DataFactoryManagementClient, environment: Environment, source: FactorySource, progress: Progress
    ) -> None:
        self._client = client
        self._environment = environment
        self._source = source
        self._progress = progress
        self._group = environment.text("azure.resource_group")
        self._factory = environment.text("data_factory.name")

    def run(self) -> None:
        """Deploy everything. Raises ReleaseError naming the file of what the service refused."""
        values = self._environment.table("data_factory.parameters")
        where = f"{self._environment.path}: at 'data_factory.parameters'"
        resources = with_values(self._source, values, where)
        self._check_triggers()
        self._create_factory()
        self._stop_triggers({resource.name for resource in resources if resource.kind == "triggers"})
        for resource in in_dependency_order(resources):
            self._put(resource)
        self._start_triggers()

    @property
    def _wanted_triggers(self) -> tuple[str, ...]:
        return self._environment.texts("data_factory.start_triggers")

    def _check_triggers(self) -> None:
        known = {trigger.name for trigger in self._source.of_kind("triggers")}
        for name in self._wanted_triggers:
            if name not in known:
                raise ReleaseError(
                    f"{self._environment.path}: at 'data_factory.start_triggers': the factory has no trigger {name!r}; "
                    f"it has {', '.join(sorted(known)) or 'none'}"
                )

    def _create_factory(self) -> None:
        overrides = self._environment.table("data_factory.global_parameters")
        unknown = sorted(set(overrides) - set(self._source.global_parameters))
        if unknown:
            raise ReleaseError(
                f"{self._environment.path}: at 'data_factory.global_parameters': "
                f"the factory has no global parameter {unknown[0]!r}"
            )
        parameters = {
            name: {**spec, "value": overrides.get(name, spec.get("value"))}
            for name, spec in self._source.global_parameters.items()
        }
        body: dict[str, Any] = {
            "location": self._environment.text("azure.location"),
            "identity": {"type": "SystemAssigned"},
            "properties": {"globalParameters": parameters},
        }
        self._client.factories.create_or_update(self._group, self._factory, body)  # type: ignore[call-overload]
        self._progress(f"factory {self._factory}")

    def _stop_triggers(self, names: Iterable[str]) -> None:
        deployed = {name.lower() for name in names}
        for trigger in self._client.triggers.list_by_factory(self._group, self._factory):
            name = str(trigger.name)
            if name.lower() in deployed and trigger.properties.runtime_state == "Started":
                self._client.triggers.begin_stop(self._group, self._factory, name).result()
                self._progress(f"trigger {name} stopped for the deployment")

    def _put(self, resource: FactoryResource) -> None:
        operations: dict[str, Any] = {
            "credentials": self._client.credential_operations,
            "linkedServices": self._client.linked_services,
            "datasets": self._client.datasets,
            "pipelines": self._client.pipelines,
            "triggers": self._client.triggers,
        }
        try:
            operations[resource.kind].create_or_update(
                self._group, self._factory, resource.name, {"properties": dict(resource.properties)}
            )
        except HttpResponseError as error:
            raise ReleaseError(f"{resource.path}: the service refused it: {error.message}") from error
        self._progress(f"{_SINGULAR[resource.kind]} {resource.name}")

    def _start_triggers(self) -> None:
        for name in self._wanted_triggers:
            self._client.triggers.begin_start(self._group, self._factory, name).result()
            self._progress(f"trigger {name} started")


_SINGULAR = {
    "credentials": "credential",
    "linkedServices": "linked service",
    "datasets": "dataset",
    "pipelines": "pipeline",
    "triggers": "trigger",
}


def in_dependency_order(resources: Iterable[FactoryResource]) -> tuple[FactoryResource, ...]:
    """The resources so that each comes after those it names. Raises ReleaseError for a circle, naming it."""
    ordered = sorted(resources, key=lambda resource: (_KIND_ORDER.index(resource.kind), resource.name))
    known = {(resource.kind, resource.name.lower()): resource for resource in ordered}
    graph = {
        key: [reference for reference in _references(resource.properties) if reference in known and reference != key]
        for key, resource in known.items()
    }
    try:
        return tuple(known[key] for key in graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        circle = " -> ".join(name for _, name in error.args[1])
        raise ReleaseError(f"the factory's resources refer to each other in a circle: {circle}") from error


def _references(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        kind = _REFERENCE_KINDS.get(str(value.get("type")))
        if kind and isinstance(value.get("referenceName"), str):
            yield kind, value["referenceName"].lower()
        for entry in value.values():
            yield from _references(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _references(entry)
