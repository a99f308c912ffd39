"""Cluster records: the local cluster of the settings and those that clients create, all one and the same Spark."""

import os
import secrets
from collections.abc import Mapping
from typing import Any

from emulators.databricks.clusters.specification import require_supported
from emulators.databricks.errors import InvalidParameterValue, InvalidState, NotSupported
from emulators.databricks.moments import milliseconds
from emulators.databricks.settings import DatabricksSettings

_KIND = "databricks.cluster"
_MAX_EVENTS = 500
NODE_TYPE = "Standard_Local"

ClusterDocument = dict[str, Any]


class Clusters:
    """All cluster records. A cluster starts and ends at once: nothing but its state changes."""

    def __init__(self, settings: DatabricksSettings) -> None:
        self._settings = settings
        self._store = settings.store
        if self._store.get(_KIND, settings.cluster_id) is None:
            self._add(
                settings.cluster_id,
                {
                    "cluster_name": settings.cluster_name,
                    "spark_version": settings.spark_version,
                    "node_type_id": NODE_TYPE,
                    "num_workers": 0,
                },
                source="UI",
            )

    def get(self, cluster_id: str) -> ClusterDocument:
        """A ClusterInfo. Raises InvalidParameterValue, as the real service does for an unknown id."""
        return _public(self._document(cluster_id))

    def list_clusters(self) -> list[ClusterDocument]:
        return [_public(document) for _, document in self._store.list(_KIND)]

    def create(self, specification: Mapping[str, Any]) -> str:
        """Record a cluster and return its id. Raises InvalidParameterValue, NotSupported."""
        if not specification.get("spark_version"):
            raise InvalidParameterValue("Missing required field: spark_version")
        require_supported(specification)
        cluster_id = f"{self._settings.clock.now():%m%d-%H%M%S}-{secrets.token_hex(4)}"
        self._add(cluster_id, dict(specification), source="API")
        return cluster_id

    def edit(self, cluster_id: str, specification: Mapping[str, Any]) -> None:
        """Replace a cluster's specification. Raises as `create`."""
        document = self._document(cluster_id)
        require_supported(specification)
        document["specification"] = {name: value for name, value in specification.items() if name != "cluster_id"}
        self._record(document, "EDITED")

    def start(self, cluster_id: str) -> None:
        """Raises InvalidState when it runs already."""
        document = self._document(cluster_id)
        if document["state"] == "RUNNING":
            raise InvalidState(f"Cluster {cluster_id} is in unexpected state Running.")
        self._move(document, "RUNNING", "STARTING", "RUNNING")

    def restart(self, cluster_id: str) -> None:
        document = self._document(cluster_id)
        if document["state"] != "RUNNING":
            raise InvalidState(f"Cluster {cluster_id} is in unexpected state Terminated.")
        self._move(document, "RUNNING", "RESTARTING", "RUNNING")

    def ensure_running(self, cluster_id: str) -> None:
        """What a job does to an existing cluster: start it if it is not running."""
        document = self._document(cluster_id)
        if document["state"] != "RUNNING":
            self._move(document, "RUNNING", "STARTING", "RUNNING")

    def terminate(self, cluster_id: str) -> None:
        """End a cluster; ending an ended one is no error (documented)."""
        document = self._document(cluster_id)
        if document["state"] == "RUNNING":
            self._move(document, "TERMINATED", "TERMINATING")

    def remove(self, cluster_id: str) -> None:
        """Forget a cluster. Raises NotSupported for the local cluster, which is always there."""
        self._document(cluster_id)
        if cluster_id == self._settings.cluster_id:
            raise NotSupported(f"The local cluster {cluster_id} is always there and cannot be deleted permanently.")
        self._store.delete(_KIND, cluster_id)

    def events(self, cluster_id: str) -> list[dict[str, Any]]:
        """Newest first."""
        return list(reversed(self._document(cluster_id)["events"]))

    def _document(self, cluster_id: str) -> dict[str, Any]:
        document = self._store.get(_KIND, cluster_id)
        if document is None:
            raise InvalidParameterValue(f"Cluster {cluster_id} does not exist")
        return document

    def _add(self, cluster_id: str, specification: dict[str, Any], source: str) -> None:
        now = milliseconds(self._settings.clock.now())
        document: dict[str, Any] = {
            "cluster_id": cluster_id,
            "specification": specification,
            "state": "RUNNING",
            "cluster_source": source,
            "creator_user_name": self._settings.user_name,
            "start_time": now,
            "terminated_time": None,
            "spark_context_id": now,
            "events": [],
        }
        self._record(document, "CREATING", "RUNNING")

    def _move(self, document: dict[str, Any], state: str, *events: str) -> None:
        now = milliseconds(self._settings.clock.now())
        document["state"] = state
        if state == "RUNNING":
            document.update(start_time=now, terminated_time=None, spark_context_id=now)
        else:
            document["terminated_time"] = now
        self._record(document, *events)

    def _record(self, document: dict[str, Any], *events: str) -> None:
        now, cluster_id = milliseconds(self._settings.clock.now()), document["cluster_id"]
        document["events"] += [
            {"cluster_id": cluster_id, "timestamp": now, "type": event, "details": {}} for event in events
        ]
        del document["events"][:-_MAX_EVENTS]
        self._store.put(_KIND, cluster_id, document)


def _public(document: ClusterDocument) -> ClusterDocument:
    """A ClusterInfo as clusters/get gives it."""
    specification = document["specification"]
    node_type = specification.get("node_type_id") or NODE_TYPE
    shown = {
        **specification,
        "cluster_id": document["cluster_id"],
        "cluster_name": specification.get("cluster_name", ""),
        "node_type_id": node_type,
        "driver_node_type_id": specification.get("driver_node_type_id") or node_type,
        "creator_user_name": document["creator_user_name"],
        "cluster_source": document["cluster_source"],
        "state": document["state"],
        "state_message": "",
        "start_time": document["start_time"],
        "cluster_cores": float(os.cpu_count() or 1),
        "default_tags": {"ClusterId": document["cluster_id"], "Vendor": "Databricks"},
    }
    if document["state"] == "RUNNING":
        return {**shown, "spark_context_id": document["spark_context_id"]}
    return {
        **shown,
        "terminated_time": document["terminated_time"],
        "termination_reason": {"code": "USER_REQUEST", "type": "SUCCESS", "parameters": {}},
    }
