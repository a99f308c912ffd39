"""What is to be done with a request, told by its head alone."""

from collections.abc import Mapping
from dataclasses import dataclass

import h11

from emulators.storage.addresses import Address, Target, read_address, split_target
from emulators.storage.backstage import Backstage
from emulators.storage.bearer import is_bearer
from emulators.storage.events import Change
from emulators.storage.forward import Forward
from emulators.storage.operations import Operation, identify


@dataclass(frozen=True)
class Order:
    """`forward` is what goes on to Azurite, `host` whom the client asked, `change` what it asked for.

    `watched` tells whether events of the change are wanted.
    """

    forward: Forward
    host: str
    change: Change
    watched: bool


def read_order(request: h11.Request, headers: Mapping[str, str], backstage: Backstage, *, secure: bool) -> Order:
    """The order of a request (`headers` with lower-case names) that came over TLS or not.

    Raises the error for a request that goes no further: an address or a token that opens nothing here, ServerBusy
    when its events cannot be kept.
    """
    target = split_target(request.target.decode("ascii"), headers.get("host", ""))
    address = read_address(target, backstage.accounts)
    forward = _forward(request, headers, target, address, backstage, secure=secure)
    operation = identify(request.method.decode(), address, target.parameters(), headers)
    watched = operation is not Operation.OTHER and backstage.witness.watches(address)
    return Order(forward, target.host, Change(operation, address, headers), watched)


def _forward(
    request: h11.Request,
    headers: Mapping[str, str],
    target: Target,
    address: Address,
    backstage: Backstage,
    *,
    secure: bool,
) -> Forward:
    if backstage.tokens is None or not is_bearer(headers.get("authorization", "")):
        return Forward(request, target)
    return backstage.tokens.admit(request, headers, target, address, secure=secure)
