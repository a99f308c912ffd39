"""Binary copies: content goes through as it is, block by block, several blocks on their way at a time.

Memory is bound by the number of blocks on their way, whatever the size of the file. A file is visible in the sink
when its last block is there, and not before.
"""

import itertools
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.data.archives import KINDS as ARCHIVES
from emulators.datafactory.data.archives import entries
from emulators.datafactory.data.compression import Compressor, expanded
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.errors import DataError, MissingFile
from emulators.datafactory.data.naming import MERGE, Naming
from emulators.datafactory.data.selection import Selected
from emulators.datafactory.data.store import File, WriteOptions
from emulators.datafactory.data.stream import FileStream

BLOCK = 8 << 20
MOST_BLOCKS = 50_000
ON_THEIR_WAY = 4
"""Blocks, or small files, that are copied at a time."""

LAST_MODIFIED = "$$LASTMODIFIED"


@dataclass(frozen=True)
class BinaryCopy:
    """One copy from place to place. `check` raises once the copy is to stop; `skipped` is told of skipped files."""

    source: Any
    sink: Any
    container: str
    naming: Naming
    check: Callable[[], None]
    counts: Counts
    block_size: int = BLOCK
    workers: int = ON_THEIR_WAY
    unpack: str = ""
    keep_folder: bool = True
    pack: str = ""
    level: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    preserve_metadata: bool = False
    delete_source: bool = False
    skip_missing: bool = False
    verify: bool = False
    skipped: Callable[[str, str], None] = lambda path, message: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, files: Iterator[Selected]) -> None:
        """Copy the files. Small ones go side by side, a large one has its blocks side by side."""
        if self.naming.behaviour == MERGE:
            self._merge(files)
            return
        first, second = next(files, None), next(files, None)
        ahead = [selected for selected in (first, second) if selected is not None]
        if self.unpack in ARCHIVES:
            for selected in itertools.chain(ahead, files):
                self._unpacked(selected)
            return
        with ThreadPoolExecutor(self.workers) as pool:
            under_way: deque[Future[None]] = deque()
            for selected in itertools.chain(ahead, files):
                self.check()
                path = self.naming.path(selected.relative, only=second is None)
                if self._transforms or selected.file.size > self.block_size:
                    self._copied(selected, path, pool)
                else:
                    under_way.append(pool.submit(self._copied, selected, path, None))
                if len(under_way) >= self.workers:
                    under_way.popleft().result()
            for future in under_way:
                future.result()

    @property
    def _transforms(self) -> bool:
        return self.unpack != self.pack

    def _copied(self, selected: Selected, path: str, pool: ThreadPoolExecutor | None) -> None:
        """Copy one file, with a pool block by block in parallel."""
        file = selected.file
        writer = self.sink.writer(self.container, path, self._options(file))
        try:
            if self._transforms:
                read = self._transform(file, writer)
            elif pool is not None:
                read = self._in_blocks(file, writer, pool)
            else:
                content = self.source.read(file, 0, file.size) if file.size else b""
                writer.write(content)
                read = len(content)
            if not self._transforms and read != file.size:
                raise DataError(
                    "AzureBlobServiceNotReturnExpectedDataLength",
                    f"Error occurred when trying to fetch the blob '{file.path}'. This could be a transient issue and "
                    "you may rerun the job. If it fails again continuously, contact customer support.",
                )
            writer.commit()
        except MissingFile as error:
            writer.abandon()
            if not self.skip_missing or error.side == "Sink":
                raise
            with self._lock:
                self.counts.files_skipped += 1
                self.skipped(file.path, error.message)
            return
        except BaseException:
            writer.abandon()
            raise
        self._done(selected, path, read, writer.written)

    def _done(self, selected: Selected, path: str, read: int, written: int) -> None:
        counts = self.counts
        with self._lock:
            counts.data_read += read
            counts.data_written += written
            counts.files_read += 1
            counts.files_written += 1
        if self.verify:
            found = self.sink.find(self.container, path)
            if found is None or found.size != written:
                raise DataError(
                    "UserErrorDataConsistencyVerificationFailed",
                    f"The size of '{path}' in the sink is not that of '{selected.file.path}'.",
                    "Sink",
                )
        if self.delete_source:
            self.source.delete(selected.file)

    def _in_blocks(self, file: File, writer: Any, pool: ThreadPoolExecutor) -> int:
        """Copy by ranges, some at a time; the order of the blocks is fixed beforehand."""
        size = max(self.block_size, -(-file.size // MOST_BLOCKS))

        def move(identifier: str, offset: int) -> int:
            self.check()
            content = self.source.read(file, offset, min(size, file.size - offset))
            writer.stage(identifier, content)
            return len(content)

        under_way: deque[Future[int]] = deque()
        copied = 0
        try:
            for offset in range(0, file.size, size):
                under_way.append(pool.submit(move, writer.reserve(), offset))
                if len(under_way) >= self.workers:
                    copied += under_way.popleft().result()
            copied += sum(future.result() for future in under_way)
        finally:
            for future in under_way:
                future.cancel()
        writer.written += copied
        return copied

    def _transform(self, file: File, writer: Any) -> int:
        """Take one codec off and put another on."""
        stream = FileStream(self.source, file)
        target = Compressor(writer, self.pack, self.level) if self.pack else writer
        with closing(stream):
            plain = expanded(stream, self.unpack)
            while content := plain.read(1 << 20):
                self.check()
                target.write(content)
        if self.pack:
            target.close()
        return stream.consumed

    def _unpacked(self, selected: Selected) -> None:
        """Copy the files inside of an archive."""
        folder = selected.relative.rpartition("/")[0]
        if self.keep_folder:
            folder = selected.relative
        stream = FileStream(self.source, selected.file)
        with closing(stream):
            for inner, content in entries(stream, self.unpack, selected.file.path):
                self.check()
                path = self.naming.path(f"{folder}/{inner}" if folder else inner, only=False)
                writer = self.sink.writer(self.container, path, self._options(selected.file))
                try:
                    while piece := content.read(1 << 20):
                        self.check()
                        writer.write(piece)
                    writer.commit()
                except BaseException:
                    writer.abandon()
                    raise
                self.counts.files_written += 1
                self.counts.data_written += writer.written
        self.counts.files_read += 1
        self.counts.data_read += stream.consumed
        if self.delete_source:
            self.source.delete(selected.file)

    def _merge(self, files: Iterator[Selected]) -> None:
        """All files, one after the other, as one. Without any file there is no result either."""
        path, writer = self.naming.merged(), None
        taken: list[Selected] = []
        for selected in files:
            self.check()
            writer = writer or self.sink.writer(self.container, path, self._options(selected.file))
            if self._transforms:
                self.counts.data_read += self._transform(selected.file, writer)
            else:
                for piece in self.source.pieces(selected.file, self.block_size):
                    self.check()
                    writer.write(piece)
                    self.counts.data_read += len(piece)
            self.counts.files_read += 1
            if self.delete_source:
                taken.append(selected)
        if writer is None:
            return
        writer.commit()
        self.counts.files_written += 1
        self.counts.data_written += writer.written
        for selected in taken:
            self.source.delete(selected.file)

    def _options(self, file: File) -> WriteOptions:
        modified = file.modified.strftime("%Y-%m-%dT%H:%M:%SZ") if file.modified else ""
        given = {name: modified if value == LAST_MODIFIED else value for name, value in self.metadata.items()}
        return WriteOptions(self.block_size, {**(file.metadata if self.preserve_metadata else {}), **given})
