"""The workspace tree, secrets, identity and clusters through databricks-sdk."""

import base64
import io
import logging
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from databricks.sdk import errors
from databricks.sdk.errors import (
    BadRequest,
    InvalidParameterValue,
    InvalidState,
    NotFound,
    ResourceAlreadyExists,
    ResourceDoesNotExist,
)
from databricks.sdk.service import compute
from databricks.sdk.service.workspace import ExportFormat, ImportFormat, Language, ObjectType

from emulators.kernel.masking import MASK, masker
from emulators.kernel.tokens import ARM_AUDIENCES, DATABRICKS_AUDIENCE

HEADER = b"# Databricks notebook source\n"


async def get(workspace: Any, path: str, token: str | None) -> httpx.Response:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers) as http:
        return await http.get(workspace.settings.address + path)


async def test_the_client_learns_where_it_is_and_who_it_is(workspace: Any) -> None:
    me = await workspace.call(workspace.client.current_user.me)
    assert me.user_name == "someone@example.com"
    assert await workspace.call(workspace.client.get_workspace_id) == 1234567890123456
    assert workspace.client.config.is_azure


async def test_auto_import_makes_notebooks_only_of_sources_with_the_header(workspace: Any) -> None:
    api = workspace.client.workspace
    await workspace.call(api.mkdirs, "/Shared/p/q")
    await workspace.call(api.upload, "/Shared/p/note.py", HEADER + b"x = 1\n", format=ImportFormat.AUTO)
    await workspace.call(api.upload, "/Shared/p/module.py", b"x = 1\n", format=ImportFormat.AUTO)
    await workspace.call(api.upload, "/Shared/p/crlf.py", HEADER[:-1] + b"\r\nx = 1\r\n", format=ImportFormat.AUTO)
    found = {each.path: each for each in await workspace.listed(api.list, "/Workspace/Shared/p")}
    assert {path: each.object_type for path, each in found.items()} == {
        "/Shared/p/crlf": ObjectType.NOTEBOOK,
        "/Shared/p/module.py": ObjectType.FILE,
        "/Shared/p/note": ObjectType.NOTEBOOK,
        "/Shared/p/q": ObjectType.DIRECTORY,
    }
    assert found["/Shared/p/note"].language is Language.PYTHON
    assert found["/Shared/p/module.py"].size == 6
    with await workspace.call(api.download, "/Shared/p/note") as stream:
        assert stream.read() == HEADER + b"x = 1\n"
    assert await workspace.listed(api.list, "/Shared/p/q") == []


async def test_json_import_keeps_the_path_and_adds_the_header(workspace: Any) -> None:
    api = workspace.client.workspace
    content = base64.b64encode(b"select 1").decode()
    await workspace.call(api.import_, "/Shared/n.sql", content=content, language=Language.SQL)
    assert (await workspace.call(api.get_status, "/Shared/n.sql")).object_type is ObjectType.NOTEBOOK
    exported = await workspace.call(api.export, "/Shared/n.sql")
    assert exported.file_type == "sql"
    assert base64.b64decode(exported.content) == b"-- Databricks notebook source\nselect 1"


async def test_jupyter_goes_in_and_out(workspace: Any) -> None:
    api = workspace.client.workspace
    document = (
        b'{"cells":[{"cell_type":"markdown","source":["# Title"]},{"cell_type":"code","source":["%sql\\n","select 1"]},'
        b'{"cell_type":"code","source":"print(1)"}],"metadata":{"language_info":{"name":"python"}},"nbformat":4}'
    )
    await workspace.call(api.upload, "/Shared/j.ipynb", document, format=ImportFormat.AUTO)
    with await workspace.call(api.download, "/Shared/j") as stream:
        assert stream.read().decode() == (
            "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n\n# COMMAND ----------\n\n"
            "# MAGIC %sql\n# MAGIC select 1\n\n# COMMAND ----------\n\nprint(1)"
        )
    back = base64.b64decode((await workspace.call(api.export, "/Shared/j", format=ExportFormat.JUPYTER)).content)
    assert [cell in back.decode() for cell in ("# Title", "%sql\\nselect 1", "print(1)")] == [True] * 3


async def test_errors_of_the_tree_are_databricks_own(workspace: Any) -> None:
    api = workspace.client.workspace
    await workspace.notebook("/Shared/n")
    with pytest.raises(ResourceAlreadyExists):
        await workspace.call(api.upload, "/Shared/n", b"x", language=Language.PYTHON)
    with pytest.raises(ResourceDoesNotExist, match=r"The parent folder \(/no\) does not exist"):
        await workspace.call(api.upload, "/no/n", b"x", language=Language.PYTHON)
    with pytest.raises(ResourceDoesNotExist, match=r"Path \(/Shared/x\) doesn't exist"):
        await workspace.call(api.get_status, "/Shared/x")
    with pytest.raises(BadRequest, match="not empty"):
        await workspace.call(api.delete, "/Shared")
    with pytest.raises(Exception, match="type mismatch"):
        await workspace.call(api.upload, "/Shared/n", b"x", format=ImportFormat.RAW, overwrite=True)
    with pytest.raises(errors.NotImplemented, match="DBC"):
        await workspace.call(api.import_, "/Shared/d", content="", format=ImportFormat.DBC)
    with pytest.raises(InvalidParameterValue, match="doesn't start with '/'"):
        await workspace.call(api.get_status, "Shared")
    await workspace.call(api.delete, "/Shared", recursive=True)
    with pytest.raises(NotFound):
        await workspace.call(api.get_status, "/Shared/n")


async def test_more_than_ten_megabytes_are_refused(workspace: Any) -> None:
    with pytest.raises(BadRequest, match="10485761 bytes"):
        await workspace.call(
            workspace.client.workspace.upload, "/Shared/big.bin", b"x" * 10485761, format=ImportFormat.AUTO
        )


async def test_a_folder_is_exported_as_a_zip(workspace: Any) -> None:
    await workspace.notebook("/Shared/n")
    await workspace.call(workspace.client.workspace.upload, "/Shared/f.txt", b"text", format=ImportFormat.AUTO)
    with await workspace.call(workspace.client.workspace.download, "/Shared") as stream:
        archive = zipfile.ZipFile(io.BytesIO(stream.read()))
    assert sorted(archive.namelist()) == ["f.txt", "n.py"]
    assert archive.read("f.txt") == b"text"


async def test_the_command_lines_file_import_is_understood(workspace: Any) -> None:
    address = workspace.settings.address + "/api/2.0/workspace-files"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {workspace.settings.token}"}) as http:
        url = f"{address}/import-file/Shared%2Fa%20b%2Bc.txt?overwrite=true"
        assert (await http.post(url, content=b"one")).status_code == 200
        assert (await http.post(url, content=b"two")).status_code == 200
        assert (await http.get(f"{address}/Shared/a%20b%2Bc.txt")).content == b"two"
        assert (await http.post(url.partition("?")[0], content=b"three")).json()[
            "error_code"
        ] == "RESOURCE_ALREADY_EXISTS"
        missing = await http.post(f"{address}/import-file/none/x.txt", content=b"")
        assert missing.status_code == 404


async def test_secrets_are_kept_given_and_never_logged(workspace: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    api = workspace.client.secrets
    await workspace.call(api.create_scope, "drydock", initial_manage_principal="users")
    with pytest.raises(ResourceAlreadyExists):
        await workspace.call(api.create_scope, "drydock")
    assert await workspace.listed(api.list_secrets, "drydock") == []
    await workspace.call(api.put_secret, "drydock", "storage-account-key", string_value="a-very-secret-value")
    assert [each.key for each in await workspace.listed(api.list_secrets, "drydock")] == ["storage-account-key"]
    value = (await workspace.call(api.get_secret, "drydock", "storage-account-key")).value
    assert base64.b64decode(value) == b"a-very-secret-value"
    assert masker.mask("x a-very-secret-value y") == f"x {MASK} y"
    with pytest.raises(ResourceDoesNotExist, match="Secret does not exist with scope: drydock and key: other"):
        await workspace.call(api.get_secret, "drydock", "other")
    assert [each.principal for each in await workspace.listed(api.list_acls, "drydock")] == ["users"]
    await workspace.call(api.delete_secret, "drydock", "storage-account-key")
    await workspace.call(api.delete_scope, "drydock")
    assert await workspace.listed(api.list_scopes) == []


async def test_every_way_in_and_its_refusal(workspace: Any) -> None:
    me = "/api/2.0/preview/scim/v2/Me"
    nobody, wrong = await get(workspace, me, None), await get(workspace, me, "dapi-wrong")
    assert (nobody.status_code, wrong.status_code) == (401, 403)
    assert wrong.json()["message"] == "Invalid access token."

    def entra(audience: str, lifetime: timedelta = timedelta(hours=1)) -> str:
        return workspace.issuer.issue(
            client_id="app-id", audience=audience, issuer="https://sts", now=datetime.now(UTC), lifetime=lifetime
        )

    known = await get(workspace, me, entra(DATABRICKS_AUDIENCE))
    assert known.json()["userName"] == "app-id"
    assert known.headers["X-Databricks-Org-Id"] == "1234567890123456"
    assert (await get(workspace, me, entra(sorted(ARM_AUDIENCES)[0]))).status_code == 403
    assert (await get(workspace, me, entra(DATABRICKS_AUDIENCE, timedelta(seconds=-5)))).status_code == 403
    async with httpx.AsyncClient(auth=("token", workspace.settings.token)) as older_client:
        assert (await older_client.get(workspace.settings.address + me)).status_code == 200
    made = await workspace.call(workspace.client.tokens.create, comment="mine")
    assert (await get(workspace, me, made.token_value)).status_code == 200
    assert [each.comment for each in await workspace.listed(workspace.client.tokens.list)] == ["mine"]
    await workspace.call(workspace.client.tokens.delete, made.token_info.token_id)
    assert (await get(workspace, me, made.token_value)).status_code == 403


async def test_a_notebooks_token_is_good_while_it_runs(workspace: Any, make_task: Any) -> None:
    await workspace.notebook()
    workspace.runner.behaviours["/Shared/n"] = workspace.runner.never_ends
    run_id = await workspace.submit(make_task())
    await workspace.reached(run_id, "RUNNING")
    token = workspace.runner.specs[0].context.token
    assert (await get(workspace, "/api/2.0/secrets/scopes/list", token)).status_code == 200
    await workspace.call(workspace.client.jobs.cancel_run, run_id)
    await workspace.ended(run_id)
    assert (await get(workspace, "/api/2.0/secrets/scopes/list", token)).status_code == 403


async def test_the_local_cluster_is_always_there(workspace: Any) -> None:
    api = workspace.client.clusters
    cluster = await workspace.call(api.get, "1122-000000-drydock")
    assert (cluster.state, cluster.spark_version) == (compute.State.RUNNING, "17.3.x-scala2.13")
    assert [each.cluster_id for each in await workspace.listed(api.list)] == ["1122-000000-drydock"]
    await workspace.call(api.ensure_cluster_is_running, "1122-000000-drydock")
    with pytest.raises(InvalidState):
        await workspace.call(api.start, "1122-000000-drydock")
    with pytest.raises(ResourceDoesNotExist, match="Cluster nope does not exist"):
        await workspace.call(api.get, "nope")
    assert await workspace.call(api.select_spark_version, long_term_support=True, scala="2.13") == "17.3.x-scala2.13"
    assert await workspace.call(api.select_node_type) == "Standard_Local"
    events = await workspace.listed(api.events, "1122-000000-drydock")
    assert [each.type.value for each in events] == ["RUNNING", "CREATING"]


async def test_a_created_cluster_is_the_same_spark_and_what_it_cannot_honour_is_refused(workspace: Any) -> None:
    api = workspace.client.clusters
    waiter = await workspace.call(
        api.create,
        spark_version="17.3.x-scala2.13",
        cluster_name="mine",
        node_type_id="Standard_DS3_v2",
        num_workers=8,
        spark_env_vars={"PYSPARK_PYTHON": "/databricks/python3/bin/python3"},
    )
    assert (await workspace.call(api.get, waiter.cluster_id)).num_workers == 8
    await workspace.call(api.delete, waiter.cluster_id)
    assert (await workspace.call(api.get, waiter.cluster_id)).state is compute.State.TERMINATED
    await workspace.call(api.permanent_delete, waiter.cluster_id)
    with pytest.raises(errors.NotImplemented, match="spark_conf"):
        await workspace.call(api.create, spark_version="x", spark_conf={"spark.sql.ansi.enabled": "false"})
    script = compute.InitScriptInfo(dbfs=compute.DbfsStorageInfo("dbfs:/i.sh"))
    with pytest.raises(errors.NotImplemented, match="init_scripts"):
        await workspace.call(api.create, spark_version="x", init_scripts=[script])


async def test_library_status_tells_what_the_local_python_has(workspace: Any) -> None:
    api = workspace.client.libraries
    wanted = [
        compute.Library(pypi=compute.PythonPyPiLibrary("pytest")),
        compute.Library(pypi=compute.PythonPyPiLibrary("no-such-package-here==1.0")),
    ]
    await workspace.call(api.install, "1122-000000-drydock", wanted)
    status = await workspace.listed(api.cluster_status, "1122-000000-drydock")
    assert [each.status.value for each in status] == ["INSTALLED", "FAILED"]


async def test_unknown_paths_and_unsupported_ones_are_told_apart(workspace: Any) -> None:
    token = workspace.settings.token
    unknown = await get(workspace, "/api/2.0/nonsense", token)
    assert (unknown.status_code, unknown.json()) == (
        404,
        {"error_code": "ENDPOINT_NOT_FOUND", "message": "No API found for 'GET /api/2.0/nonsense'"},
    )
    unsupported = await get(workspace, "/api/2.0/permissions/jobs/1", token)
    assert unsupported.status_code == 501
    assert unsupported.json()["error_code"] == "NOT_IMPLEMENTED"
    assert "permissions" in unsupported.json()["message"]


async def test_a_body_that_is_no_json_is_a_malformed_request(workspace: Any) -> None:
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {workspace.settings.token}"}) as http:
        answer = await http.post(workspace.settings.address + "/api/2.1/jobs/runs/submit", content=b"{")
        assert (answer.status_code, answer.json()["error_code"]) == (400, "MALFORMED_REQUEST")
