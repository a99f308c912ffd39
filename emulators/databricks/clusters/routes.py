"""The Clusters API (2.0 and 2.1) and the Libraries API."""

import os
from collections.abc import Sequence
from typing import Any

import psutil
from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks.arguments import arguments
from emulators.databricks.clusters.clusters import NODE_TYPE, Clusters
from emulators.databricks.clusters.libraries import ClusterLibraries
from emulators.databricks.settings import DatabricksSettings
from emulators.kernel.http import Route, json_response

_VERSIONS = ("2.0", "2.1")


class _Handlers:
    """Requests about clusters and libraries to answers."""

    def __init__(self, settings: DatabricksSettings, clusters: Clusters, libraries: ClusterLibraries) -> None:
        self._settings = settings
        self._clusters = clusters
        self._libraries = libraries

    async def get(self, request: Request) -> Response:
        return json_response(self._clusters.get((await arguments(request)).required_text("cluster_id")))

    async def list_clusters(self, request: Request) -> Response:
        given = await arguments(request)
        states = request.query_params.getlist("filter_by.cluster_states") or given.mapping("filter_by").get(
            "cluster_states", []
        )
        found = [each for each in self._clusters.list_clusters() if not states or each["state"] in states]
        return json_response({"clusters": found} if found else {})

    async def create(self, request: Request) -> Response:
        return json_response({"cluster_id": self._clusters.create((await arguments(request)).values)})

    async def edit(self, request: Request) -> Response:
        given = await arguments(request)
        self._clusters.edit(given.required_text("cluster_id"), given.values)
        return json_response({})

    async def start(self, request: Request) -> Response:
        self._clusters.start((await arguments(request)).required_text("cluster_id"))
        return json_response({})

    async def restart(self, request: Request) -> Response:
        self._clusters.restart((await arguments(request)).required_text("cluster_id"))
        return json_response({})

    async def terminate(self, request: Request) -> Response:
        self._clusters.terminate((await arguments(request)).required_text("cluster_id"))
        return json_response({})

    async def remove(self, request: Request) -> Response:
        self._clusters.remove((await arguments(request)).required_text("cluster_id"))
        return json_response({})

    async def events(self, request: Request) -> Response:
        given = await arguments(request)
        found = self._clusters.events(given.required_text("cluster_id"))
        limit, offset = given.integer("limit", 50) or 50, given.integer("offset")
        page: dict[str, Any] = {"events": found[offset : offset + limit], "total_count": len(found)}
        if offset + limit < len(found):
            rest = {"cluster_id": given.required_text("cluster_id"), "offset": offset + limit, "limit": limit}
            page["next_page"] = rest
        return json_response(page)

    async def spark_versions(self, _: Request) -> Response:
        key = self._settings.spark_version
        number, _separator, scala = key.partition(".x-scala")
        name = f"{number} LTS (includes Apache Spark 4.0.0, Scala {scala or '2.13'})"
        return json_response({"versions": [{"key": key, "name": name}]})

    async def node_types(self, _: Request) -> Response:
        cores, memory = os.cpu_count() or 1, psutil.virtual_memory().total // 2**20
        local = {
            "node_type_id": NODE_TYPE,
            "memory_mb": memory,
            "num_cores": float(cores),
            "description": "This machine",
            "instance_type_id": NODE_TYPE,
            "category": "General Purpose",
            "is_deprecated": False,
            "num_gpus": 0,
            "node_info": {"status": []},
            "node_instance_type": {"instance_type_id": NODE_TYPE, "local_disks": 1},
        }
        return json_response({"node_types": [local]})

    async def install(self, request: Request) -> Response:
        given = await arguments(request)
        self._libraries.install(given.required_text("cluster_id"), given.items("libraries"))
        return json_response({})

    async def uninstall(self, request: Request) -> Response:
        given = await arguments(request)
        self._libraries.uninstall(given.required_text("cluster_id"), given.items("libraries"))
        return json_response({})

    async def cluster_status(self, request: Request) -> Response:
        cluster_id = (await arguments(request)).required_text("cluster_id")
        found = self._libraries.statuses(cluster_id)
        return json_response({"cluster_id": cluster_id, **({"library_statuses": found} if found else {})})

    async def all_cluster_statuses(self, _: Request) -> Response:
        ids = [each["cluster_id"] for each in self._clusters.list_clusters()]
        found = [{"cluster_id": each, "library_statuses": self._libraries.statuses(each)} for each in ids]
        return json_response({"statuses": found})


def routes(settings: DatabricksSettings, clusters: Clusters, libraries: ClusterLibraries) -> Sequence[Route]:
    on = _Handlers(settings, clusters, libraries)
    versioned = (
        ("GET", "get", on.get),
        ("GET", "list", on.list_clusters),
        ("POST", "create", on.create),
        ("POST", "edit", on.edit),
        ("POST", "start", on.start),
        ("POST", "restart", on.restart),
        ("POST", "delete", on.terminate),
        ("POST", "permanent-delete", on.remove),
        ("POST", "events", on.events),
        ("GET", "spark-versions", on.spark_versions),
        ("GET", "list-node-types", on.node_types),
    )
    return (
        *(
            Route(method, f"/api/{version}/clusters/{name}", handler)
            for version in _VERSIONS
            for method, name, handler in versioned
        ),
        Route("POST", "/api/2.0/libraries/install", on.install),
        Route("POST", "/api/2.0/libraries/uninstall", on.uninstall),
        Route("GET", "/api/2.0/libraries/cluster-status", on.cluster_status),
        Route("GET", "/api/2.0/libraries/all-cluster-statuses", on.all_cluster_statuses),
    )
