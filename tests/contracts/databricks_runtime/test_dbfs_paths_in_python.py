"""What plain Python may do with /dbfs paths in a notebook: on DBFS's root and on a mount."""

import pytest

pytestmark = [
    pytest.mark.spark,
    pytest.mark.xdist_group("spark"),
    pytest.mark.asyncio(loop_scope="package"),
]

ACCOUNT = "lakeaccount"


@pytest.fixture
def point(bench, storage, container):
    """A container mounted in the workspace."""
    name = f"/mnt/{container.container_name}"
    bench.workspace.mounts[name] = {
        "mount_point": name,
        "source": f"wasbs://{container.container_name}@{ACCOUNT}.blob.core.windows.net",
        "extra_configs": {f"fs.azure.account.key.{ACCOUNT}.blob.core.windows.net": storage.key},
    }
    return name


EVERYTHING = """
import glob, gzip, os, pathlib, shutil, time
os.makedirs(root + '/a/b', exist_ok=True)
with open(root + '/a/one.txt', 'w') as f:
    f.write('one\\n')
    assert f.name == root + '/a/one.txt'
pathlib.Path(root, 'a', 'zwei ü+%.txt').write_text('zwei')
with open(root + '/a/one.txt', 'a') as f:
    f.write('more\\n')
assert open(root + '/a/one.txt').read() == 'one\\nmore\\n'
assert sorted(os.listdir(root + '/a')) == ['b', 'one.txt', 'zwei ü+%.txt'], os.listdir(root + '/a')
assert os.path.getsize(root + '/a/one.txt') == 9 and os.path.isdir(root + '/a/b') and not os.path.exists(root + '/no')
assert abs(os.path.getmtime(root + '/a/one.txt') - time.time()) < 120
assert sorted(glob.glob(root + '/a/*.txt')) == [root + '/a/one.txt', root + '/a/zwei ü+%.txt']
assert sorted(p.name for p in pathlib.Path(root).rglob('*.txt')) == ['one.txt', 'zwei ü+%.txt']
walked = next(os.walk(root + '/a'))
assert (walked[1], sorted(walked[2])) == (['b'], ['one.txt', 'zwei ü+%.txt'])
shutil.copy(root + '/a/one.txt', root + '/a/b/copy.txt')
shutil.copytree(root + '/a', root + '/c')
os.rename(root + '/c/one.txt', root + '/c/uno.txt')
shutil.move(root + '/c/uno.txt', '/tmp/uno-' + str(os.getpid()))
shutil.move('/tmp/uno-' + str(os.getpid()), root + '/c/back.txt')
with gzip.open(root + '/c/z.gz', 'wt') as f:
    f.write('zipped')
assert gzip.open(root + '/c/z.gz', 'rt').read() == 'zipped'
pathlib.Path(root, 'c', 'b', 'copy.txt').unlink()
os.rmdir(root + '/c/b')
missing = root + '/missing'
for wrong in (lambda: open(missing), lambda: open(missing + '/x', 'w'), lambda: os.remove(missing)):
    try:
        wrong()
        raise AssertionError('no error')
    except FileNotFoundError as error:
        assert error.filename.startswith(root), error.filename
try:
    os.rmdir(root + '/a')
    raise AssertionError('no error')
except OSError as error:
    assert error.errno == 39, error
"""

FRAMES = """
import pandas as pd, numpy as np, pyarrow as pa, pyarrow.parquet as pq, pyarrow.csv, pyarrow.dataset
frame = pd.DataFrame({'k': [1, 2, 2], 'v': ['a', 'b', 'ü']})
frame.to_csv(root + '/f.csv', index=False)
assert pd.read_csv(root + '/f.csv').equals(frame)
frame.to_parquet(root + '/f.parquet')
assert pd.read_parquet(root + '/f.parquet').equals(frame)
np.save(root + '/n.npy', np.arange(3)); assert np.load(root + '/n.npy').sum() == 3
assert pq.read_table(root + '/f.parquet').num_rows == 3 and pa.csv.read_csv(root + '/f.csv').num_rows == 3
pq.write_table(pa.table(frame), root + '/t.parquet')
pq.write_to_dataset(pa.table(frame), root + '/parts', partition_cols=['k'])
assert pq.read_table(root + '/parts').num_rows == 3
assert pa.dataset.dataset(root + '/parts', partitioning='hive').count_rows() == 3
assert spark.read.parquet('dbfs:' + root.removeprefix('/dbfs') + '/parts').count() == 3
"""


@pytest.mark.parametrize("code", [EVERYTHING, FRAMES], ids=["files", "frames"])
async def test_on_the_root_of_dbfs(bench, code):
    folder = f"py{next(bench.ids)}"
    result = await bench.run(f"root = '/dbfs/tmp/{folder}'\nimport os\nos.makedirs(root)", code)
    assert result.outcome == "SUCCESS", result.error_trace
    assert (bench.folder / "tmp" / folder).is_dir()


@pytest.mark.parametrize("code", [EVERYTHING, FRAMES], ids=["files", "frames"])
async def test_on_a_mount(bench, point, code):
    result = await bench.run(f"root = '/dbfs{point}'", code)
    assert result.outcome == "SUCCESS", result.error_trace


async def test_what_is_written_is_the_blob_and_what_others_write_is_read(bench, point, container):
    container.upload_blob("in.txt", b"first")
    code = f"""
import os
assert os.listdir('/dbfs{point}') == ['in.txt'] and '{point[5:]}' in os.listdir('/dbfs/mnt')
read = open('/dbfs{point}/in.txt').read()
dbutils.fs.put('{point}/in.txt', 'second', True)
read += open('/dbfs{point}/in.txt').read()
open('/dbfs{point}/out.txt', 'w').write('written')
dbutils.notebook.exit(read)
"""
    result = await bench.run(code)
    assert result.exit_value == "firstsecond", result
    assert container.download_blob("out.txt").readall() == b"written"


@pytest.mark.parametrize(
    "code",
    [
        "with open(path, 'w') as f:\n    f.write('half')\n    raise ValueError('stop')",
        "def g():\n    f = open(path, 'w')\n    f.write('half')\n    raise ValueError('stop')\ng()",
        "f = open(path, 'w')\nf.write('half')\nf.flush()\nimport os; os._exit(9)",
    ],
)
async def test_a_half_written_blob_is_never_seen(bench, point, container, code):
    container.upload_blob("out.txt", b"before")
    result = await bench.run(f"path = '/dbfs{point}/out.txt'", code)
    assert result.outcome == "FAILED"
    assert container.download_blob("out.txt").readall() == b"before"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("f = open(root + '/z', 'wb')\nf.write(b'x' * 100000)\nf.seek(0)\nf.write(b'y')\nf.close()", "Random writes"),
        ("open(root + '/a.txt', 'r+')", "Random writes are not supported on a mount"),
        ("import os\nos.open(root + '/a.txt', os.O_RDONLY)", "os.open is not supported on a mount"),
        ("import subprocess\nsubprocess.run(['cat', root + '/a.txt'])", "A /dbfs path given to another program"),
        ("open('/Workspace/Users/other/x')", "The path /Workspace/Users/other/x is not supported"),
    ],
)
async def test_what_does_not_work_says_so(bench, point, container, code, error):
    container.upload_blob("a.txt", b"a")
    result = await bench.run(f"root = '/dbfs{point}'", code)
    assert result.outcome == "FAILED"
    assert error in result.error


async def test_workspace_paths_reach_files_beside_the_notebook(bench):
    bench.workspace.files["/Shared/case/conf/x.json"] = b"{}"
    result = await bench.run("dbutils.notebook.exit(open('/Workspace/Shared/case/conf/x.json').read())")
    assert result.exit_value == "{}", result
