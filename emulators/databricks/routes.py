"""The workspace's table of URLs: one part per resource."""

from starlette.requests import Request
from starlette.types import ASGIApp

from emulators.databricks.clusters import routes as clusters
from emulators.databricks.dbfs import routes as dbfs
from emulators.databricks.errors import render_error
from emulators.databricks.files import routes as files
from emulators.databricks.identity import routes as identity
from emulators.databricks.jobs import routes as jobs
from emulators.databricks.mounts import routes as mounts
from emulators.databricks.secrets import routes as secrets
from emulators.databricks.service import DatabricksService
from emulators.databricks.unsupported import answer_unknown
from emulators.databricks.workspace import routes as workspace
from emulators.kernel.http import build_app


def app(service: DatabricksService) -> ASGIApp:
    """The workspace as an ASGI application. Every call needs a token except the client's discovery and run pages."""

    async def authenticate(request: Request) -> None:
        request.state.principal = service.tokens.principal(request)

    return build_app(
        name="databricks",
        routes=(
            *identity.routes(service.settings, service.tokens),
            *workspace.routes(service.tree),
            *jobs.routes(service.jobs, service.view, service.signatures),
            *clusters.routes(service.settings, service.clusters, service.libraries),
            *secrets.routes(service.scopes),
            *dbfs.routes(service.dbfs, service.uploads),
            *files.routes(service.dbfs),
            *mounts.routes(service.mounts),
        ),
        render_error=render_error,
        authenticate=authenticate,
        fallback=answer_unknown,
    )
