"""Which subscription, group and provider a path speaks of.

A resource path is `{scope}/providers/{Namespace}/{type}/{name}…`, and the scope may itself be a resource (extension
resources such as event subscriptions): the last `/providers/` decides who answers.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

from emulators.resourcemanager.errors import InvalidRequestUri

_NAMESPACE = re.compile(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)+")  # a dot tells it from a resource called 'providers'
_TOP_LEVEL = 8  # subscriptions/S/resourceGroups/G/providers/N/type/name


@dataclass(frozen=True)
class ResourcePath:
    """The parts of a path that Resource Manager itself looks at; None where the path has no such part."""

    segments: tuple[str, ...]
    subscription: str | None
    group: str | None
    namespace: str | None

    @property
    def resource_id(self) -> str | None:
        """The id of the top-level resource in a group that this path is, or None when it is anything else."""
        if len(self.segments) == _TOP_LEVEL and self.group is not None and self.segments[4].lower() == "providers":
            return "/" + "/".join(self.segments)
        return None


def parse(raw_path: str) -> ResourcePath:
    """Read a percent-encoded path. Raises InvalidRequestUri for dot segments, which would change while travelling."""
    segments = tuple(unquote(segment) for segment in raw_path.strip("/").split("/"))
    if any(segment in (".", "..") for segment in segments):
        raise InvalidRequestUri(raw_path)
    folded = [segment.lower() for segment in segments]
    subscription = segments[1] if len(segments) > 1 and folded[0] == "subscriptions" else None
    in_group = subscription is not None and len(segments) > 3 and folded[2] == "resourcegroups"
    return ResourcePath(segments, subscription, segments[3] if in_group else None, _namespace(segments, folded))


def _namespace(segments: tuple[str, ...], folded: list[str]) -> str | None:
    for index in range(len(segments) - 2, -1, -1):
        if folded[index] == "providers" and _NAMESPACE.fullmatch(segments[index + 1]):
            return segments[index + 1]
    return None
