"""Joins a notebook's process to the warm Spark driver: its own session, the shared context.

The driver made the session when it opened the run's gateway, so that every JVM thread of the run, those of Python
threads included, has it as its active session.
"""

import os
import sys
from pathlib import Path
from typing import Any, Never

from pyspark import SparkConf, SparkContext
from pyspark.java_gateway import launch_gateway
from pyspark.sql import SparkSession

_GATEWAY_PORT, _GATEWAY_SECRET = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET"


def attach(port: int, token: str, job_group: str, python_path: Path) -> SparkSession:
    """The run's Spark session.

    `python_path` is where Python functions that Spark calls find the notebook's own modules.
    """
    os.environ |= {_GATEWAY_PORT: str(port), _GATEWAY_SECRET: token, "PYSPARK_PYTHON": sys.executable}
    try:
        gateway = launch_gateway()  # type: ignore[no-untyped-call]
    finally:
        del os.environ[_GATEWAY_PORT], os.environ[_GATEWAY_SECRET]
    jvm: Any = gateway.jvm
    java_session = jvm.org.apache.spark.sql.classic.SparkSession.active()
    java_context = jvm.org.apache.spark.api.java.JavaSparkContext(java_session.sparkContext())
    configuration = SparkConf(_jvm=jvm, _jconf=java_context.sc().conf())
    context = SparkContext(gateway=gateway, jsc=java_context, conf=configuration)
    # Spark keeps one worker daemon per environment: a run's own, found and ended by the driver when the run is over
    context.environment |= {"DRYDOCK_JOB_GROUP": job_group, "PYTHONPATH": str(python_path)}
    session = _session(context, java_session)
    session.stop = context.stop = _refuse_to_stop  # type: ignore[method-assign]
    return session


def _session(context: SparkContext, java_session: Any) -> SparkSession:
    """Wrap the run's session without making it the JVM's default, which belongs to everybody."""
    vacant = SparkSession._instantiatedSession
    SparkSession._instantiatedSession = _Placeholder(context)  # type: ignore[assignment]
    try:
        session = SparkSession(context, java_session)
    finally:
        SparkSession._instantiatedSession = vacant
    SparkSession._instantiatedSession = SparkSession._activeSession = session
    return session


class _Placeholder:
    def __init__(self, context: SparkContext) -> None:
        self._sc = context


def _refuse_to_stop() -> Never:
    raise RuntimeError("A run must not stop Spark: its cluster is shared. Leave out spark.stop() and sc.stop().")
