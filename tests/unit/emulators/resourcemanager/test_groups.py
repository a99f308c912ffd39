"""Resource groups as documents."""

from pathlib import Path

import pytest

from emulators.kernel.clock import VirtualClock
from emulators.kernel.store import DocumentStore
from emulators.resourcemanager.errors import (
    InvalidResourceGroupLocation,
    InvalidResourceGroupName,
    InvalidTags,
    LocationRequired,
    ResourceGroupNotFound,
)
from emulators.resourcemanager.groups import ResourceGroups


@pytest.fixture
def groups() -> ResourceGroups:
    return ResourceGroups(DocumentStore(), VirtualClock())


def test_a_group_is_created_once_and_replaced_afterwards(groups: ResourceGroups) -> None:
    _, created = groups.put("rg-One", {"location": "West Europe", "tags": {"a": "1"}})
    again, created_again = groups.put("RG-ONE", {"location": "westeurope"})
    assert (created, created_again) == (True, False)
    assert (again.name, again.location, again.tags) == ("rg-One", "westeurope", {})


def test_a_group_never_moves(groups: ResourceGroups) -> None:
    groups.put("rg", {"location": "westeurope"})
    with pytest.raises(InvalidResourceGroupLocation):
        groups.put("rg", {"location": "northeurope"})


@pytest.mark.parametrize("name", ["ends.", "sl/ash", "x" * 91, "sp ace"])
def test_a_name_must_be_one_that_azure_takes(groups: ResourceGroups, name: str) -> None:
    with pytest.raises(InvalidResourceGroupName):
        groups.put(name, {"location": "westeurope"})


@pytest.mark.parametrize("body", [{}, {"location": ""}, {"location": 1}])
def test_a_location_is_required(groups: ResourceGroups, body: dict[str, object]) -> None:
    with pytest.raises(LocationRequired):
        groups.put("rg", body)


def test_tags_are_texts_and_can_be_replaced(groups: ResourceGroups) -> None:
    groups.put("rg", {"location": "westeurope", "tags": {"a": "1"}})
    assert groups.patch("rg", {}).tags == {"a": "1"}
    assert groups.patch("rg", {"tags": {"b": "2"}}).tags == {"b": "2"}
    with pytest.raises(InvalidTags):
        groups.patch("rg", {"tags": {"b": 2}})
    with pytest.raises(ResourceGroupNotFound):
        groups.patch("other", {})


def test_groups_survive_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    first = DocumentStore(path)
    ResourceGroups(first, VirtualClock()).put("rg", {"location": "westeurope"})
    first.close()
    assert ResourceGroups(DocumentStore(path), VirtualClock()).get("RG").name == "rg"


async def test_a_group_knows_when_it_was_made_and_changed() -> None:
    clock = VirtualClock()
    groups = ResourceGroups(DocumentStore(), clock)
    made, _ = groups.put("rg", {"location": "westeurope"})
    await clock.sleep(60)
    changed = groups.patch("rg", {"tags": {"a": "1"}})
    assert (made.created, made.changed) == (clock_start := VirtualClock().now().isoformat(), clock_start)
    assert (changed.created, changed.changed) == (clock_start, clock.now().isoformat())
