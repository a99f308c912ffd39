"""State that survives a kill: JSON documents by kind and key in one SQLite file, or in memory for tests.

Each `put` and `delete` is a transaction of its own, on disk when the call returns to the caller's knowledge of
SQLite's write-ahead log: a process killed at any moment leaves every finished write readable.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class DocumentStore:
    """Documents by `(kind, key)`; `list` gives them in the order of their first writing.

    `path` None keeps everything in memory. Keys are compared as written; a service whose names are
    case-insensitive folds them itself.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            path.chmod(0o600)  # documents may hold secrets; SQLite gives its files beside this one the same mode
        self._lock = threading.Lock()
        # isolation_level None: every statement commits by itself
        self._database = sqlite3.connect(str(path or ":memory:"), check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents ("
            "position INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, key TEXT NOT NULL, "
            "document TEXT NOT NULL, UNIQUE (kind, key))"
        )

    def put(self, kind: str, key: str, document: Document) -> None:
        """Write a document; one of the same kind and key is replaced and keeps its place in the order."""
        text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            self._database.execute(
                "INSERT INTO documents (kind, key, document) VALUES (?, ?, ?) "
                "ON CONFLICT (kind, key) DO UPDATE SET document = excluded.document",
                (kind, key, text),
            )

    def get(self, kind: str, key: str) -> Document | None:
        """The document, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT document FROM documents WHERE kind = ? AND key = ?", (kind, key)
            ).fetchone()
        return None if row is None else _parsed(row[0])

    def delete(self, kind: str, key: str) -> bool:
        """Remove a document; False when there was none."""
        with self._lock:
            cursor = self._database.execute("DELETE FROM documents WHERE kind = ? AND key = ?", (kind, key))
        return cursor.rowcount > 0

    def list(self, kind: str) -> Iterator[tuple[str, Document]]:
        """Every `(key, document)` of a kind, oldest first, as they are at the time of the call."""
        with self._lock:
            rows = self._database.execute(
                "SELECT key, document FROM documents WHERE kind = ? ORDER BY position", (kind,)
            ).fetchall()
        return ((key, _parsed(text)) for key, text in rows)

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._database.close()


def _parsed(text: str) -> Document:
    document: Document = json.loads(text)
    return document
