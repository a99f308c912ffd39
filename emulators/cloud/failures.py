"""The errors with which a local cloud may refuse to start: each text names what is wrong and the mend."""

from emulators.cloud.instance import StateInUse
from emulators.databricks.runtime.installation import InstallationError
from emulators.databricks.runtime.spark import SparkDriverError
from emulators.kernel.server import PortInUse
from emulators.storage.azurite.errors import AzuriteUnavailable

KNOWN_FAILURES: tuple[type[Exception], ...] = (
    AzuriteUnavailable,
    InstallationError,
    PortInUse,
    SparkDriverError,
    StateInUse,
)
