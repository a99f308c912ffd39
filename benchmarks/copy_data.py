"""What a copy costs against the libraries alone, in ratios: `python benchmarks/copy_data.py [--megabytes 200]`.

Binary: against a plain azure-storage-blob download and upload of the same blob. Delimited text to Parquet: against
pyarrow alone doing the same between two blobs. Memory: the peak while one large file is copied.
"""

import argparse
import asyncio
import base64
import io
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import httpx
import psutil
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
from azure.storage.blob import BlobServiceClient, ContainerClient

from emulators.datafactory.activities import ActivityServices, run_activity
from emulators.datafactory.activities.identity import Identity
from emulators.datafactory.engine.activity import Activity
from emulators.datafactory.engine.resources import Resources
from emulators.kernel.clock import RealClock
from emulators.storage.azurite import start_azurite

ACCOUNT = "benchmark"
KEY = base64.b64encode(b"benchmark" * 4).decode()
CONTAINER = "bench"


class Content(io.RawIOBase):
    """A stream of `size` bytes that are nowhere all at once."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._left = size
        self._piece = os.urandom(1 << 20)

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        count = self._left if size is None or size < 0 else min(self._left, size)
        self._left -= count
        return (self._piece * (count // len(self._piece) + 1))[:count]


class Peak:
    """The most memory that this process has while the block runs, in MiB above its beginning."""

    def __enter__(self) -> "Peak":
        self._process = psutil.Process()
        self._before = self._process.memory_info().rss
        self._most = self._before
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look)
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    @property
    def mebibytes(self) -> float:
        return (self._most - self._before) / 2**20

    def _look(self) -> None:
        while not self._ended.wait(0.02):
            self._most = max(self._most, self._process.memory_info().rss)


class Bench:
    """A container, the activities of a factory on it, and the libraries alone on it."""

    def __init__(self, connection: str, http: httpx.AsyncClient) -> None:
        self.container: ContainerClient = BlobServiceClient.from_connection_string(
            connection, use_env_settings=False
        ).create_container(CONTAINER)
        self._services = ActivityServices(
            http=http, clock=RealClock(), identity=cast(Identity, None), resource_manager="https://management.test"
        )
        linked = {"type": "AzureBlobStorage", "typeProperties": {"connectionString": connection}}
        self._linked = {"lake": linked}

    async def copy(self, kind: str, source: str, sink_kind: str, sink: str, **properties: Any) -> dict[str, Any]:
        datasets = {
            "source": self._dataset(kind, source, properties),
            "sink": self._dataset(sink_kind, sink, {}),
        }
        activity = Activity(
            name="Copy",
            type="Copy",
            type_properties={"source": {"type": f"{kind}Source"}, "sink": {"type": f"{sink_kind}Sink"}},
            resources=Resources("factory", datasets=datasets, linked_services=self._linked),
            pipeline_name="pipeline",
            pipeline_run_id="run",
            activity_run_id="activity",
            inputs=({"referenceName": "source"},),
            outputs=({"referenceName": "sink"},),
        )
        return await run_activity(activity, self._services)

    def _dataset(self, kind: str, file: str, properties: dict[str, Any]) -> dict[str, Any]:
        location = {"type": "AzureBlobStorageLocation", "container": CONTAINER, "fileName": file}
        return {
            "type": kind,
            "linkedServiceName": {"referenceName": "lake"},
            "typeProperties": {"location": location, **properties},
        }

    def plain_copy(self, source: str, sink: str, folder: Path) -> None:
        """Download to a file, upload it again: what one writes with the library in four lines."""
        local = folder / "plain"
        with local.open("wb") as target:
            self.container.download_blob(source, max_concurrency=4).readinto(target)
        with local.open("rb") as content:
            self.container.upload_blob(sink, content, overwrite=True, max_concurrency=4)

    def plain_parquet(self, source: str, sink: str, folder: Path) -> None:
        """The same rows by pyarrow alone, streaming too, all columns text, over local files."""
        local, result = folder / "plain.csv", folder / "plain.parquet"
        with local.open("wb") as target:
            self.container.download_blob(source, max_concurrency=4).readinto(target)
        names = local.open("rb").readline().decode().strip().split(",")
        with (
            pa.csv.open_csv(
                local,
                read_options=pa.csv.ReadOptions(block_size=4 << 20),
                parse_options=pa.csv.ParseOptions(newlines_in_values=True),
                convert_options=pa.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()), null_values=[""], strings_can_be_null=True
                ),
            ) as reader,
            pq.ParquetWriter(result, reader.schema) as writer,
        ):
            for batch in reader:
                writer.write_batch(batch)
        with result.open("rb") as content:
            self.container.upload_blob(sink, content, overwrite=True, max_concurrency=4)


def seconds(work: Callable[[], object]) -> float:
    begin = time.monotonic()
    work()
    return time.monotonic() - begin


async def measured(work: Any) -> float:
    begin = time.monotonic()
    await work
    return time.monotonic() - begin


def rows(size: int) -> bytes:
    """Delimited text of about `size` bytes: numbers, words, dates, some quoted."""
    line = 'abc def,{0},{0}.5,2030-01-02,"quoted, text {0}",x{0}\r\n'
    body = "".join(line.format(number) for number in range(20_000)).encode()
    return b"name,number,share,day,note,key\r\n" + body * max(1, size // len(body))


def told(name: str, plain: list[float], ours: list[float], wanted: float) -> None:
    one, two = statistics.median(plain), statistics.median(ours)
    verdict = "kept" if one / two >= wanted else "MISSED"
    print(f"{name}: libraries alone {one:.2f} s, copy {two:.2f} s, ratio {one / two:.2f} (wanted {wanted}: {verdict})")


async def run(size: int, rounds: int, large: int, folder: Path) -> None:
    azurite = await start_azurite({ACCOUNT: KEY}, wish="process", data_folder=folder / "azurite")
    endpoint = f"http://{azurite.host}:{azurite.port}/{ACCOUNT}"
    connection = f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={KEY};BlobEndpoint={endpoint};"
    try:
        async with httpx.AsyncClient() as http:
            bench = await asyncio.to_thread(Bench, connection, http)
            await _compare(bench, size, rounds, folder)
            await _memory(bench, large)
    finally:
        await azurite.stop()


async def _compare(bench: Bench, size: int, rounds: int, folder: Path) -> None:
    upload = bench.container.upload_blob
    await asyncio.to_thread(upload, "bytes", cast(Any, Content(size)), length=size)
    await asyncio.to_thread(upload, "rows.csv", rows(size))
    times: dict[str, list[float]] = {"plain": [], "copy": [], "plain rows": [], "rows": []}
    await bench.copy("Binary", "bytes", "Binary", "copied")  # what is imported late is imported now
    for _ in range(rounds):
        times["plain"].append(await asyncio.to_thread(seconds, lambda: bench.plain_copy("bytes", "plain", folder)))
        times["copy"].append(await measured(bench.copy("Binary", "bytes", "Binary", "copied")))
        times["plain rows"].append(
            await asyncio.to_thread(seconds, lambda: bench.plain_parquet("rows.csv", "plain.parquet", folder))
        )
        copying = bench.copy(
            "DelimitedText", "rows.csv", "Parquet", "rows.parquet", firstRowAsHeader=True, escapeChar='"'
        )
        times["rows"].append(await measured(copying))
    told(f"Binary, {size >> 20} MiB", times["plain"], times["copy"], 0.9)
    told(f"DelimitedText to Parquet, {size >> 20} MiB", times["plain rows"], times["rows"], 0.8)


async def _memory(bench: Bench, size: int) -> None:
    content = cast(Any, Content(size))
    await asyncio.to_thread(bench.container.upload_blob, "large", content, length=size)
    with Peak() as peak:
        took = await measured(bench.copy("Binary", "large", "Binary", "large copy"))
    print(f"Binary, {size >> 20} MiB: {took:.1f} s, at most {peak.mebibytes:.0f} MiB more memory")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, default=1024, help="megabytes of the file that memory is measured with")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(given.megabytes << 20, given.rounds, given.large << 20, Path(folder)))


if __name__ == "__main__":
    main()
