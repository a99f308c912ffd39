"""What a notebook may rely on when its data lies in a storage account: the real drivers on a real Azurite."""

import asyncio

import pytest

pytestmark = [
    pytest.mark.spark,
    pytest.mark.xdist_group("spark"),
    pytest.mark.asyncio(loop_scope="package"),
]

ACCOUNT = "lakeaccount"


@pytest.fixture
def set_key(storage):
    """A cell that gives the session the account's key, from a secret."""
    return "\n".join(
        f"spark.conf.set('fs.azure.account.key.{ACCOUNT}.{kind}.core.windows.net', dbutils.secrets.get('s', 'key'))"
        for kind in ("blob", "dfs")
    )


@pytest.fixture
def mount(storage, container):
    """A cell that mounts the test's container."""
    return (
        f"dbutils.fs.mount(source='wasbs://{container.container_name}@{ACCOUNT}.blob.core.windows.net', "
        f"mount_point='/mnt/{container.container_name}', extra_configs="
        f"{{'fs.azure.account.key.{ACCOUNT}.blob.core.windows.net': dbutils.secrets.get('s', 'key')}})"
    )


@pytest.fixture(autouse=True)
def secret(bench, storage):
    bench.workspace.secrets["s", "key"] = storage.key


@pytest.mark.parametrize(("scheme", "kind"), [("wasbs", "blob"), ("abfss", "dfs")])
async def test_spark_reads_and_writes_blobs_with_the_sessions_key(bench, container, set_key, scheme, kind):
    container.upload_blob("in/ä file+1.csv", b"id,v\n1,a\n2,b\n")
    root = f"{scheme}://{container.container_name}@{ACCOUNT}.{kind}.core.windows.net"
    result = await bench.run(
        set_key,
        f"frame = spark.read.option('header', True).csv('{root}/in/*.csv')",
        f"frame.write.format('delta').save('{root}/out/table')\nframe.coalesce(1).write.parquet('{root}/out/p')",
        f"dbutils.fs.put('{root}/out/one.txt', 'hello')",
        f"n = spark.read.format('delta').load('{root}/out/table').count() + spark.read.parquet('{root}/out/p').count()",
        f"dbutils.notebook.exit([n, [f.name for f in dbutils.fs.ls('{root}/out')]])",
    )
    assert result.exit_value == "[4, ['one.txt', 'p/', 'table/']]", result
    assert container.download_blob("out/one.txt").readall() == b"hello"


@pytest.mark.parametrize(("scheme", "kind"), [("wasbs", "blob"), ("abfss", "dfs")])
async def test_partitioned_files_are_read_once(bench, container, set_key, scheme, kind):
    root = f"{scheme}://{container.container_name}@{ACCOUNT}.{kind}.core.windows.net"
    result = await bench.run(
        set_key,
        f"spark.range(4).selectExpr('id', 'id % 2 AS k').write.partitionBy('k').parquet('{root}/parts')",
        f"dbutils.notebook.exit(spark.read.parquet('{root}/parts').count())",
    )
    assert result.exit_value == "4", result


@pytest.mark.parametrize(
    ("scheme", "kind", "error"),
    [
        ("wasbs", "blob", "No credentials found for account lakeaccount.blob.core.windows.net in the configuration"),
        ("abfss", "dfs", "Failure to initialize configuration for lakeaccount.dfs.core.windows.net"),
    ],
)
async def test_without_a_key_a_notebook_is_refused_even_beside_one_that_has_it(
    bench, container, set_key, mount, scheme, kind, error
):
    container.upload_blob("a.csv", b"1\n")
    root = f"{scheme}://{container.container_name}@{ACCOUNT}.{kind}.core.windows.net"
    read = f"dbutils.notebook.exit(spark.read.csv('{root}/a.csv').count())"
    with_key = await bench.run(set_key, mount, read, path="/Shared/case/with")
    without = await bench.run(read, path="/Shared/case/without")
    assert with_key.exit_value == "1", with_key
    assert without.outcome == "FAILED"
    assert error in without.error
    await bench.run(f"dbutils.fs.unmount('/mnt/{container.container_name}')")


async def test_a_mount_is_the_workspaces_and_serves_spark_and_dbutils(bench, container, mount):
    container.upload_blob("in/a.csv", b"x,y\n1,2\n")
    point = f"/mnt/{container.container_name}"
    made = await bench.run(
        mount, f"dbutils.notebook.exit([m for m in dbutils.fs.mounts() if m.mountPoint == '{point}'])"
    )
    assert f"MountInfo(mountPoint='{point}'" in made.exit_value, made
    used = await bench.run(
        f"frame = spark.read.option('header', True).csv('{point}/in/*.csv')",
        f"frame.write.save('dbfs:{point}/table')\nframe.write.mode('append').save('{point}/table')",
        f"n = [spark.read.load('{point}/table').count(), sc.textFile('{point}/in/a.csv').count()]",
        f"dbutils.notebook.exit([n, dbutils.fs.ls('{point}/in')[0].path, dbutils.fs.head('{point}/in/a.csv')])",
        path="/Shared/case/used",
    )
    assert used.exit_value == f"[[2, 2], 'dbfs:{point}/in/a.csv', 'x,y\\n1,2\\n']", used
    again = await bench.run(mount)
    assert f"Directory already mounted: {point}" in again.error
    gone = await bench.run(f"dbutils.fs.unmount('{point}')\ndbutils.fs.unmount('{point}')")
    assert f"Directory not mounted: {point}" in gone.error
    assert bench.workspace.mounts == {}
    after = await bench.run(f"dbutils.fs.ls('{point}')")
    assert "FileNotFoundException" in after.error


async def test_a_mount_whose_source_does_not_answer_is_refused(bench, mount, container):
    wrong = mount.replace(f"//{container.container_name}@", "//not-there@")
    result = await bench.run(wrong)
    assert result.outcome == "FAILED"
    assert bench.workspace.mounts == {}


async def test_two_notebooks_append_to_one_table_at_once(bench, container, mount):
    point = f"/mnt/{container.container_name}"
    await bench.run(mount, f"spark.range(1).write.save('{point}/t')")
    append = f"spark.range(5).write.mode('append').save('{point}/t')"
    results = await asyncio.gather(*[bench.run(append, path=f"/Shared/case/w{n}") for n in range(2)])
    assert [result.outcome for result in results] == ["SUCCESS", "SUCCESS"], results
    counted = await bench.run(
        f"dbutils.notebook.exit(spark.read.load('{point}/t').count())\ndbutils.fs.unmount('{point}')"
    )
    assert counted.exit_value == "11"


@pytest.mark.parametrize(("scheme", "kind"), [("wasbs", "blob"), ("abfss", "dfs")])
async def test_a_python_file_in_a_container_runs_where_the_cluster_has_the_key(bench, container, storage, scheme, kind):
    address = f"{scheme}://{container.container_name}@{ACCOUNT}.{kind}.core.windows.net/jobs/ä run.py"
    container.upload_blob("jobs/ä run.py", b"import sys\nprint(sys.argv, spark.range(3).count())\n")
    setting = f"fs.azure.account.key.{ACCOUNT}.{kind}.core.windows.net"
    given = await bench.run(
        f"sc._jsc.hadoopConfiguration().set('{setting}', dbutils.secrets.get('s', 'key'))"  # as a cluster's settings do
    )
    assert given.outcome == "SUCCESS", given
    try:
        result = await bench.run_file(address, "a", "b c")
    finally:
        await bench.run(f"sc._jsc.hadoopConfiguration().unset('{setting}')")
    assert (result.outcome, result.logs) == ("SUCCESS", f"['{address}', 'a', 'b c'] 3\n"), result
