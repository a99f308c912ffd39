"""Several Spark jobs at once: one job alone leaves cores idle, most of all where one task writes one file."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pyspark import inheritable_thread_target
from pyspark.sql import SparkSession


def at_once(spark: SparkSession, *calls: Callable[[], Any]) -> list[Any]:
    """The answers of several calls made at the same time, in their order; the first failure is raised.

    The threads inherit this one's Spark properties and tags, so what cancels this run's jobs cancels theirs.
    """
    inheriting: Any = inheritable_thread_target(spark)
    if inheriting is spark:  # PySpark's answer where Python threads are not tied to Java's: nothing can be inherited
        inheriting = _as_it_is
    with ThreadPoolExecutor(len(calls)) as pool:
        running = [pool.submit(inheriting(call)) for call in calls]
    return [done.result() for done in running]


def _as_it_is(call: Callable[[], Any]) -> Callable[[], Any]:
    return call
