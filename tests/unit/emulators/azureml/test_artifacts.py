"""What of a run's folder can be asked for."""

from pathlib import Path

import pytest

from emulators.azureml import artifacts
from emulators.azureml.artifacts import LOG, RunFolder, SnapshotTooLarge
from emulators.azureml.errors import NotFound, UserError


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    sources = tmp_path / "sources"
    (sources / "package").mkdir(parents=True)
    (sources / "outputs").mkdir()
    (sources / "train.py").write_text("")
    (sources / "package" / "module.py").write_text("")
    (sources / "outputs" / "old.txt").write_text("of another run")
    folder = RunFolder(tmp_path / "run")
    folder.prepare(sources)
    return folder


def test_a_run_works_on_a_copy_with_fresh_outputs(folder: RunFolder) -> None:
    assert (folder.root / "package" / "module.py").exists()
    assert list(folder.outputs.iterdir()) == []


def test_runs_below_the_definition_are_not_copied_into_each_other(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("")
    (tmp_path / ".git").mkdir()
    (tmp_path / "package" / "inputs").mkdir(parents=True)
    (tmp_path / "package" / "inputs" / "x.py").write_text("")
    (tmp_path / "state" / "runs" / "earlier").mkdir(parents=True)
    (tmp_path / "state" / "runs" / "earlier" / "x.txt").write_text("")
    folder = RunFolder(tmp_path / "state" / "runs" / "now")
    folder.prepare(tmp_path)
    copied = {file.relative_to(folder.root).as_posix() for file in folder.root.rglob("*") if file.is_file()}
    assert copied == {"train.py", "package/inputs/x.py"}


def test_a_snapshot_has_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifacts, "_SNAPSHOT_LIMIT", 10)
    (tmp_path / "definition").mkdir()
    (tmp_path / "definition" / "big.bin").write_bytes(b"x" * 11)
    with pytest.raises(SnapshotTooLarge, match="holds more than"):
        RunFolder(tmp_path / "run").prepare(tmp_path / "definition")


def test_outputs_logs_and_uploads_are_artifacts(folder: RunFolder) -> None:
    (folder.outputs / "deep").mkdir()
    (folder.outputs / "deep" / "model.txt").write_text("m")
    folder.log.write_text("l")
    folder.upload_target("notes/x.txt").write_text("n")
    assert [path for path, _ in folder.artifacts()] == ["outputs/deep/model.txt", LOG, "notes/x.txt"]
    assert [folder.find(path).read_text() for path in ("outputs/deep/model.txt", LOG, "notes/x.txt")] == ["m", "l", "n"]


@pytest.mark.parametrize(
    "path", ["train.py", "outputs/../train.py", "../sources/train.py", "outputs", "", "/etc/passwd"]
)
def test_nothing_else_is(folder: RunFolder, path: str) -> None:
    with pytest.raises(NotFound):
        folder.find(path)


def test_a_link_that_leads_out_is_no_artifact(folder: RunFolder, tmp_path: Path) -> None:
    (folder.outputs / "link").symlink_to(tmp_path / "sources" / "train.py")
    assert list(folder.artifacts()) == []
    with pytest.raises(NotFound):
        folder.find("outputs/link")


@pytest.mark.parametrize("path", ["../x", "/x", "", "a/../../x"])
def test_an_upload_stays_in_the_run(folder: RunFolder, path: str) -> None:
    with pytest.raises(UserError):
        folder.upload_target(path)


def test_an_artifact_is_uploaded_once(folder: RunFolder) -> None:
    folder.upload_target("x").write_text("1")
    with pytest.raises(UserError, match="already"):
        folder.upload_target("x")
