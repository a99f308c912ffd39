"""Errors of Azure ML's services, one class per case. Its v1 services call every mistake of the caller a `UserError`."""

from collections.abc import Iterable

from emulators.kernel.errors import CloudError


class UserError(CloudError):
    """The caller's mistake, said in a sentence."""

    status = 400
    code = "UserError"


class UnknownParameters(UserError):
    def __init__(self, unknown: Iterable[str], declared: Iterable[str]) -> None:
        super().__init__(f"The pipeline has no parameter {_listed(unknown)}. Its parameters are {_listed(declared)}.")


class WrongParameterType(UserError):
    def __init__(self, name: str, wanted: str, value: object) -> None:
        super().__init__(f"The pipeline parameter '{name}' takes {wanted}, not {value!r}.")


class InvalidField(UserError):
    """A field of the request's body has the wrong shape."""

    def __init__(self, name: str, wanted: str) -> None:
        super().__init__(f"The field '{name}' of the request must be {wanted}.", target=name)


class UnsupportedField(UserError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"The field '{name}' is not supported by the azureml emulator; to support it add it to "
            "emulators/azureml/submission.py.",
            status=501,
            code="NotImplemented",
            target=name,
        )


class UnsupportedFilter(UserError):
    def __init__(self, text: str) -> None:
        super().__init__(
            f"The filter {text!r} is not understood: only \"<field> eq '<value>'\" joined by 'and' is, where a field "
            "is status, runId, parentRunId, tags/<name> or properties/<name>."
        )


class NotFound(CloudError):
    """Nothing of this name or id in the workspace."""

    status = 404
    code = "UserError"

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f"{what} '{key}' was not found in the workspace.")


class WorkspaceNotFound(CloudError):
    status = 404
    code = "ResourceNotFound"

    def __init__(self, workspace_id: str) -> None:
        super().__init__(f"The workspace '{workspace_id}' was not found.")


class Forbidden(CloudError):
    """A run's own token opens nothing but that run."""

    status = 403
    code = "AuthorizationFailed"


class PropertyIsImmutable(UserError):
    def __init__(self, name: str) -> None:
        super().__init__(f"The property '{name}' of the run has another value already; properties cannot be changed.")


class NotSupportedYet(CloudError):
    """A part of Azure ML that this emulator has not: said by its name."""

    status = 501
    code = "NotImplemented"

    def __init__(self, feature: str) -> None:
        super().__init__(
            f"{feature} are not supported by the azureml emulator yet; it has v1 published pipelines and pipeline "
            "endpoints. To support them add routes to emulators/azureml/routes.py."
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in sorted(names)) or "none"
