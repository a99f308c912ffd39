"""The Spark driver as the local cloud sees it: a child process that is started, asked and ended.

The driver is shared and warm; if it dies (a notebook may drive Java out of memory) the next run finds a new one.
"""

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from emulators.databricks.runtime.file_systems import CLASSES
from emulators.databricks.runtime.installation import install_jars, install_java, write_truststore
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark_settings import LOGGING, as_properties, spark_configuration, temporary_folder
from emulators.kernel.processes import Child, start_child

Stream = TypeVar("Stream")

_START_LIMIT = 180.0  # seconds; a cold start on a busy two-core machine took 30
_ANSWER_LIMIT = 60.0  # seconds; orders take milliseconds unless Java is out of memory
_END_LIMIT = 10.0  # seconds for an orderly end


class SparkDriverError(Exception):
    """Spark did not start, or ended while it was needed; the message ends with the tail of its log."""


class SparkDriverLost(SparkDriverError):
    """The driver ended, or does not answer any more and was ended."""


@dataclass(frozen=True)
class Gateway:
    """A way into the driver's JVM for one run."""

    port: int
    token: str


class SparkDriver:
    """One warm Spark driver in a child process."""

    def __init__(self, settings: RuntimeSettings) -> None:
        self._settings = settings
        self._home = settings.work_dir.absolute() / "driver"
        self._child: Child | None = None
        self._starting = asyncio.Lock()
        self._asking = asyncio.Lock()

    @property
    def log(self) -> Path:
        """Where Spark writes what it has to say."""
        return self._home / "spark.log"

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.running

    async def start(self) -> None:
        """Start Spark unless it runs; seconds the first time, nothing afterwards.

        Raises InstallationError when Spark's jars cannot be had, SparkDriverError when it does not start.
        """
        async with self._starting:
            if not self.running:
                await self.stop()  # of a driver that died, members of its group may be left
                await asyncio.to_thread(self._prepare)
                self._child = await self._launch()

    async def stop(self) -> None:
        """End Spark and everything it started; safe to call twice."""
        child, self._child = self._child, None
        if child is None:
            return
        if child.running:
            pipe(child.process.stdin).close()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.process.wait(), _END_LIMIT)
        await child.terminate(grace=2)

    async def open_gateway(self, job_group: str) -> Gateway:
        """A way into the JVM for one run; all its jobs belong to `job_group`. Starts Spark if need be."""
        await self.start()
        try:
            answer = await self._ask("open_gateway", job_group)
        except SparkDriverLost:  # it was dying when we looked
            await self.start()
            answer = await self._ask("open_gateway", job_group)
        return Gateway(port=answer["port"], token=answer["token"])

    async def close_gateway(self, job_group: str) -> None:
        """Shut a run's way in, with everything it left running in Spark."""
        if self.running:
            await self._ask("close_gateway", job_group)

    async def cancel_job_group(self, job_group: str) -> None:
        """Cancel every Spark job of that run."""
        if self.running:
            await self._ask("cancel_job_group", job_group)

    def _prepare(self) -> None:
        settings = self._settings
        jars = install_jars(settings.cache)
        for folder in (self._home, temporary_folder(settings)):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        settings.dbfs_root.mkdir(parents=True, exist_ok=True)
        install_java(self._home / "java")
        truststore = write_truststore(self._home / "truststore.p12", settings.ca_pem)
        configuration = spark_configuration(settings, [self._home / CLASSES, *jars], truststore)
        _write_private(self._home / "spark-defaults.conf", as_properties(configuration))
        (self._home / CLASSES).mkdir()
        (self._home / "log4j2.properties").write_text(LOGGING)

    async def _launch(self) -> Child:
        with self.log.open("ab") as log:
            child = await start_child(
                [self._settings.python, "-P", "-m", "emulators.databricks.runtime.spark_host"],
                name="spark",
                env=self._environment(os.environ),
                cwd=self._home,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        try:
            await asyncio.wait_for(self._read(child), _START_LIMIT)
        except BaseException:
            await child.terminate(grace=0)
            raise
        return child

    def _environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Our own Java and settings; a machine's other Spark or Hadoop must not shine through."""
        foreign = ("SPARK_", "PYSPARK_", "HADOOP_", "YARN_")
        return {name: value for name, value in inherited.items() if not name.startswith(foreign)} | {
            "JAVA_HOME": str(self._home / "java"),
            "PYSPARK_PYTHON": self._settings.python,
            "SPARK_CONF_DIR": str(self._home),
            "SPARK_LOCAL_IP": "127.0.0.1",
            "TZ": "Etc/UTC",
        }

    async def _ask(self, order: str, job_group: str) -> Any:
        """Give the driver an order. It is carried through even if the one who asked is cancelled meanwhile."""
        answer = await asyncio.shield(asyncio.create_task(self._exchange(order, job_group)))
        if "error" in answer:
            raise SparkDriverError(f"Spark refused {order} for {job_group}: {answer['error']}")
        return answer["result"]

    async def _exchange(self, order: str, job_group: str) -> dict[str, Any]:
        async with self._asking:
            child = self._child
            if child is None:
                raise SparkDriverLost("Spark is not running.")
            pipe(child.process.stdin).write(json.dumps({"do": order, "job_group": job_group}).encode() + b"\n")
            try:
                return await asyncio.wait_for(self._read(child), _ANSWER_LIMIT)
            except TimeoutError:
                await child.terminate(grace=0)  # it would answer the wrong order next
                raise SparkDriverLost(f"Spark's driver did not answer within {_ANSWER_LIMIT:g} seconds.") from None
            except SparkDriverLost:
                await child.terminate(grace=0)
                raise

    async def _read(self, child: Child) -> dict[str, Any]:
        line = await pipe(child.process.stdout).readline()
        if not line:
            tail = self.log.read_text(errors="replace").splitlines()[-20:]
            raise SparkDriverLost("Spark's driver ended. The end of its log:\n  " + "\n  ".join(tail))
        answer: dict[str, Any] = json.loads(line)
        return answer


def pipe(stream: Stream | None) -> Stream:
    """A child's stream that was asked for when it was started."""
    if stream is None:
        raise RuntimeError("the child was started without this pipe")
    return stream


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
