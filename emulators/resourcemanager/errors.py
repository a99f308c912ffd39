"""Errors of Resource Manager, one class per code; codes and statuses are those the real service documents."""

from collections.abc import Iterable

from emulators.kernel.errors import CloudError


class MissingApiVersionParameter(CloudError):
    status = 400
    code = "MissingApiVersionParameter"

    def __init__(self) -> None:
        super().__init__("The api-version query parameter (?api-version=) is required for all requests.")


class SubscriptionNotFound(CloudError):
    status = 404
    code = "SubscriptionNotFound"

    def __init__(self, subscription: str) -> None:
        super().__init__(f"The subscription '{subscription}' could not be found.")


class ResourceGroupNotFound(CloudError):
    status = 404
    code = "ResourceGroupNotFound"

    def __init__(self, group: str) -> None:
        super().__init__(f"Resource group '{group}' could not be found.")


class InvalidResourceGroupName(CloudError):
    """The exact code of the real service is not documented (assumed)."""

    status = 400
    code = "InvalidResourceGroupName"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"The resource group name '{name}' is not valid: up to 90 letters, digits, '-', '_', '.', '(' and ')', "
            "not ending with '.'."
        )


class LocationRequired(CloudError):
    status = 400
    code = "LocationRequired"

    def __init__(self) -> None:
        super().__init__("The location property is required for this definition.")


class InvalidResourceGroupLocation(CloudError):
    status = 409
    code = "InvalidResourceGroupLocation"

    def __init__(self, name: str, wished: str, present: str) -> None:
        super().__init__(
            f"Invalid resource group location '{wished}'. The resource group '{name}' already exists in location "
            f"'{present}'."
        )


class InvalidTags(CloudError):
    status = 400
    code = "InvalidTagsValue"

    def __init__(self) -> None:
        super().__init__("'tags' must be an object of strings.")


class ResourceGroupDeletionBlocked(CloudError):
    status = 409
    code = "ResourceGroupDeletionBlocked"


class InvalidRequestUri(CloudError):
    status = 400
    code = "InvalidRequestUri"

    def __init__(self, path: str) -> None:
        super().__init__(f"The path '{path}' is not a resource's: it has '.' or '..' segments.")


class ProviderNotEmulated(CloudError):
    """No service of this cloud registered the namespace."""

    status = 501
    code = "NotImplemented"

    def __init__(self, namespace: str, registered: Iterable[str]) -> None:
        super().__init__(
            f"No service of the local cloud answers for the namespace '{namespace}'; registered are "
            f"{', '.join(sorted(registered)) or 'none'}. To support it start its emulator and give its address in "
            "ResourceManagerSettings.providers.",
            target=namespace,
        )


class DeploymentsNotEmulated(CloudError):
    status = 501
    code = "NotImplemented"

    def __init__(self) -> None:
        super().__init__(
            "Template deployments (Microsoft.Resources/deployments) are not supported yet: create the resources one "
            "by one, or add deployments to emulators/resourcemanager.",
            target="Microsoft.Resources/deployments",
        )


class FilterNotSupported(CloudError):
    status = 501
    code = "NotImplemented"

    def __init__(self) -> None:
        super().__init__("The query parameter '$filter' is not supported on resource groups; filter at the client.")


class BadGateway(CloudError):
    status = 502
    code = "BadGatewayConnection"

    def __init__(self, namespace: str, address: str, cause: str) -> None:
        super().__init__(f"The service of '{namespace}' at {address} cannot be reached: {cause}.", target=namespace)


class GatewayTimeout(CloudError):
    status = 504
    code = "GatewayTimeout"

    def __init__(self, namespace: str, seconds: float) -> None:
        super().__init__(f"The service of '{namespace}' did not answer within {seconds:g} seconds.", target=namespace)
