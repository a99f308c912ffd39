"""Data Factory's refusals, one class per code of the service, each with the sentence that clients see.

Where a code or a sentence was only assumed, its class says so; the others were documented or seen in public reports.
"""

from emulators.kernel.errors import CloudError


class BadRequest(CloudError):
    """The service's general code for a document or a query that it does not accept (observed)."""

    status = 400
    code = "BadRequest"


class InvalidReference(BadRequest):
    """A document names another one that does not exist; `target` is the document's resource id (documented)."""

    def __init__(self, reference: str, target: str) -> None:
        super().__init__(
            f"The document creation or update failed because of invalid reference '{reference}'.", target=target
        )


class StillReferenced(BadRequest):
    """A document that others refer to cannot be deleted (observed)."""

    def __init__(self, referrer: str, target: str) -> None:
        super().__init__(f"The document cannot be deleted since it is referenced by {referrer}.", target=target)


class InvalidResourceName(CloudError):
    """A name outside of the documented pattern; code and sentence are assumed."""

    status = 400
    code = "InvalidResourceName"


class LocationRequired(CloudError):
    """Resource Manager's refusal of a factory without a location (observed)."""

    status = 400
    code = "LocationRequired"

    def __init__(self) -> None:
        super().__init__("The location property is required for this definition.")


class TriggerEnabledCannotUpdate(CloudError):
    """A started trigger can be neither changed nor deleted (observed, with the blank at the end)."""

    status = 400
    code = "TriggerEnabledCannotUpdate"

    def __init__(self) -> None:
        super().__init__("Cannot update enabled Trigger; the trigger needs to be disabled first. ")


class EventSubscriptionFailed(BadRequest):
    """Event Grid, or Resource Manager before it, did not make a trigger's subscription (sentence assumed)."""

    def __init__(self, scope: str, reason: str, trigger: str) -> None:
        super().__init__(
            f"The attempt to configure storage notifications for the provided storage account {scope} failed. "
            f"The error is {reason}",
            target=trigger,
        )


class UnsupportedTrigger(CloudError):
    """A trigger type that the emulator keeps as a document but cannot run."""

    status = 501
    code = "NotImplemented"


class ReferencedPipelineRunNotValid(CloudError):
    """createRun refers to a run that does not exist (observed)."""

    status = 400
    code = "ReferencedPipelineRunNotValid"

    def __init__(self, run_id: str, pipeline: str) -> None:
        super().__init__(
            f"Referenced pipeline run id {run_id} is not a valid run id.", target=f"pipeline/{pipeline}/runid/{run_id}"
        )


class ResourceNotFound(CloudError):
    """Resource Manager knows no such factory (observed)."""

    status = 404
    code = "ResourceNotFound"

    def __init__(self, factory: str, resource_group: str) -> None:
        super().__init__(
            f"The Resource 'Microsoft.DataFactory/factories/{factory}' under resource group '{resource_group}' was not "
            "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
        )


class EntityNotFound(CloudError):
    """The factory holds no such document (code and sentence as a sister service states them; assumed here)."""

    status = 404
    code = "EntityNotFound"

    def __init__(self, target: str) -> None:
        super().__init__("The document could not be retrieved because it does not exist.", target=target)


class RunNotFound(CloudError):
    """No pipeline run or trigger run of that id (code and sentence assumed)."""

    status = 404

    def __init__(self, kind: str, run_id: str) -> None:
        super().__init__(f"The {kind} run id '{run_id}' was not found.", code=f"{kind.title()}RunNotFound")


class PreconditionFailed(CloudError):
    """If-Match or If-None-Match does not fit the document as it is (sentence assumed)."""

    status = 412
    code = "PreconditionFailed"

    def __init__(self, target: str) -> None:
        super().__init__("The document was changed since it was read: its etag does not match.", target=target)


class UnsupportedApiVersion(CloudError):
    """Another api-version than the emulated one, or none (Resource Manager's codes; sentences assumed)."""

    status = 400

    def __init__(self, version: str | None) -> None:
        if version is None:
            super().__init__(
                "The api-version query parameter (?api-version=) is required for all requests.",
                code="MissingApiVersionParameter",
            )
        else:
            super().__init__(
                f"The api-version '{version}' is invalid for Microsoft.DataFactory. "
                "The supported version is '2018-06-01'.",
                code="NoRegisteredProviderFound",
            )


class UnsupportedOperation(CloudError):
    """An operation of the real service that the emulator has not: named, never answered as if done."""

    status = 501
    code = "NotImplemented"

    def __init__(self, operation: str) -> None:
        super().__init__(
            f"The Data Factory emulator does not support the operation '{operation}'. To support it replace its row "
            "in UNSUPPORTED_OPERATIONS of emulators/datafactory/routes.py by a route with a handler."
        )


class InvalidDelivery(CloudError):
    """What arrived at a trigger's webhook is not a delivery of Event Grid."""

    status = 400
    code = "InvalidEventDelivery"


class CallbackNotExpected(CloudError):
    """No WebHook activity waits at this address, or not any more."""

    status = 404
    code = "CallbackNotExpected"

    def __init__(self) -> None:
        super().__init__("No activity waits to be called back at this address.")


class DeliveryRefused(CloudError):
    """The delivery's code is not that of the trigger's subscription."""

    status = 401
    code = "AuthenticationFailed"
