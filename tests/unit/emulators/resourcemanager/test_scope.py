"""Which part of a path speaks of what."""

import pytest

from emulators.resourcemanager.errors import InvalidRequestUri
from emulators.resourcemanager.scope import parse

GROUP = "/subscriptions/S/resourceGroups/G"
FACTORY = GROUP + "/providers/Microsoft.DataFactory/factories/F"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/subscriptions/S", ("S", None, None)),
        (GROUP, ("S", "G", None)),
        ("/SUBSCRIPTIONS/S/resourcegroups/G", ("S", "G", None)),
        (FACTORY + "/pipelines/P", ("S", "G", "Microsoft.DataFactory")),
        ("/subscriptions/S/providers/Microsoft.DataFactory/factories", ("S", None, "Microsoft.DataFactory")),
        ("/providers/Microsoft.DataFactory/operations", (None, None, "Microsoft.DataFactory")),
        (
            GROUP + "/providers/Microsoft.Storage/storageAccounts/A/providers/Microsoft.EventGrid/eventSubscriptions/E",
            ("S", "G", "Microsoft.EventGrid"),
        ),
        (
            GROUP + "/providers/Microsoft.DataFactory/factories/providers/pipelines/P",
            ("S", "G", "Microsoft.DataFactory"),
        ),
        (GROUP + "/providers", ("S", "G", None)),
        ("/", (None, None, None)),
    ],
)
def test_the_parts_of_a_path(path: str, expected: tuple[str | None, str | None, str | None]) -> None:
    parsed = parse(path)
    assert (parsed.subscription, parsed.group, parsed.namespace) == expected


@pytest.mark.parametrize("path", ["/subscriptions/../x", FACTORY + "/%2e%2e/x", "/./x"])
def test_a_path_that_changes_while_it_travels_is_refused(path: str) -> None:
    with pytest.raises(InvalidRequestUri):
        parse(path)


def test_only_a_top_level_resource_has_an_id() -> None:
    assert parse(FACTORY).resource_id == FACTORY
    assert parse(FACTORY + "/pipelines/P").resource_id is None
    assert parse("/subscriptions/S/providers/Microsoft.DataFactory/locations/L/x/y").resource_id is None
