"""Errors whose text is written for the person at the keyboard; everything else is a defect and keeps its traceback."""

from azure.core.exceptions import AzureError
from databricks.sdk.errors.base import DatabricksError

from emulators.cloud.failures import KNOWN_FAILURES
from release.errors import ReleaseError
from steps.ingestion import NothingHappened


def is_known(error: BaseException) -> bool:
    """Whether the error explains itself."""
    return isinstance(error, (AzureError, DatabricksError, NothingHappened, ReleaseError, *KNOWN_FAILURES))
