"""One small Spark session for all tests of the preparation, and a storage that lies in a temporary folder.

Spark runs on the Java and the jars that the local cloud uses, so these tests need no Java of the machine's own.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from dataprep.ingestion import Outcome, ingest
from dataprep.layout import Blob
from dataprep.ledger import Ledger
from dataprep.storage import Storage
from emulators.databricks.runtime.installation import install_jars, install_java
from emulators.kernel.cache import cache_folder


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    folder = tmp_path_factory.mktemp("spark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAVA_HOME", str(install_java(folder / "java")))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        settings = {
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.extraClassPath": os.pathsep.join(str(jar) for jar in install_jars(cache_folder())),
            "spark.driver.memory": "1g",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
            "spark.sql.shuffle.partitions": "2",
            "spark.sql.warehouse.dir": str(folder / "warehouse"),
            "spark.databricks.delta.snapshotPartitions": "2",
            "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
            "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        }
        builder = SparkSession.builder.master("local[2]")
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
        yield session
        session.stop()


class Disk:
    """Containers as folders, seen past Spark: what a test puts there and what it finds there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, container: str, path: str, content: bytes) -> Blob:
        file = self.root / container / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        return Blob(container, path)

    def get(self, container: str, path: str) -> bytes:
        return (self.root / container / path).read_bytes()

    def lines(self, container: str, path: str) -> list[str]:
        return self.get(container, path).decode().splitlines()

    def files(self) -> set[str]:
        """Every file but the ledger's and the checksums that Hadoop keeps beside local files."""
        found = {file.relative_to(self.root).as_posix() for file in self.root.rglob("*") if file.is_file()}
        return {name for name in found if not name.startswith("ledger/") and not name.endswith(".crc")}


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


@pytest.fixture
def storage(spark: SparkSession, disk: Disk) -> Storage:
    return Storage(spark, lambda container, path: f"file://{disk.root}/{container}/{path}")


@pytest.fixture
def ledger(spark: SparkSession, storage: Storage) -> Ledger:
    return Ledger(spark, storage.ledger_address)


class Arrivals:
    """Lets files arrive and be prepared, each in a run of its own."""

    def __init__(self, disk: Disk, storage: Storage, ledger: Ledger) -> None:
        self.disk, self.storage, self.ledger = disk, storage, ledger

    def __call__(self, content: bytes, *, name: str = "drivers.csv", run_id: str = "run-1") -> Outcome:
        blob = self.disk.put("inputdata", f"today/{name}", content)
        return ingest(blob, run_id, self.storage, self.ledger)


@pytest.fixture
def arrive(disk: Disk, storage: Storage, ledger: Ledger) -> Arrivals:
    return Arrivals(disk, storage, ledger)
