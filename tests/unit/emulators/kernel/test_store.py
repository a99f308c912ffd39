"""Documents survive their store; order and replacement."""

from pathlib import Path

from emulators.kernel.store import DocumentStore


def test_a_document_is_found_again_by_another_store(tmp_path: Path) -> None:
    first = DocumentStore(tmp_path / "deep" / "state.sqlite")
    first.put("runs", "1", {"name": "Müller", "values": [1, 2.5, None]})
    # not closed: a killed process does not close either
    second = DocumentStore(tmp_path / "deep" / "state.sqlite")
    assert second.get("runs", "1") == {"name": "Müller", "values": [1, 2.5, None]}


def test_replacing_keeps_the_place_in_the_order() -> None:
    store = DocumentStore()
    for key in ("b", "a", "c"):
        store.put("runs", key, {"key": key})
    store.put("runs", "b", {"key": "new"})
    assert list(store.list("runs")) == [("b", {"key": "new"}), ("a", {"key": "a"}), ("c", {"key": "c"})]


def test_kinds_do_not_mix() -> None:
    store = DocumentStore()
    store.put("runs", "1", {})
    assert store.get("events", "1") is None
    assert list(store.list("events")) == []


def test_deleting_says_whether_there_was_something() -> None:
    store = DocumentStore()
    store.put("runs", "1", {})
    assert store.delete("runs", "1") is True
    assert store.delete("runs", "1") is False
    assert store.get("runs", "1") is None


def test_what_rests_on_disk_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "documents.sqlite"
    path.touch(mode=0o644)
    store = DocumentStore(path)
    store.put("kind", "key", {"secret": "x"})
    assert {file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {0o600}
    assert len(list(tmp_path.iterdir())) > 1, "the write-ahead log too"
    store.close()
