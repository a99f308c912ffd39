"""How much memory each part of the local cloud takes: resident size by kind of process, sampled while it runs."""

import threading
from types import TracebackType

import psutil

_INTERVAL_SECONDS = 0.25
_WORTH_TELLING = 10_000_000  # bytes; below are helpers that start another program and vanish


class MemoryWatch:
    """Samples a process and its descendants; keeps, for each kind of process, the most that one of them took."""

    def __init__(self, root: psutil.Process) -> None:
        self._root = root
        self._peaks: dict[str, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> "MemoryWatch":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(_INTERVAL_SECONDS):
            try:
                for process in (self._root, *self._root.children(recursive=True)):
                    self._note(process)
            except psutil.NoSuchProcess:
                continue

    def _note(self, process: psutil.Process) -> None:
        try:
            kind = _kind(process, self._root)
            self._peaks[kind] = max(self._peaks.get(kind, 0), process.memory_info().rss)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            pass  # it ended between being listed and being asked

    def summary(self) -> str:
        """`Spark 812 MB, Azurite 160 MB, …`, the largest first; each is one process."""
        ordered = sorted(self._peaks.items(), key=lambda entry: -entry[1])
        return ", ".join(f"{kind} {peak / 1e6:,.0f} MB" for kind, peak in ordered if peak >= _WORTH_TELLING)


def _kind(process: psutil.Process, root: psutil.Process) -> str:
    if process.pid == root.pid:
        return "local cloud"
    command = " ".join(process.cmdline())
    for mark, kind in _MARKS:
        if mark in command:
            return kind
    return process.name()


_MARKS = (
    ("azurite", "Azurite"),
    ("SparkSubmit", "Spark"),
    ("spark_host", "Spark host"),
    ("run_process", "notebook"),
    ("pyspark.daemon", "Python worker"),
    ("train.py", "training"),
)
