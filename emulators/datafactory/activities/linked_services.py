"""A linked service as an activity uses it: parameters filled in, expressions evaluated, secrets in the clear.

Secrets live only in the object returned here. They never enter an activity's input or output, and each is told to
the process-wide masker before it is used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import httpx

from emulators.datafactory.activities.calls import Caller, json_object
from emulators.datafactory.activities.credentials import is_credential_reference, principal_of
from emulators.datafactory.activities.failure import ActivityFailed, NotBuiltYet
from emulators.datafactory.activities.identity import Identity, Principal
from emulators.datafactory.engine.resources import Resources
from emulators.datafactory.expressions import ExpressionError, Scope, evaluate_value
from emulators.kernel.masking import masker

VAULT = "https://vault.azure.net"
VAULT_API = "7.4"


@dataclass(frozen=True)
class LinkedService:
    """A connection: its type and its evaluated `typeProperties`."""

    name: str
    type: str
    properties: Mapping[str, Any]
    principal: Principal | None = None
    """Who its `credential` stands for; None means the factory's own managed identity."""

    def text(self, name: str, code: str) -> str:
        """A property that must be there as text; raises ActivityFailed with this code."""
        value = self.properties.get(name)
        if not isinstance(value, str) or not value:
            raise ActivityFailed(code, f"The linked service '{self.name}' has no value for the property '{name}'.")
        return value


async def resolve_linked_service(
    reference: Mapping[str, Any] | None,
    resources: Resources,
    asked_by: str,
    http: httpx.AsyncClient,
    identity: Identity,
) -> LinkedService:
    """The linked service behind a reference; raises ActivityFailed naming who asked and what is missing."""
    if not reference:
        raise ActivityFailed(
            "2103", f"Please provide value for the required property 'linkedServiceName' of {asked_by}."
        )
    found = resources.linked_service(str(reference.get("referenceName")))
    if found is None:
        raise ActivityFailed(
            "BadRequest",
            f"The linked service '{reference.get('referenceName')}' that {asked_by} refers to does not exist.",
        )
    name, properties = found
    evaluated = _evaluated(name, properties, reference)
    reveal = partial(revealed, resources=resources, name=name, http=http, identity=identity)
    plain = {key: await reveal(value) for key, value in evaluated.items()}
    principal = None
    if is_credential_reference(evaluated.get("credential")):
        principal = await principal_of(evaluated["credential"], resources, f"the linked service '{name}'", reveal)
    return LinkedService(name, str(properties.get("type")), plain, principal)


def _evaluated(name: str, properties: Mapping[str, Any], reference: Mapping[str, Any]) -> Mapping[str, Any]:
    given = reference.get("parameters") or {}
    parameters = {key: spec.get("defaultValue") for key, spec in (properties.get("parameters") or {}).items()}
    parameters.update(given)
    try:
        evaluated: Mapping[str, Any] = evaluate_value(
            properties.get("typeProperties") or {}, Scope(linked_service=parameters)
        )
    except ExpressionError as error:
        raise ActivityFailed(error.code, f"In the linked service '{name}': {error.message}") from error
    return evaluated


async def revealed(value: Any, resources: Resources, name: str, http: httpx.AsyncClient, identity: Identity) -> Any:
    """The plain text of a secret, whichever way it is given; other values as they are, with the secrets inside."""
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind == "SecureString":
        secret = str(value.get("value"))
    elif kind == "AzureKeyVaultSecret":
        secret = await _from_vault(value, resources, name, http, identity)
    elif isinstance(value, Mapping):
        return {key: await revealed(item, resources, name, http, identity) for key, item in value.items()}
    else:
        return value
    masker.add(secret)
    return secret


async def _from_vault(
    secret: Mapping[str, Any], resources: Resources, name: str, http: httpx.AsyncClient, identity: Identity
) -> str:
    vault = await resolve_linked_service(secret.get("store"), resources, f"the linked service '{name}'", http, identity)
    if vault.type != "AzureKeyVault":
        raise NotBuiltYet(f"A secret store of type '{vault.type}'", "a case in activities/linked_services.py.")
    base = vault.text("baseUrl", "2103").rstrip("/")
    which = str(secret.get("secretName") or "")
    if not which:
        raise ActivityFailed("2103", f"A secret of the linked service '{name}' has no value for 'secretName'.")
    # without a version, or with an empty one, the latest is meant (documented)
    path = "/".join(quote(part, safe="") for part in (which, str(secret.get("secretVersion") or "")) if part)
    token = await identity.token(VAULT, vault.principal)
    caller = Caller(http, {"Authorization": f"Bearer {token}"}, _vault_unreachable)
    answer = await caller.call("GET", f"{base}/secrets/{path}?api-version={VAULT_API}")
    if answer.status_code != httpx.codes.OK:
        raise _unreadable(which, name, f"{base} answered {answer.status_code}: {answer.text[:500]}")
    value = json_object(answer, _no_vault).get("value")
    if not isinstance(value, str):
        raise _unreadable(which, name, f"{base} answered without a value.")
    return value


def _unreadable(secret: str, name: str, reason: str) -> ActivityFailed:
    return ActivityFailed(
        "AzureKeyVaultError", f"The secret '{secret}' of linked service '{name}' could not be read: {reason}"
    )


def _no_vault(url: str, reason: str) -> ActivityFailed:
    return ActivityFailed("AzureKeyVaultError", f"The address {url} is not a key vault's. {reason}")


def _vault_unreachable(url: str, reason: str) -> ActivityFailed:
    return ActivityFailed("AzureKeyVaultError", f"The key vault at {url} does not answer: {reason}", "SystemError")
