"""Errors in the Blob service's own words (documented as common and Blob error codes), one class per code."""

from emulators.kernel.errors import CloudError


class InvalidUri(CloudError):
    """The request's address cannot be read."""

    status = 400
    code = "InvalidUri"


class InvalidRequest(CloudError):
    """What arrived is not HTTP, or HTTP that says two things at once."""

    status = 400
    code = "InvalidInput"


class AuthorizationFailure(CloudError):
    """A host or an account that this cloud does not have: the front door is no open proxy."""

    status = 403
    code = "AuthorizationFailure"


class AuthenticationFailed(CloudError):
    """The way in which the request proves who sends it is not taken here."""

    status = 403
    code = "AuthenticationFailed"


class InvalidAuthenticationInfo(CloudError):
    """A token that opens nothing here: spent, for another audience, of another authority."""

    status = 401
    code = "InvalidAuthenticationInfo"

    def __init__(self, message: str, challenge: str) -> None:
        super().__init__(
            f"Server failed to authenticate the request. {message}", headers={"WWW-Authenticate": challenge}
        )


class UserDelegationNotEmulated(CloudError):
    """Get User Delegation Key: Azurite gives the key only where it checks tokens itself."""

    status = 501
    code = "NotImplemented"

    def __init__(self) -> None:
        super().__init__(
            "Get User Delegation Key is not supported: sign shared access signatures with the account's key, or add "
            "the key and its check to emulators/storage."
        )


class ServerBusy(CloudError):
    """Nothing was done; clients try again by themselves."""

    status = 503
    code = "ServerBusy"


class OperationTimedOut(CloudError):
    """Azurite went away in the middle: whether the operation was done is unknown."""

    status = 500
    code = "OperationTimedOut"


class RequestBodyTooLarge(CloudError):
    """A batch of more than the documented 4 MiB."""

    status = 413
    code = "RequestBodyTooLarge"


class ResourceNotFound(CloudError):
    """Resource Manager's answer for an account that does not exist."""

    status = 404
    code = "ResourceNotFound"
