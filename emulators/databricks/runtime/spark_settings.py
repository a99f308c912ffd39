"""Spark's settings, as data: what makes an open-source Spark behave like the Databricks runtime it stands for.

They are written into a folder that Spark reads as its configuration folder, never on a command line, where every
user of the machine could read an account key. Every setting here was tried against Azurite with the jars of
`installation`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from emulators.databricks.runtime.file_systems import IMPLEMENTATIONS
from emulators.databricks.runtime.installation import Truststore
from emulators.databricks.runtime.settings import RuntimeSettings

MOUNT_LINK = "fs.viewfs.mounttable.default.link."
"""Hadoop's setting for one mount is this prefix and the mount point."""

_SQL = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.sql.sources.default": "delta",  # the runtime's documented default table format
    "spark.sql.session.timeZone": "Etc/UTC",  # clusters run in UTC
    "spark.sql.warehouse.dir": "dbfs:/user/hive/warehouse",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.delta.logStore.dbfs.impl": "io.delta.storage.AzureLogStore",
}

_DRIVER = {
    "spark.master": "local[*]",
    "spark.app.name": "Databricks Shell",
    "spark.scheduler.mode": "FAIR",  # no run waits for another one's long job
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "2g",
}

# Hadoop's Azure drivers. Their instances are not kept between uses, since the cache knows an account but not the
# key it was opened with: with it, a notebook that has no key would read through another notebook's.
_AZURE = {
    "fs.azure.skip.metrics": "true",
    "fs.azure.account.hns.enabled": "false",
    "fs.azure.fns.account.service.type": "BLOB",
    "fs.azure.ingress.service.type": "BLOB",
    "fs.azure.ssl.channel.mode": "Default_JSSE",
    "fs.azure.networking.library": "JDK_HTTP_URL_CONNECTION",  # the one that heeds the JVM's proxy settings
    "fs.azure.enable.autothrottling": "false",
    "fs.azure.enable.abfslistiterator": "false",  # listings through `listStatus`, see `file_systems`
    **{f"fs.{scheme}.impl.disable.cache": "true" for scheme in ("wasb", "wasbs", "abfs", "abfss")},
}

_DBFS = {
    "fs.defaultFS": "dbfs:///",  # a path without a scheme means DBFS
    "fs.dbfs.impl.disable.cache": "true",  # a mount made later is seen
    "fs.rawlocal.impl": "org.apache.hadoop.fs.RawLocalFileSystem",  # no checksum side files among the user's data
}

LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss} %p %c{1}: %m%n%ex

# chatter about things that are as they should be here
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
logger.sink.name = org.apache.spark.sql.execution.streaming.FileStreamSink
logger.sink.level = error
logger.abfsdate.name = org.apache.hadoop.fs.azurebfs.utils.DateTimeUtils
logger.abfsdate.level = off
logger.fields.name = org.apache.spark.sql.catalyst.util.SparkStringUtils
logger.fields.level = error
logger.pools.name = org.apache.spark.scheduler.FairSchedulableBuilder
logger.pools.level = error
logger.metrics.name = org.apache.hadoop.metrics2
logger.metrics.level = error
"""


def spark_configuration(
    settings: RuntimeSettings, class_path: Sequence[Path], truststore: Truststore
) -> dict[str, str]:
    """Every `spark.*` setting of the driver; `settings.spark_conf` is added last and wins.

    `class_path` is jars and folders of classes.
    """
    fallback = f"rawlocal://{settings.dbfs_root.absolute()}"
    hadoop = _AZURE | _DBFS | IMPLEMENTATIONS | {"fs.viewfs.mounttable.default.linkFallback": fallback}
    return {
        **_DRIVER,
        **_SQL,
        **{f"spark.hadoop.{name}": value for name, value in hadoop.items()},
        "spark.driver.extraClassPath": ":".join(str(entry) for entry in class_path),
        "spark.driver.extraJavaOptions": " ".join(_java_options(settings, truststore)),
        "spark.local.dir": str(temporary_folder(settings)),
        **settings.spark_conf,
    }


def as_properties(configuration: Mapping[str, str]) -> str:
    """The settings as the Java properties file that Spark reads."""
    return "".join(f"{_escape(name)}={_escape(value)}\n" for name, value in sorted(configuration.items()))


def temporary_folder(settings: RuntimeSettings) -> Path:
    """Where Java and Spark put their temporary files: not into the machine's folder, where a kill would leave them."""
    return settings.work_dir.absolute() / "spark"


def _java_options(settings: RuntimeSettings, truststore: Truststore) -> list[str]:
    options = [
        "-Duser.timezone=Etc/UTC",
        "-XX:+ExitOnOutOfMemoryError",
        "-XX:-UsePerfData",
        # The quick compiler alone: measured on two cores, half the processor time to a ready session and a first
        # small job (16 s for 33 s), and still less (40 s for 58 s) with one over 595,000 rows after it.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        f"-Djava.io.tmpdir={temporary_folder(settings)}",
        truststore.java_options,
    ]
    if settings.proxy:
        host, _, port = settings.proxy.rpartition(":")
        options += [
            f"-D{scheme}.proxy{part}" for scheme in ("http", "https") for part in (f"Host={host}", f"Port={port}")
        ]
    return options


def _escape(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("\n", "\\n")
    for special in "=: #!":
        escaped = escaped.replace(special, "\\" + special)
    return escaped
