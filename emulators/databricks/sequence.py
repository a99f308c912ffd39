"""Numbers for jobs, runs and workspace objects: one durable sequence, so the same calls give the same ids."""

from emulators.kernel.store import DocumentStore

_KIND, _KEY = "databricks.sequence", "last"
_FIRST = 100_000_000_000_001
"""Real ids have fifteen digits; a client that keeps them in 32 bits must fail here too. All stay below 2**53."""


class Sequence:
    """Gives every number once, also after a restart."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        document = store.get(_KIND, _KEY)
        self._last: int = document["value"] if document else _FIRST - 1

    def next(self) -> int:
        self._last += 1
        self._store.put(_KIND, _KEY, {"value": self._last})
        return self._last
