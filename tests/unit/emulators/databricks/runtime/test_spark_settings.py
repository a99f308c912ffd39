"""Spark's settings: what must be in them, and that they survive being written as a properties file."""

from pathlib import Path

from emulators.databricks.runtime.installation import Truststore
from emulators.databricks.runtime.settings import RuntimeSettings
from emulators.databricks.runtime.spark_settings import as_properties, spark_configuration


def configuration(**changes: object) -> dict[str, str]:
    values: dict[str, object] = {
        "dbfs_root": Path("/state/dbfs"),
        "cache": Path("/cache"),
        "proxy": "127.0.0.1:8123",
        "ca_pem": None,
        "work_dir": Path("/work"),
    }
    settings = RuntimeSettings(**(values | changes))  # type: ignore[arg-type]
    return spark_configuration(settings, [Path("/a.jar"), Path("/classes")], Truststore(Path("/t.p12"), "word"))


def test_the_jvm_goes_through_the_front_door_and_trusts_it() -> None:
    options = configuration()["spark.driver.extraJavaOptions"].split()
    assert "-Dhttps.proxyHost=127.0.0.1" in options
    assert "-Dhttp.proxyPort=8123" in options
    assert "-Djavax.net.ssl.trustStore=/t.p12" in options


def test_without_a_front_door_there_is_no_proxy() -> None:
    assert "proxy" not in configuration(proxy=None)["spark.driver.extraJavaOptions"]


def test_no_account_is_open_unless_asked_for() -> None:
    assert not [name for name in configuration() if "account.key" in name]
    name = "spark.hadoop.fs.azure.account.key.a.blob.core.windows.net"
    assert configuration(spark_conf={name: "k"})[name] == "k"


def test_given_settings_win() -> None:
    assert configuration(spark_conf={"spark.driver.memory": "9g"})["spark.driver.memory"] == "9g"


def test_dbfs_is_a_folder_of_the_disk() -> None:
    assert configuration()["spark.hadoop.fs.viewfs.mounttable.default.linkFallback"] == "rawlocal:///state/dbfs"


def test_properties_are_escaped() -> None:
    assert as_properties({"a.b": "c:d=e f\\g\nh#i"}) == "a.b=c\\:d\\=e\\ f\\\\g\\nh\\#i\n"
