"""What answers a path that no table holds: by name where Databricks has such an API, else as Databricks does."""

from starlette.requests import Request
from starlette.responses import Response

from emulators.databricks.errors import EndpointNotFound, NotSupported

_KNOWN = {
    "/api/1.2/": "command execution: submit a notebook with jobs/runs/submit instead",
    "/api/2.0/account": "account-level administration",
    "/api/2.0/accounts": "account-level administration",
    "/api/2.0/apps": "apps",
    "/api/2.0/clusters/": "this operation on clusters",
    "/api/2.1/clusters/": "this operation on clusters",
    "/api/2.0/dbfs/": "this operation on DBFS",
    "/api/2.0/fs/": "this operation of the Files API (large uploads go in one PUT)",
    "/api/2.0/git-credentials": "Git credentials",
    "/api/2.0/global-init-scripts": "init scripts",
    "/api/2.0/instance-pools": "instance pools: the local Spark is always warm",
    "/api/2.0/instance-profiles": "instance profiles",
    "/api/2.0/ip-access-lists": "IP access lists",
    "/api/2.0/jobs/": "this operation on jobs",
    "/api/2.1/jobs/": "this operation on jobs",
    "/api/2.2/jobs/": "this operation on jobs",
    "/api/2.0/libraries/": "this operation on libraries",
    "/api/2.0/mlflow": "MLflow",
    "/api/2.0/permissions": "permissions: a local workspace has no users to keep apart",
    "/api/2.0/pipelines": "Lakeflow pipelines",
    "/api/2.0/policies": "cluster policies",
    "/api/2.0/preview/": "this preview API",
    "/api/2.0/repos": "Git folders: import files into the workspace",
    "/api/2.0/secrets/": "this operation on secrets",
    "/api/2.0/serving-endpoints": "model serving",
    "/api/2.0/sql": "SQL warehouses and statements",
    "/api/2.0/token": "this operation on tokens",
    "/api/2.0/vector-search": "vector search",
    "/api/2.0/workspace": "this operation on the workspace",
    "/api/2.1/unity-catalog": "Unity Catalog",
}


async def answer_unknown(request: Request) -> Response:
    """Raises NotSupported (501) for an API that Databricks has, else EndpointNotFound (404, Databricks's sentence)."""
    method, path = request.method, request.url.path
    for prefix in sorted(_KNOWN, key=len, reverse=True):
        if path.startswith(prefix):
            raise NotSupported(
                f"The databricks emulator has no '{method} {path}': it does not support {_KNOWN[prefix]}. "
                "To support it add a row to the table of routes of that resource in emulators/databricks."
            )
    raise EndpointNotFound(f"No API found for '{method} {path}'")
