"""The one module that reads and writes blobs.

Everything else asks for lines and hands over lines. Here it is decided how a path is spelt (abfss, with the
storage account's key from the secret scope) and that an output appears whole or not at all: it is written in
a folder `_writing` beside its final place and renamed, so no reader ever sees half of it under its name.
Single files go through Hadoop's file system in Spark's Java, the same that Spark itself uses, which streams.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - the customary name

from dataprep.layout import LEDGER, Blob

SECRET_SCOPE = "drydock"  # noqa: S105 - the scope's name
SECRET_KEY = "storage-account-key"  # noqa: S105 - the secret's name, not the secret

_WRITING = "_writing"
_GLOB_CHARACTERS = frozenset("{}[]*?\\")

# Spark's own way of finishing a write costs one rename of every file more, and a marker that nobody asks for.
_ONE_PLAIN_FILE = {
    "compression": "none",
    "lineSep": "\n",
    "mapreduce.fileoutputcommitter.algorithm.version": "2",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
}


class StorageFailure(Exception):
    """The storage did not do what it was told; the message names the blob."""


class Storage:
    """Blobs in containers, read and written with Spark.

    `locate` spells the address of a path in a container (an empty path is the container itself).
    """

    def __init__(self, spark: SparkSession, locate: Callable[[str, str], str]) -> None:
        self._spark = spark
        self._locate = locate

    @classmethod
    def on_azure(cls, spark: SparkSession, dbutils: Any, account: str) -> "Storage":
        """The storage account of that name; its key comes from the workspace's secret scope, for this session only."""
        host = f"{account}.dfs.core.windows.net"
        spark.conf.set(f"fs.azure.account.key.{host}", dbutils.secrets.get(SECRET_SCOPE, SECRET_KEY))
        return cls(spark, lambda container, path: f"abfss://{container}@{host}/{path}")

    @property
    def ledger_address(self) -> str:
        """Where the table of ingested contents lies."""
        return self._locate(LEDGER, "ingestions")

    def head(self, blob: Blob, size: int) -> bytes:
        """The first `size` bytes, or all of a smaller blob. StorageFailure if there is no such blob."""
        system, path = self._find(blob)
        if not system.exists(path):
            raise StorageFailure(f"There is no blob {blob.path!r} in container {blob.container!r}.")
        with _closing(system.open(path)) as stream:
            return bytes(stream.readNBytes(size))

    def lines(self, blob: Blob) -> DataFrame:
        """The blob's lines, without their ends (\\n, \\r\\n or \\r), as column `value`, in order."""
        address = self._locate(*blob)
        return self._spark.read.text("".join(f"\\{sign}" if sign in _GLOB_CHARACTERS else sign for sign in address))

    def write_lines(self, blob: Blob, header: str, lines: DataFrame) -> int:
        """Write one blob: a header line, then `lines` (columns `position` and `line`) in order; the number of those.

        Replaces a blob of that name. One task writes it, after sorting on disk what does not fit in memory: Spark
        keeps no order when it brings partitions together, and the same rows should give the same bytes.
        """
        scratch = blob.beside(_WRITING)
        written = Observation()
        body = lines.select("position", "line").observe(written, F.count(F.lit(1)).alias("lines"))
        first = self._spark.range(-1, 0, 1, 1).select(F.col("id").alias("position"), F.lit(header).alias("line"))
        whole = first.union(body).coalesce(1).sortWithinPartitions("position").select("line")
        whole.write.mode("overwrite").options(**_ONE_PLAIN_FILE).text(self._locate(*scratch))
        self._publish(self._only_part(scratch), blob)
        self.remove(scratch)
        return int(written.get["lines"])

    def write_text(self, blob: Blob, text: str) -> None:
        """Write a small blob."""
        scratch = Blob(blob.container, f"{blob.beside(_WRITING).path}/{blob.name}")
        system, path = self._find(scratch)
        with _closing(system.create(path, True)) as stream:
            stream.write(bytearray(text.encode()))
        self._publish(scratch, blob)
        self.remove(blob.beside(_WRITING))

    def copy(self, source: Blob, target: Blob) -> None:
        """Copy a blob byte for byte, streaming."""
        scratch = Blob(target.container, f"{target.beside(_WRITING).path}/{target.name}")
        files = self._java.org.apache.hadoop.fs.FileUtil
        if not files.copy(*self._find(source), *self._find(scratch), False, True, self._configuration):
            raise StorageFailure(f"{source.path!r} could not be copied to {target.container}/{target.path!r}.")
        self._publish(scratch, target)
        self.remove(target.beside(_WRITING))

    def exists(self, blob: Blob) -> bool:
        """Whether the blob, or a folder of that name, is there."""
        system, path = self._find(blob)
        return bool(system.exists(path))

    def names(self, folder: Blob) -> list[str]:
        """The names directly in a folder, sorted; none if there is no such folder."""
        system, path = self._find(folder)
        if not system.exists(path):
            return []
        return sorted(str(status.getPath().getName()) for status in system.listStatus(path))

    def remove(self, blob: Blob) -> None:
        """Delete a blob, or a folder with everything in it, if it is there."""
        system, path = self._find(blob)
        system.delete(path, True)

    def _only_part(self, folder: Blob) -> Blob:
        parts = [name for name in self.names(folder) if name.startswith("part-")]
        if len(parts) != 1:
            raise StorageFailure(f"Spark wrote {len(parts)} files in {folder.container}/{folder.path}, not one.")
        return Blob(folder.container, f"{folder.path}/{parts[0]}")

    def _publish(self, scratch: Blob, blob: Blob) -> None:
        """Give a finished file its name, in place of an earlier one."""
        system, path = self._find(blob)
        system.delete(path, False)
        if not system.rename(self._find(scratch)[1], path):
            raise StorageFailure(f"{blob.container}/{blob.path!r} was written but could not be given its name.")

    def _find(self, blob: Blob) -> tuple[Any, Any]:
        """Hadoop's file system and path of a blob."""
        path = self._java.org.apache.hadoop.fs.Path(self._locate(*blob))
        return path.getFileSystem(self._configuration), path

    @property
    def _java(self) -> Any:
        return self._spark.sparkContext._jvm

    @property
    def _configuration(self) -> Any:
        """Hadoop's settings with those of this session, the account's key among them."""
        return self._spark._jsparkSession.sessionState().newHadoopConf()


@contextmanager
def _closing(stream: Any) -> Iterator[Any]:
    try:
        yield stream
    finally:
        stream.close()
