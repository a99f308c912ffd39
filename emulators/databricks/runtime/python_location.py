"""Where the file of a `spark_python_task` lies: the workspace, DBFS with its volumes, or a storage account.

A URI names a file of DBFS or of a storage account, an absolute path one of the workspace or of a volume (documented).
"""

import posixpath
from dataclasses import dataclass
from enum import Enum

from emulators.databricks.runtime.notebook_source import workspace_path
from emulators.databricks.runtime.unsupported import UnsupportedError

_STORAGE = ("abfss://", "abfs://", "wasbs://", "wasb://")
_VOLUMES = "/Volumes/"


class Home(Enum):
    """What keeps a Python file."""

    WORKSPACE = "workspace"
    DBFS = "DBFS"
    STORAGE = "storage account"


class WrongLocation(ValueError):
    """The text names no file; the message says what does."""


@dataclass(frozen=True)
class PythonLocation:
    """A place: `path` is the workspace's short path (`/Shared/x.py`), DBFS's (`/jobs/x.py`), or the whole URI."""

    home: Home
    path: str

    @property
    def name(self) -> str:
        """What the file is called in `sys.argv[0]` and tracebacks: its path on a cluster's driver.

        Observed for the workspace (`/Workspace/…`), assumed for the others.
        """
        if self.home is Home.WORKSPACE:
            return f"/Workspace{self.path}"
        if self.home is Home.DBFS and not self.path.startswith(_VOLUMES):
            return f"/dbfs{self.path}"
        return self.path


def locate(python_file: str) -> PythonLocation:
    """The place that a `python_file` names.

    Raises WrongLocation for what names none, UnsupportedError for a place that cannot be reached from here.
    """
    if "\x00" in python_file:
        raise WrongLocation(f"{python_file!r} contains a NUL character.")
    if python_file.startswith(_STORAGE):
        return PythonLocation(Home.STORAGE, _storage_address(python_file))
    if python_file.startswith(("dbfs:/", _VOLUMES)):
        return PythonLocation(Home.DBFS, _absolute(python_file.removeprefix("dbfs:")))
    if python_file.startswith("/dbfs/"):
        raise WrongLocation(
            f"{python_file} is a path of the driver's disk: write dbfs:{python_file.removeprefix('/dbfs')}."
        )
    if ":" in python_file.partition("/")[0]:
        raise UnsupportedError(
            f"The Python file {python_file}", "Keep it in the workspace, in dbfs:/, or in abfss:// or wasbs:// storage."
        )
    if not python_file.startswith("/"):
        raise WrongLocation(
            f"{python_file} is relative: a workspace path must be absolute and begin with '/'. "
            "Only a file of a Git repository is named relatively."
        )
    return PythonLocation(Home.WORKSPACE, workspace_path(_absolute(python_file)))


def _absolute(path: str) -> str:
    return "/" + posixpath.normpath(path).lstrip("/")


def _storage_address(address: str) -> str:
    """Refuse at once what names no container and account: Hadoop's driver would look for it for minutes."""
    place, _, path = address.partition("://")[2].partition("/")
    container, at, host = place.partition("@")
    if not (container and at and "." in host and path):
        raise WrongLocation(f"{address} names no file: <scheme>://<container>@<account>.<service>/<path> does.")
    return address
