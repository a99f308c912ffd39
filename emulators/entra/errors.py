"""Errors of the token authority: OAuth's error name, Entra's AADSTS number, and the sentence that carries both.

Numbers and OAuth names are those of Entra's error reference; clients (azure-identity, MSAL) show the description
to a person and decide by the OAuth name.
"""

import uuid
from datetime import UTC, datetime

from starlette.responses import JSONResponse, Response

from emulators.kernel.errors import CloudError


class EntraError(CloudError):
    """An answer of the authority. `number` is the AADSTS number; `code` is OAuth's error name."""

    status = 400
    code = "invalid_request"
    number = 900000


class MissingParameter(EntraError):
    number = 900144

    def __init__(self, name: str) -> None:
        super().__init__(f"The request body must contain the parameter '{name}'.")


class RepeatedParameter(EntraError):
    number = 9000410

    def __init__(self, name: str) -> None:
        super().__init__(f"The parameter '{name}' is given more than once.")


class TenantNotFound(EntraError):
    number = 90002

    def __init__(self, tenant: str) -> None:
        super().__init__(
            f"Tenant '{tenant}' not found. Check that this is the tenant id of the local cloud (AZURE_TENANT_ID)."
        )


class NoTenantInformation(EntraError):
    """`common` and `organizations` name no tenant, and a client secret does not imply one."""

    number = 50059

    def __init__(self) -> None:
        super().__init__(
            "No tenant-identifying information found in either the request or implied by the credentials: "
            "client credentials need the tenant id in the address."
        )


class UnsupportedGrantType(EntraError):
    code = "unsupported_grant_type"
    number = 70003

    def __init__(self, grant: str) -> None:
        super().__init__(
            f"The app requested an unsupported grant type '{grant}'; this authority grants 'client_credentials' only."
        )


class UnknownClient(EntraError):
    code = "unauthorized_client"
    number = 700016

    def __init__(self, client_id: str, tenant: str) -> None:
        super().__init__(
            f"Application with identifier '{client_id}' was not found in the directory '{tenant}'. "
            "Check that the application is one of the local cloud's clients and that the tenant is right."
        )


class InvalidSecret(EntraError):
    status = 401
    code = "invalid_client"
    number = 7000215

    def __init__(self, client_id: str) -> None:
        super().__init__(
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{client_id}'."
        )


class MissingCredential(EntraError):
    status = 401
    code = "invalid_client"
    number = 7000218

    def __init__(self) -> None:
        super().__init__("The request body must contain the parameter 'client_assertion' or 'client_secret'.")


class NoFederatedCredential(EntraError):
    status = 401
    code = "invalid_client"
    number = 70025

    def __init__(self, client_id: str) -> None:
        super().__init__(
            f"The client '{client_id}' has no configured federated identity credentials. "
            "Give the authority a FederatedCredential for it, or use its client secret."
        )


class InvalidAssertion(EntraError):
    """A client assertion that does not prove what it claims; the number says which part of it is wrong."""

    status = 401
    code = "invalid_client"
    number = 50013

    def __init__(self, message: str, number: int = 50013) -> None:
        super().__init__(message)
        self.number = number


class InvalidScope(EntraError):
    code = "invalid_scope"
    number = 70011

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"The provided value for the input parameter 'scope' is not valid. The scope '{scope}' is not valid: "
            "client credentials take exactly one scope, a resource followed by '/.default'."
        )


class InvalidResource(EntraError):
    code = "invalid_resource"
    number = 500011

    def __init__(self, resource: str) -> None:
        super().__init__(f"The resource principal named '{resource}' was not found: it is neither a URI nor a GUID.")


def render(error: CloudError) -> Response:
    """The authority's error document (OAuth 2 with Entra's additions: numbers, trace and correlation ids)."""
    number = error.number if isinstance(error, EntraError) else None
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    timestamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    prefix = f"AADSTS{number}: " if number else ""
    document = {
        "error": error.code,
        "error_description": (
            f"{prefix}{error.message} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
        ),
        "error_codes": [number] if number else [],
        "timestamp": timestamp,
        "trace_id": trace,
        "correlation_id": correlation,
    }
    return JSONResponse(document, status_code=error.status, headers={"Cache-Control": "no-store"})
