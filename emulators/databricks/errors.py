"""The errors of the Databricks REST API, one class per `error_code`, and how every error is stated.

Codes and their HTTP statuses are those that databricks-sdk maps to its exceptions (`databricks.sdk.errors`).
"""

from starlette.responses import Response

from emulators.kernel.dialects import databricks_error
from emulators.kernel.errors import CloudError, InternalError, InvalidBody


class DatabricksError(CloudError):
    """An error as a workspace states it."""

    status = 400
    code = "BAD_REQUEST"


class BadRequest(DatabricksError):
    """The request cannot be served as it is, and no sharper code exists."""


class InvalidParameterValue(DatabricksError):
    """An argument is missing or means nothing."""

    code = "INVALID_PARAMETER_VALUE"


class MalformedRequest(DatabricksError):
    """The request does not have the shape that the operation reads."""

    code = "MALFORMED_REQUEST"


class InvalidState(DatabricksError):
    """The thing exists, but not in a state that allows this."""

    code = "INVALID_STATE"


class ResourceDoesNotExist(DatabricksError):
    """What the request names is not there."""

    status = 404
    code = "RESOURCE_DOES_NOT_EXIST"


class NotFound(DatabricksError):
    """The Files API's word for what is not there."""

    status = 404
    code = "NOT_FOUND"


class AlreadyExists(DatabricksError):
    """The Files API's word for what is there already."""

    status = 409
    code = "ALREADY_EXISTS"


class ResourceAlreadyExists(DatabricksError):
    """What the request wants to make is there already (400 in workspace, DBFS and secrets)."""

    code = "RESOURCE_ALREADY_EXISTS"


class DirectoryNotEmpty(DatabricksError):
    """A folder with contents was to be deleted without `recursive`."""

    code = "DIRECTORY_NOT_EMPTY"


class MaxNotebookSizeExceeded(DatabricksError):
    """More than 10 MB were to be imported."""

    code = "MAX_NOTEBOOK_SIZE_EXCEEDED"


class MaxBlockSizeExceeded(DatabricksError):
    """A DBFS block of more than 1 MB."""

    code = "MAX_BLOCK_SIZE_EXCEEDED"


class MaxReadSizeExceeded(DatabricksError):
    """A DBFS read of more than 1 MB."""

    code = "MAX_READ_SIZE_EXCEEDED"


class IoError(DatabricksError):
    """DBFS could not do what was asked."""

    code = "IO_ERROR"


class ResourceLimitExceeded(DatabricksError):
    """A documented quota is used up."""

    code = "RESOURCE_LIMIT_EXCEEDED"


class CredentialMissing(DatabricksError):
    """No bearer token was sent."""

    status = 401
    code = "401"


class InvalidAccessToken(DatabricksError):
    """The token is none of this workspace's (observed on Azure: 403 with the status as code)."""

    status = 403
    code = "403"


class PermissionDenied(DatabricksError):
    """The caller is known and may not do this."""

    status = 403
    code = "PERMISSION_DENIED"


class EndpointNotFound(DatabricksError):
    """No API has this path."""

    status = 404
    code = "ENDPOINT_NOT_FOUND"


class NotSupported(DatabricksError):
    """Databricks has it and this emulator has not; the message says what to add."""

    status = 501
    code = "NOT_IMPLEMENTED"


def render_error(error: CloudError) -> Response:
    """Any error in Databricks's dialect; the kernel's own errors get Databricks's codes."""
    if isinstance(error, InvalidBody):
        error = MalformedRequest(error.message)
    elif isinstance(error, InternalError):
        error = DatabricksError(error.message, status=500, code="INTERNAL_ERROR")
    return databricks_error(error)
