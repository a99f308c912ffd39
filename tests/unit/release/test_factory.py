"""The order of a deployment: what depends comes after what it depends on."""

from pathlib import Path
from typing import Any

import pytest

from release.errors import ReleaseError
from release.factory import in_dependency_order
from release.source import FactoryResource


def resource(kind: str, name: str, *references: tuple[str, str]) -> FactoryResource:
    properties: dict[str, Any] = {"refs": [{"type": type_, "referenceName": target} for type_, target in references]}
    return FactoryResource(kind, name, properties, Path(f"{name}.json"))


def test_what_depends_comes_later_whatever_its_kind() -> None:
    ordered = in_dependency_order(
        [
            resource("triggers", "arrives", ("PipelineReference", "parent")),
            resource("pipelines", "parent", ("PipelineReference", "Child"), ("LinkedServiceReference", "bricks")),
            resource("pipelines", "child"),
            resource("linkedServices", "bricks", ("LinkedServiceReference", "vault")),
            resource("linkedServices", "vault"),
        ]
    )
    names = [entry.name for entry in ordered]
    assert names.index("vault") < names.index("bricks") < names.index("parent") < names.index("arrives")
    assert names.index("child") < names.index("parent")


def test_a_circle_is_named() -> None:
    with pytest.raises(ReleaseError, match=r"in a circle: .*a.*b|in a circle: .*b.*a"):
        in_dependency_order(
            [
                resource("pipelines", "a", ("PipelineReference", "b")),
                resource("pipelines", "b", ("PipelineReference", "a")),
            ]
        )


def test_a_reference_to_nothing_is_the_services_to_refuse() -> None:
    assert len(in_dependency_order([resource("pipelines", "a", ("DatasetReference", "gone"))])) == 1
