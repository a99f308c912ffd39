"""The Spark driver's process: `python -m emulators.databricks.runtime.spark_host`.

It starts one Spark session from the configuration that `spark.SparkDriver` wrote into SPARK_CONF_DIR and then
answers orders, one JSON line each way on standard input and output. Every notebook run gets a gateway of its own
into the JVM, with a port and token of its own. All of a run's JVM threads descend from its gateway's, so they
inherit its session, its job group, its tag and its scheduler pool: threads that the notebook starts are cancelled
with it too. When standard input closes, however that comes about, Spark ends and so does the process.
"""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from py4j.protocol import Py4JNetworkError
from pyspark import SparkContext
from pyspark.sql import SparkSession

from emulators.databricks.runtime.file_systems import CLASSES, compile_into

_POOL = "spark.scheduler.pool"
_JAVA_GRACE = 5.0  # seconds for Java to end by itself


@dataclass(frozen=True)
class _OpenGateway:
    server: Any  # org.apache.spark.api.python.Py4JServer
    tag: str


class SparkHost:
    """One Spark session and the gateways of the runs attached to it."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark
        self._context = spark.sparkContext
        self._jvm: Any = self._context._jvm
        self._session: Any = spark._jsparkSession
        self._gateways: dict[str, _OpenGateway] = {}

    @property
    def version(self) -> str:
        return self._spark.version

    def open_gateway(self, job_group: str) -> dict[str, Any]:
        """A new way into the JVM for one run: `{"port", "token"}`."""
        if job_group in self._gateways:
            raise ValueError(f"There is a run of job group {job_group} already.")
        tag = f"drydock-{job_group}"
        with self._marked(job_group, tag):  # the server's threads start at its construction
            server = self._jvm.org.apache.spark.api.python.Py4JServer(self._context._jsc.sc().conf())
            server.start()
        self._gateways[job_group] = _OpenGateway(server, tag)
        return {"port": server.getListeningPort(), "token": server.secret()}

    def close_gateway(self, job_group: str) -> None:
        """Cancel what a run left behind and shut its way in."""
        gateway = self._gateways.pop(job_group, None)
        if gateway is None:
            return
        self._cancel(job_group, gateway.tag)
        gateway.server.shutdown()
        self._end_python_workers(job_group)
        if not self._gateways:
            self._spark.catalog.clearCache()

    def cancel_job_group(self, job_group: str) -> None:
        """Cancel every job of a run, those included that set a job group of their own."""
        gateway = self._gateways.get(job_group)
        self._cancel(job_group, gateway.tag if gateway else None)

    def _cancel(self, job_group: str, tag: str | None) -> None:
        self._context.cancelJobGroup(job_group)
        if tag:
            self._context.cancelJobsWithTag(tag)

    @contextlib.contextmanager
    def _marked(self, job_group: str, tag: str) -> Iterator[None]:
        self._context.setJobGroup(job_group, f"notebook run {job_group}", interruptOnCancel=True)
        self._context.addJobTag(tag)
        self._context.setLocalProperty(_POOL, job_group)
        sessions = self._jvm.org.apache.spark.sql.classic.SparkSession
        sessions.setActiveSession(self._session.newSession())
        try:
            yield
        finally:
            sessions.setActiveSession(self._session)
            self._context.clearJobTags()
            for name in ("spark.jobGroup.id", "spark.job.description", "spark.job.interruptOnCancel", _POOL):
                self._context._jsc.setLocalProperty(name, None)

    def _end_python_workers(self, job_group: str) -> None:
        """End the Python worker daemon that Spark keeps for this run's environment.

        Spark itself would keep it for ever.
        """
        environment = self._jvm.org.apache.spark.SparkEnv.get()
        field = environment.getClass().getDeclaredField("pythonWorkers")
        field.setAccessible(True)
        factories = field.get(environment)
        for key in self._jvm.scala.jdk.javaapi.CollectionConverters.asJava(factories.keySet().toSeq()):
            if f"DRYDOCK_JOB_GROUP -> {job_group}," in f"{key.envVars()},".replace(")", ","):
                factories.remove(key).get().stop()


def _serve(host: SparkHost, orders: TextIO, answers: TextIO) -> None:
    known = {
        "open_gateway": host.open_gateway,
        "close_gateway": host.close_gateway,
        "cancel_job_group": host.cancel_job_group,
    }
    for line in orders:
        order = json.loads(line)
        try:
            answer: dict[str, Any] = {"result": known[order["do"]](order["job_group"])}
        except (Py4JNetworkError, ConnectionError):  # there is no Java any more
            os._exit(1)
        except Exception as error:  # noqa: BLE001 - whatever went wrong goes to the one who asked
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


def _take_stdout() -> TextIO:
    """Keep standard output for answers alone: whatever Java or Spark prints goes to the log."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return answers


def main() -> None:
    answers = _take_stdout()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the cloud ends us in order
    SparkContext._ensure_initialized()
    compile_into(Path(os.environ["SPARK_CONF_DIR"]) / CLASSES, SparkContext._jvm)  # before Spark looks at its warehouse
    spark = SparkSession.builder.getOrCreate()
    gateway: Any = spark.sparkContext._gateway
    threading.Thread(target=_end_with, args=(gateway.proc,), daemon=True).start()
    try:
        host = SparkHost(spark)
        print(json.dumps({"ready": True, "spark_version": host.version}), file=answers, flush=True)
        _serve(host, sys.stdin, answers)
    finally:
        _end(spark)


def _end_with(java: Any) -> None:
    """A driver without its Java is none: whoever waits for an answer must learn it at once."""
    java.wait()
    os._exit(1)


def _end(spark: SparkSession) -> None:
    gateway: Any = spark.sparkContext._gateway
    with contextlib.suppress(Exception):  # a JVM that is gone already has nothing to stop
        spark.stop()
    gateway.proc.stdin.close()  # Java ends when its input does, and `_end_with` ends us with it
    time.sleep(_JAVA_GRACE)
    gateway.proc.kill()
    time.sleep(_JAVA_GRACE)


if __name__ == "__main__":
    main()
