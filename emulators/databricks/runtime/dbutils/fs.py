"""`dbutils.fs`: files of DBFS, of its mounts, of the driver's disk and of storage accounts.

All go through Hadoop's file systems in the JVM.

Whatever Spark can open in this session these calls can open, with the same keys and the same refusals. Paths
without a scheme mean DBFS.
"""

from dataclasses import dataclass
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.captured import CapturedException
from pyspark.sql import SparkSession

from emulators.databricks.runtime.mounts import Mounts
from emulators.databricks.runtime.unsupported import UnsupportedError
from emulators.databricks.runtime.workspace_client import Mount

_BUILT_IN_MOUNTS = {
    "/databricks-datasets": "databricks-datasets",
    "/databricks-results": "databricks-results",
    "/": "DatabricksRoot",
}


class ExecutionError(Exception):
    """A file operation failed; the text carries the Java error's name and message."""


@dataclass(frozen=True)
class FileInfo:
    """One entry of `ls`. Directories end with `/` in path and name and have size 0.

    `modificationTime` in ms since 1970.
    """

    path: str
    name: str
    size: int
    modificationTime: int  # noqa: N815

    def isDir(self) -> bool:  # noqa: N802
        return self.path.endswith("/")

    def isFile(self) -> bool:  # noqa: N802
        return not self.isDir()


@dataclass(frozen=True)
class MountInfo:
    """One entry of `mounts`."""

    mountPoint: str  # noqa: N815
    source: str
    encryptionType: str = ""  # noqa: N815


@dataclass(frozen=True)
class _Place:
    """A path and the Hadoop file system it lies on."""

    path: Any
    system: Any


_STORAGE_SCHEMES = frozenset({"wasb", "wasbs", "abfs", "abfss"})


class FileSystem:
    """The utility of one run. Every method raises ExecutionError with the Java error's text."""

    def __init__(self, spark: SparkSession, mounts: Mounts) -> None:
        self._spark = spark
        self._mounts = mounts
        self._jvm: Any = spark.sparkContext._jvm

    def ls(self, path: str) -> list[FileInfo]:
        place = self._place(path)
        entries = self._java("ls", lambda: list(place.system.listStatus(place.path)))
        return sorted((_file_info(entry) for entry in entries), key=lambda info: info.path)

    def cp(self, source: str, to: str, recurse: bool = False) -> bool:
        self._copy("cp", source, to, recurse)
        return True

    def mv(self, source: str, to: str, recurse: bool = False) -> bool:
        """Copy, then delete: documented for moves within one file system too."""
        self._copy("mv", source, to, recurse)
        place = self._place(source)
        self._java("mv", lambda: place.system.delete(place.path, recurse))
        return True

    def rm(self, dir: str, recurse: bool = False) -> bool:  # noqa: A002 - the utility's own parameter name
        """False when there was nothing to delete."""
        place = self._place(dir)
        return bool(self._java("rm", lambda: place.system.delete(place.path, recurse)))

    def mkdirs(self, dir: str) -> bool:  # noqa: A002 - the utility's own parameter name
        place = self._place(dir)
        return bool(self._java("mkdirs", lambda: place.system.mkdirs(place.path)))

    def head(self, file: str, maxBytes: int = 65536) -> str:  # noqa: N803
        place = self._place(file)
        data: bytes = self._java("head", lambda: _read(place, maxBytes + 1))
        if len(data) > maxBytes:
            print(f"[Truncated to first {maxBytes} bytes]")
        return data[:maxBytes].decode("utf-8", "replace")

    def put(self, file: str, contents: str, overwrite: bool = False) -> bool:
        place, data = self._place(file), contents.encode()
        self._java("put", lambda: _write(place, data, overwrite))
        print(f"Wrote {len(data)} bytes.")
        return True

    def mounts(self) -> list[MountInfo]:
        self._mounts.refresh()
        built_in = [MountInfo(point, source) for point, source in _BUILT_IN_MOUNTS.items()]
        return built_in + [MountInfo(mount.mount_point, mount.source) for mount in self._mounts.all()]

    def refreshMounts(self) -> bool:  # noqa: N802
        self._mounts.refresh()
        return True

    def mount(
        self,
        source: str,
        mountPoint: str = "",  # noqa: N803
        encryptionType: str = "",  # noqa: N803
        owner: str | None = None,
        extraConfigs: dict[str, str] | None = None,  # noqa: N803
        *,
        mount_point: str = "",
        encryption_type: str = "",
        extra_configs: dict[str, str] | None = None,
    ) -> bool:
        """Mount a container (or a folder in it); its settings open it, and the source must answer.

        Both spellings of names are in use.
        """
        if encryptionType or encryption_type or owner:
            raise UnsupportedError("dbutils.fs.mount with encryptionType or owner", "Leave them out.")
        point = (mountPoint or mount_point).rstrip("/")
        if not point.startswith("/") or point in {"", *_BUILT_IN_MOUNTS}:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: requirement failed: Invalid mount point: {point!r}"
            )
        self._mounts.refresh()
        if any(mount.mount_point == point for mount in self._mounts.all()):
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: requirement failed: Directory already mounted: {point}"
            )
        mount = Mount(point, source, dict(extraConfigs or extra_configs or {}))
        self._java("mount", lambda: self._require_answer(mount))
        self._mounts.add(mount)
        return True

    def updateMount(self, source: str, mountPoint: str, *args: Any, **kwargs: Any) -> bool:  # noqa: N802, N803
        self.unmount(mountPoint)
        return self.mount(source, mountPoint, *args, **kwargs)

    def unmount(self, mountPoint: str) -> bool:  # noqa: N803
        self._mounts.refresh()
        point = mountPoint.rstrip("/")
        for mount in self._mounts.all():
            if mount.mount_point == point:
                self._mounts.remove(mount)
                print(f"{point} has been unmounted.")
                return True
        raise ExecutionError(f"java.lang.IllegalArgumentException: requirement failed: Directory not mounted: {point}")

    def _require_answer(self, mount: Mount) -> None:
        configuration = self._configuration()
        for name, value in mount.extra_configs.items():
            configuration.set(name, value)
        root = self._jvm.org.apache.hadoop.fs.Path(mount.source.rstrip("/") + "/")
        root.getFileSystem(configuration).getFileStatus(root)

    def _copy(self, operation: str, source: str, to: str, recurse: bool) -> None:
        origin, target = self._place(source), self._place(to)
        is_folder = self._java(operation, lambda: origin.system.getFileStatus(origin.path).isDirectory())
        if is_folder and not recurse:
            raise ExecutionError(f"java.io.IOException: {source} is a directory: give recurse=True to {operation} it.")
        if not is_folder and (to.endswith("/") or self._is_folder(target)):
            target = self._below(target, origin.path.getName())
        self._java(operation, lambda: self._copy_tree(origin, target, is_folder))

    def _copy_tree(self, origin: _Place, target: _Place, is_folder: bool) -> None:
        if not is_folder:
            configuration = self._configuration()
            copy = self._jvm.org.apache.hadoop.fs.FileUtil.copy
            copy(origin.system, origin.path, target.system, target.path, False, True, configuration)
            return
        target.system.mkdirs(target.path)
        for entry in origin.system.listStatus(origin.path):
            child = _Place(entry.getPath(), origin.system)
            self._copy_tree(child, self._below(target, entry.getPath().getName()), entry.isDirectory())

    def _below(self, place: _Place, name: str) -> _Place:
        return _Place(self._jvm.org.apache.hadoop.fs.Path(place.path, name), place.system)

    def _is_folder(self, place: _Place) -> bool:
        return bool(
            self._java(
                "cp", lambda: place.system.exists(place.path) and place.system.getFileStatus(place.path).isDirectory()
            )
        )

    def _place(self, path: str) -> _Place:
        if not isinstance(path, str) or not path:
            raise ExecutionError(
                f"java.lang.IllegalArgumentException: a path must be a non-empty string, not {path!r}."
            )
        hadoop_path = self._java("path", lambda: self._jvm.org.apache.hadoop.fs.Path(_hadoop_address(path)))
        if hadoop_path.toUri().getScheme() == "file":
            # straight to the disk: Hadoop's checked local file system would leave checksum files beside the data
            local = self._jvm.org.apache.hadoop.fs.FileSystem.getLocal(self._configuration())
            return _Place(hadoop_path, local.getRaw())
        return _Place(hadoop_path, self._java("open", lambda: hadoop_path.getFileSystem(self._configuration())))

    def _configuration(self) -> Any:
        """This session's Hadoop settings, keys set by `spark.conf.set` included."""
        session: Any = self._spark._jsparkSession
        return session.sessionState().newHadoopConf()

    def _java(self, operation: str, action: Any) -> Any:
        try:
            return action()
        except Py4JJavaError as error:
            cause = error.java_exception.toString()
        except CapturedException as error:  # the kinds of Java error that Spark gives a Python class of their own
            cause = str(error)
        raise ExecutionError(f"An error occurred while calling {operation}.\n: {cause}") from None


def _hadoop_address(path: str) -> str:
    if path.startswith(("/Volumes/", "dbfs:/Volumes/", "s3:", "s3a:", "gs:", "adl:")):
        raise UnsupportedError(f"dbutils.fs on {path}", "Use dbfs:/, file:/, wasbs:// or abfss://.")
    if path.startswith("file:"):
        local = "/" + path.removeprefix("file:").lstrip("/")
        return "dbfs:" + local.removeprefix("/dbfs") if local.startswith("/dbfs/") else "file:" + local
    if path.startswith("dbfs:"):
        return "dbfs:/" + path.removeprefix("dbfs:").lstrip("/")
    if "://" in path:
        return _checked_storage_address(path)
    return "dbfs:/" + path.lstrip("/")


def _checked_storage_address(address: str) -> str:
    """Refuse an address without container and account at once: Hadoop's driver would try to reach it for minutes."""
    scheme, _, rest = address.partition("://")
    container, at, host = rest.partition("/")[0].partition("@")
    if scheme in _STORAGE_SCHEMES and not (container and at and "." in host):
        service = "dfs" if scheme.startswith("abfs") else "blob"
        raise ExecutionError(
            f"java.lang.IllegalArgumentException: {address} names no container of a storage account: "
            f"{scheme}://<container>@<account>.{service}.core.windows.net/ is expected."
        )
    return address


def _file_info(status: Any) -> FileInfo:
    name = status.getPath().getName()
    address = status.getPath().toString()
    scheme, _, rest = address.partition(":")
    if scheme in {"dbfs", "file"}:
        address = f"{scheme}:/{rest.lstrip('/')}"
    if status.isDirectory():
        return FileInfo(address.rstrip("/") + "/", name + "/", 0, status.getModificationTime())
    return FileInfo(address, name, status.getLen(), status.getModificationTime())


def _read(place: _Place, limit: int) -> bytes:
    stream = place.system.open(place.path)
    try:
        return bytes(stream.readNBytes(limit))
    finally:
        stream.close()


def _write(place: _Place, data: bytes, overwrite: bool) -> None:
    stream = place.system.create(place.path, overwrite)
    try:
        stream.write(data)
    finally:
        stream.close()
