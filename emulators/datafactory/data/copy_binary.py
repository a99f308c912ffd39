"""Binary copies: content goes through as it is, block by block, several blocks on their way at a time.

Memory is bound by the number of blocks on their way, whatever the size of the file. A file is visible in the sink
when its last block is there, and not before. What is unpacked or packed on the way goes through in order.
"""

import hashlib
import itertools
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from emulators.datafactory.data.blob_writer import MOST_BLOCKS
from emulators.datafactory.data.counts import Counts
from emulators.datafactory.data.errors import DataError, InconsistentFile
from emulators.datafactory.data.fault_tolerance import FaultTolerance
from emulators.datafactory.data.naming import MERGE, Naming, check_lake_name
from emulators.datafactory.data.packing import packed
from emulators.datafactory.data.selection import Selected
from emulators.datafactory.data.session_log import CopyLog
from emulators.datafactory.data.source_file import Content, SourceFile, is_one
from emulators.datafactory.data.store import File, WriteOptions

BLOCK = 8 << 20
ON_THEIR_WAY = 4
"""Blocks, or small files, that are copied at a time."""

LAST_MODIFIED = "$$LASTMODIFIED"
PIECE = 1 << 20


@dataclass(frozen=True)
class BinaryCopy:
    """One copy from place to place. `check` raises once the copy is to stop. `unpack` and `pack` are codecs or kinds of
    archives, "" for none; `verify` compares the content of files that go through as they are.
    """

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
    preserve_attributes: bool = False
    delete_source: bool = False
    into_lake: bool = False
    verify: bool = False
    tolerance: FaultTolerance = field(default_factory=FaultTolerance)
    log: CopyLog = field(default_factory=CopyLog)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, files: Iterator[Selected]) -> None:
        """Copy the files. Small ones go side by side, a large one has its blocks side by side."""
        if self.naming.behaviour == MERGE:
            self._merge(files)
            return
        ahead = list(itertools.islice(files, 2))
        every, only = itertools.chain(ahead, files), len(ahead) == 1
        if self.unpack or self.pack:
            for selected in every:
                self._transform(selected, only=only)
        else:
            self._move(every, only=only)

    def skip(self, file: File, error: DataError, read: int = 0) -> None:
        """Skip a file after `read` bytes where its error is forgiven, else raise the error."""
        if not self.tolerance.forgives(error):
            raise error
        with self._lock:
            self.counts.files_skipped += 1
            self.counts.files_inconsistent += isinstance(error, InconsistentFile)
        self.log.skipped(file, read, error)

    def _move(self, files: Iterable[Selected], *, only: bool) -> None:
        """Copy files as they are."""
        with ThreadPoolExecutor(self.workers) as pool:
            under_way: deque[Future[None]] = deque()
            for selected in files:
                self.check()
                path = self.naming.path(selected.relative, only=only)
                if selected.file.size > self.block_size:
                    self._copied(selected.file, path, pool)
                else:
                    under_way.append(pool.submit(self._copied, selected.file, path, None))
                if len(under_way) >= self.workers:
                    under_way.popleft().result()
            for future in under_way:
                future.result()

    def _copied(self, file: File, path: str, pool: ThreadPoolExecutor | None) -> None:
        """Copy one file as it is, with a pool block by block in parallel; or skip it where its error is forgiven."""
        writer = self.sink.writer(self.container, path, self._options(file))
        self.log.reading(file)
        try:
            self._check_name(path)
            self.log.writing(file)
            digest = hashlib.md5(usedforsecurity=False) if self.verify else None
            for content in self._blocks(file, writer, pool):
                if digest is not None:
                    digest.update(content)
            self._check_size(file, writer.written)
            md5 = self._checked_md5(file, digest)
            self.log.read(file)
            writer.commit(md5)
            self._check_sink(path, writer.written, md5)
        except DataError as error:
            writer.abandon()
            self.skip(file, error, writer.written)
            return
        except BaseException:
            writer.abandon()
            raise
        self._done(file, writer.written)

    def _blocks(self, file: File, writer: Any, pool: ThreadPoolExecutor | None) -> Iterator[bytes]:
        """Write a file's content and give it in order. With a pool some ranges are on their way at a time; the order of
        the blocks is fixed beforehand.
        """
        if pool is None:
            content = self.source.read(file, 0, file.size) if file.size else b""
            writer.write(content)
            yield content
            return
        size = max(self.block_size, -(-file.size // MOST_BLOCKS))

        def move(identifier: str, offset: int) -> bytes:
            self.check()
            content: bytes = self.source.read(file, offset, min(size, file.size - offset))
            writer.stage(identifier, content)
            return content

        under_way: deque[Future[bytes]] = deque()
        try:
            for offset in range(0, file.size, size):
                under_way.append(pool.submit(move, writer.reserve(), offset))
                if len(under_way) >= self.workers:
                    yield _arrived(under_way, writer)
            while under_way:
                yield _arrived(under_way, writer)
        finally:
            for future in under_way:
                future.cancel()

    def _transform(self, selected: Selected, *, only: bool) -> None:
        """Copy what is in one file, packed anew where that is asked for."""
        if only and self.naming.location.file:
            only = is_one(self.source, selected, self.unpack)
        taken: list[File] = []
        with closing(self._contents([selected], taken)) as contents:
            for content in contents:
                path = self.naming.path(content.relative, only=only)
                self._check_name(path)
                self.counts.data_written += self._written([content], path)
        self._delete_sources(taken)

    def _merge(self, files: Iterator[Selected]) -> None:
        """All files, one after the other, as one. Without any content there is no result either."""
        taken: list[File] = []
        with closing(self._contents(files, taken)) as contents:
            first = list(itertools.islice(contents, 1))
            if first:
                self.counts.data_written += self._written(itertools.chain(first, contents), self.naming.merged())
        self._delete_sources(taken)

    def _contents(self, files: Iterable[Selected], taken: list[File]) -> Generator[Content, None, None]:
        """What is in the files, each counted and taken once it is read."""
        for selected in files:
            self.check()
            self.log.reading(selected.file)
            with closing(self._source_file(selected)) as source_file:
                yield from source_file.contents()
                self.counts.data_read += source_file.consumed
            self.counts.files_read += 1
            self.log.read(selected.file)
            taken.append(selected.file)

    def _written(self, contents: Iterable[Content], path: str) -> int:
        """Write contents into one file; gives the bytes written."""
        writer: Any = None
        files: dict[File, None] = {}
        try:
            for content in contents:
                if writer is None:
                    writer = self._writer(path, content)
                files[content.selected.file] = None
                self.log.writing(content.selected.file)
                while piece := content.stream.read(PIECE):
                    self.check()
                    writer.write(piece)
            writer.commit()
        except BaseException:
            if writer is not None:
                writer.abandon()
            raise
        self.counts.files_written += 1
        for file in files:
            self.log.written(file)
        return int(writer.written)

    def _writer(self, path: str, content: Content) -> Any:
        plain = self.sink.writer(self.container, path, self._options(content.selected.file))
        size = None if self.naming.behaviour == MERGE else content.size
        return packed(plain, self.pack, self.level, path, size)

    def _source_file(self, selected: Selected) -> SourceFile:
        return SourceFile(self.source, selected, self.unpack, keep_folder=self.keep_folder)

    def _check_name(self, path: str) -> None:
        if self.into_lake:
            check_lake_name(path)

    def _check_size(self, file: File, read: int) -> None:
        if read != file.size:
            raise DataError(
                "AzureBlobServiceNotReturnExpectedDataLength",
                f"Error occurred when trying to fetch the blob '{file.path}'. This could be a transient issue and "
                "you may rerun the job. If it fails again continuously, contact customer support.",
            )

    def _checked_md5(self, file: File, digest: Any) -> bytes | None:
        """What was read must be what the source says of itself, where it says so (documented)."""
        if digest is None:
            return None
        found: bytes = digest.digest()
        if file.md5 and file.md5 != found:
            raise InconsistentFile.differs(file.path, "what was read is not what its ContentMD5 tells of.", "Source")
        return found

    def _check_sink(self, path: str, size: int, md5: bytes | None) -> None:
        if md5 is None:
            return
        found = self.sink.find(self.container, path)
        if found is None or found.size != size or (found.md5 or md5) != md5:
            raise InconsistentFile.differs(path, "size or ContentMD5 in the sink are not those of the source.", "Sink")

    def _done(self, file: File, size: int) -> None:
        with self._lock:
            self.counts.data_read += size
            self.counts.data_written += size
            self.counts.files_read += 1
            self.counts.files_written += 1
        self.log.written(file)
        self._delete_sources([file])

    def _delete_sources(self, files: Iterable[File]) -> None:
        """Delete what has been copied, where that is asked for."""
        if self.delete_source:
            for file in files:
                self.source.delete(file)

    def _options(self, file: File) -> WriteOptions:
        modified = file.modified.strftime("%Y-%m-%dT%H:%M:%SZ") if file.modified else ""
        given = {name: modified if value == LAST_MODIFIED else value for name, value in self.metadata.items()}
        if not self.preserve_attributes:
            return WriteOptions(self.block_size, given)
        # what a file says of its content is not true of what it was packed into
        headers = {} if self.unpack or self.pack else file.headers
        return WriteOptions(self.block_size, {**file.metadata, **given}, headers)


def _arrived(under_way: deque[Future[bytes]], writer: Any) -> bytes:
    content = under_way.popleft().result()
    writer.written += len(content)
    return content
