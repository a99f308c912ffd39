"""What can go wrong before storage runs; every text names the mend."""


class AzuriteUnavailable(Exception):
    """Azurite could not be had or started; the text says why and what to do."""


class DockerUnavailable(AzuriteUnavailable):
    """A container was demanded and no Docker engine answers."""


class InstallFailed(AzuriteUnavailable):
    """npm could not bring Azurite."""
