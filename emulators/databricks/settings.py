"""What one emulated workspace must be told: its address and names, where its state lives, which token opens it."""

from dataclasses import dataclass, field
from pathlib import Path

from emulators.kernel.clock import Clock
from emulators.kernel.store import DocumentStore
from emulators.kernel.tokens import TokenVerifier


@dataclass(frozen=True)
class DatabricksSettings:
    """Settings of one workspace.

    `address` is the workspace's own URL without a trailing slash; `workspace_id` its number as text (the `o` of its
    URLs); `token` the personal access token that opens it; `dbfs_root` the folder that is `dbfs:/`, shared with the
    Spark driver; `cluster_*` and `spark_version` describe the one local cluster; `storage_endpoints` maps a storage
    account to its blob endpoint (`http://127.0.0.1:10000/account`), which is where paths below a mount lead;
    `max_concurrent_notebooks` is how many notebooks and Python files may run at once, further ones wait as QUEUED.
    """

    address: str
    workspace_id: str
    token: str
    dbfs_root: Path
    cluster_id: str
    cluster_name: str
    spark_version: str
    store: DocumentStore
    clock: Clock
    verifier: TokenVerifier
    user_name: str
    storage_endpoints: dict[str, str] = field(default_factory=dict)
    max_concurrent_notebooks: int = 4
