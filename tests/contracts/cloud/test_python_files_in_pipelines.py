"""A Python file that Data Factory runs on Databricks: data in, data out, and a failure told as in Azure."""

import io
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient

from release.connection import Connection
from steps.cloud import Cloud

pytestmark = [pytest.mark.xdist_group("cloud"), pytest.mark.spark]

Ended = Callable[[str], tuple[Any, list[Any]]]

COUNTS = """\
import argparse

from pyspark.dbutils import DBUtils
from pyspark.sql import SparkSession

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ("--account", "--container", "--scope", "--suffix"):
        parser.add_argument(name, required=True)
    given = parser.parse_args()
    spark = SparkSession.builder.getOrCreate()
    key = DBUtils(spark).secrets.get(given.scope, "storage-account-key")
    spark.conf.set(f"fs.azure.account.key.{given.account}.dfs.core.windows.net", key)
    root = f"abfss://{given.container}@{given.account}.dfs.core.windows.net"
    rows = spark.read.option("header", True).csv(f"{root}/in/rows.csv")
    counted = rows.groupBy("city").count().orderBy("city")
    counted.coalesce(1).write.option("header", True).csv(f"{root}/out-{given.suffix}")
    print("cities:", counted.count())
"""


@pytest.fixture
def python_file(connection: Connection) -> Callable[[str], str]:
    """Puts a Python file into DBFS and returns its URI."""

    def upload(source: str) -> str:
        path = f"/contracts/{uuid4().hex}.py"
        connection.databricks.dbfs.upload(path, io.BytesIO(source.encode()))
        return f"dbfs:{path}"

    return upload


@pytest.fixture
def container(cloud: Cloud) -> Iterator[ContainerClient]:
    client = cloud.storage.create_container(f"contract-{uuid4().hex[:8]}")
    yield client
    client.delete_container()


def python_activity(file: str, *parameters: Any, **more: Any) -> dict[str, Any]:
    return {
        "name": "Count",
        "type": "DatabricksSparkPython",
        "typeProperties": {"pythonFile": file, "parameters": list(parameters), **more},
        "linkedServiceName": {"referenceName": "databricks", "type": "LinkedServiceReference"},
    }


def expression(text: str) -> dict[str, str]:
    return {"value": text, "type": "Expression"}


def test_a_python_file_reads_a_csv_and_writes_one_as_the_pipelines_parameters_say(
    connection: Connection,
    container: ContainerClient,
    python_file: Callable[[str], str],
    start_pipeline: Callable[..., str],
    ended: Ended,
) -> None:
    container.upload_blob("in/rows.csv", "city,n\nUlm,1\nKöln,2\nUlm,3\n".encode())
    names = {
        "account": connection.environment.text("storage.account"),
        "container": container.container_name,
        "scope": connection.environment.text("databricks.secret_scope"),
    }
    arguments = [each for name in names for each in (f"--{name}", expression(f"@pipeline().parameters.{name}"))]
    activity = python_activity(
        python_file(COUNTS),
        *arguments,
        "--suffix",
        expression("@{pipeline().parameters.container}-counted"),
        libraries=[{"pypi": {"package": "pyspark"}}],
    )
    run, (ran,) = ended(start_pipeline(activity, **names))
    assert run.status == "Succeeded", run.message
    assert ran.output["runPageUrl"].startswith("http")
    assert "runOutput" not in ran.output
    (written,) = [
        each.name for each in container.list_blobs(f"out-{container.container_name}-counted/") if ".csv" in each.name
    ]
    assert container.download_blob(written).readall().decode() == "city,count\nKöln,1\nUlm,2\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ValueError('the third row is odd')", "ValueError: the third row is odd"),
        ("import sys\nsys.exit(3)", "SystemExit: 3"),
    ],
)
def test_a_python_file_that_fails_fails_the_activity_with_its_message(
    python_file: Callable[[str], str], start_pipeline: Callable[..., str], ended: Ended, source: str, said: str
) -> None:
    run, (ran,) = ended(start_pipeline(python_activity(python_file(source))))
    assert run.status == "Failed"
    assert ran.error["errorCode"] == "3204"
    assert said in ran.error["message"]
    assert ran.output["runPageUrl"] in ran.error["message"]


def test_a_python_file_that_is_not_there_is_named(start_pipeline: Callable[..., str], ended: Ended) -> None:
    run, (ran,) = ended(start_pipeline(python_activity("dbfs:/contracts/none.py")))
    assert run.status == "Failed"
    assert ran.error["errorCode"] == "3204"
    assert "dbfs:/contracts/none.py" in ran.error["message"]
