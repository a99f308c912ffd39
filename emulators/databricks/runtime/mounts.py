"""The workspace's mounts, made known to the JVM.

Mounts are workspace-wide and durable: the workspace keeps them, and every run tells the shared JVM about those it
does not know yet. A mount's settings open the storage account for paths through DBFS only (see `file_systems`),
never for direct `wasbs://` paths.
"""

from typing import Any

from pyspark.sql import SparkSession

from emulators.databricks.runtime.file_systems import MOUNT_SETTING
from emulators.databricks.runtime.spark_settings import MOUNT_LINK
from emulators.databricks.runtime.workspace_client import Mount, WorkspaceClient


class Mounts:
    """The mounts of one workspace as one run sees them."""

    def __init__(self, workspace: WorkspaceClient, spark: SparkSession) -> None:
        self._workspace = workspace
        # shared by every session of the JVM, as mounts are
        self._hadoop: Any = spark.sparkContext._jsc.hadoopConfiguration()
        self._known: dict[str, Mount] = {}

    def all(self) -> list[Mount]:
        """The mounts as this run knows them, by mount point."""
        return [self._known[point] for point in sorted(self._known)]

    def refresh(self) -> None:
        """Ask the workspace anew."""
        current = {mount.mount_point: mount for mount in self._workspace.mounts()}
        for point in self._known.keys() - current.keys():
            self._hadoop.unset(MOUNT_LINK + point)
        for mount in current.values():
            self._tell(mount)
        self._known = current

    def add(self, mount: Mount) -> None:
        self._workspace.put_mount(mount)
        self._tell(mount)
        self._known[mount.mount_point] = mount

    def remove(self, mount: Mount) -> None:
        self._workspace.delete_mount(mount)
        self._hadoop.unset(MOUNT_LINK + mount.mount_point)
        del self._known[mount.mount_point]

    def find(self, path: str) -> tuple[Mount, str] | None:
        """The innermost mount that a DBFS path (`/mnt/x/…`) lies in and the rest of the path, `""` for its root."""
        holding = [point for point in self._known if path == point or path.startswith(point + "/")]
        if not holding:
            return None
        point = max(holding, key=len)
        return self._known[point], path[len(point) :].strip("/")

    def _tell(self, mount: Mount) -> None:
        for name, value in mount.extra_configs.items():
            self._hadoop.set(MOUNT_SETTING + name, value)
        self._hadoop.set(MOUNT_LINK + mount.mount_point, mount.source.rstrip("/") + "/")
