"""Reading a factory from a folder in Git layout or from parsed documents; mistakes name file and place."""

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.datafactory.engine.resources import InvalidResource, Resources

PIPELINE = {"name": "p", "properties": {"activities": []}}


def write(root: Path, place: str, content: Any) -> None:
    path = root / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))


def test_the_git_layout(tmp_path: Path) -> None:
    write(tmp_path, "pipeline/p.json", PIPELINE)
    write(tmp_path, "dataset/d.json", {"name": "d", "properties": {"type": "Json"}})
    write(tmp_path, "linkedService/l.json", {"name": "l", "properties": {"type": "AzureDatabricks"}})
    write(tmp_path, "trigger/t.json", {"name": "t", "properties": {"type": "ScheduleTrigger"}})
    parameters = {"env": {"type": "string", "value": "dev"}}
    write(tmp_path, "credential/c.json", {"name": "c", "properties": {"type": "ManagedIdentity"}})
    identity = {"type": "UserAssigned", "userAssignedIdentities": {"/subscriptions/S/reader": {}}}
    factory = {"name": "real", "identity": identity, "properties": {"globalParameters": parameters}}
    write(tmp_path, "factory/real.json", factory)
    write(tmp_path, "publish_config.json", {})
    resources = Resources.load(tmp_path)
    assert resources.factory_name == "real"
    assert resources.pipelines == {"p": {"activities": []}}
    assert list(resources.datasets) == ["d"]
    assert list(resources.linked_services) == ["l"]
    assert list(resources.triggers) == ["t"]
    assert list(resources.credentials) == ["c"]
    assert resources.identities == {"/subscriptions/s/reader"}
    assert resources.global_parameters == parameters


def test_names_are_found_whatever_their_case() -> None:
    resources = Resources.of([PIPELINE])
    assert resources.pipeline("P") == ("p", {"activities": []})
    assert resources.pipeline("q") is None


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({"activities": []}, "pipelines"),
        ({"type": "BlobEventsTrigger"}, "triggers"),
        ({"type": "Json", "linkedServiceName": {}}, "datasets"),
        ({"type": "AzureDatabricks", "typeProperties": {}}, "linked_services"),
        ({"type": "ManagedIdentity", "typeProperties": {}}, "credentials"),
    ],
)
def test_the_kind_is_told_by_the_content(properties: Any, kind: str) -> None:
    assert getattr(Resources.of([{"name": "x", "properties": properties}]), kind) == {"x": properties}


def test_the_kind_is_told_by_the_type() -> None:
    typed = {"name": "x", "type": "Microsoft.DataFactory/factories/linkedServices", "properties": {}}
    assert list(Resources.of([typed]).linked_services) == ["x"]


MISTAKES = [
    ("pipeline/p.json", "{,}", r"p\.json: line 1, column 2"),
    ("pipeline/p.json", "[]", r"p\.json: a JSON object is expected"),
    ("pipeline/p.json", {"properties": {}}, r"pipeline/p\.json: at 'name'"),
    ("pipeline/p.json", {"name": "p"}, r"pipeline/p\.json: at 'properties'"),
    ("pipeline/q.json", PIPELINE, r"the resource is named 'p' but its file 'q'"),
    ("factory/f.json", {"name": "f", "properties": {"globalParameters": {"x": 1}}}, r"f\.json: .*globalParameters\.x"),
]  # fmt: skip


@pytest.mark.parametrize(("place", "content", "message"), MISTAKES)
def test_mistakes_name_file_and_place(tmp_path: Path, place: str, content: Any, message: str) -> None:
    write(tmp_path, place, content)
    with pytest.raises(InvalidResource, match=message):
        Resources.load(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidResource, match="nowhere"):
        Resources.load(tmp_path / "nowhere")


def test_a_name_is_used_once() -> None:
    with pytest.raises(InvalidResource, match=r"resources\[1\].*already"):
        Resources.of([PIPELINE, PIPELINE])
