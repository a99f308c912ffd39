"""What the runtime must be told once: where DBFS lives, which proxy leads to storage, which authority to trust."""

import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class RuntimeSettings:
    """Settings of one Spark driver and of the notebook processes attached to it.

    `proxy` is `host:port` of the storage front door (an HTTP proxy that answers CONNECT); without it Spark has no
    road to storage accounts. `ca_pem` is the local authority that signed the front door's certificates.
    `spark_conf` is added last and wins: an account key placed there opens that account to every notebook, and none
    is there by default. Everything temporary lies below `work_dir`.
    """

    dbfs_root: Path
    cache: Path
    proxy: str | None
    ca_pem: Path | None
    work_dir: Path
    spark_conf: dict[str, str] = field(default_factory=dict)
    python: str = sys.executable
    memory_limit_bytes: int | None = None
    """Resident memory one notebook's processes may take together; None means three quarters of the machine."""
