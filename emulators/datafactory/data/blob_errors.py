"""The refusals of Blob storage with Data Factory's codes."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus

from azure.core.exceptions import AzureError, HttpResponseError, ResourceNotFoundError

from emulators.datafactory.data.errors import DataError, ForbiddenFile, InvalidFileName, MissingFile, Side

_BAD_NAMES = frozenset({"InvalidUri", "InvalidResourceName"})


@contextmanager
def as_data_errors(place: str, path: str, side: Side) -> Iterator[None]:
    """The service's refusals with Data Factory's codes (documented: AzureBlobOperationFailed; the details follow)."""
    try:
        yield
    except ResourceNotFoundError as error:
        raise MissingFile(place, path, side) from error
    except HttpResponseError as error:
        code = getattr(error, "error_code", None)
        detail = f"{error.status_code} {code or error.reason}" if error.status_code else str(error.message)
        kind = ForbiddenFile if error.status_code == HTTPStatus.FORBIDDEN else DataError
        raise (InvalidFileName if code in _BAD_NAMES else kind)(
            "AzureBlobOperationFailed",
            f"Blob operation Failed. ContainerName: {place}, path: {path}. The service answered {detail}.",
            side,
        ) from error
    except AzureError as error:
        raise DataError(
            "AzureBlobOperationFailed",
            f"Blob operation Failed. ContainerName: {place}, path: {path}. {type(error).__name__}: {error.message}",
            side,
        ) from error
