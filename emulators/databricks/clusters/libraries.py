"""Libraries on clusters: what the local Python already has counts as installed, everything else fails by name.

Nothing is downloaded for a run: a library is there because the environment of the local cloud holds it.
"""

import re
from importlib import metadata
from typing import Any

from emulators.databricks.clusters.clusters import Clusters
from emulators.databricks.errors import InvalidParameterValue
from emulators.kernel.store import DocumentStore

_KIND = "databricks.cluster-libraries"
_NAMED_BY = {"pypi": "package", "maven": "coordinates", "cran": "package"}
_KINDS = ("jar", "egg", "whl", "requirements", *_NAMED_BY)
_PINNED = re.compile(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*([\w.!+-]+))?")

Library = dict[str, Any]


def require_libraries(libraries: list[Any]) -> None:
    """Raises InvalidParameterValue for what is not a Library of exactly one kind."""
    for library in libraries:
        named = [kind for kind in _KINDS if isinstance(library, dict) and library.get(kind)]
        if len(named) != 1:
            raise InvalidParameterValue(f"A library has exactly one of {', '.join(_KINDS)}; got {library!r}.")
        if not isinstance(_name_of(library, named[0]), str):
            raise InvalidParameterValue(f"The {named[0]} library has no name that is a string: {library!r}.")


def _name_of(library: Library, kind: str) -> object:
    """What names a library: a path, or the package or coordinates of its repository."""
    value, field = library[kind], _NAMED_BY.get(kind)
    if field is None:
        return value
    return value.get(field) if isinstance(value, dict) else None


def problem_with(library: Library) -> str | None:
    """Why a library cannot be had locally, None when the local Python has it."""
    package = (library.get("pypi") or {}).get("package", "")
    if not package:
        kind = next(kind for kind in _KINDS if library.get(kind))
        return (
            f"Library installation failed for {kind} library {library[kind]!r}: "
            "the local Spark installs nothing for a run. Add it to the environment that runs the local cloud."
        )
    wanted = _PINNED.fullmatch(package.strip())
    if wanted is None:
        return f"Library installation failed for PyPI package '{package}': only 'name' and 'name==version' are checked."
    return _problem_with_package(wanted.group(1), wanted.group(2))


def _problem_with_package(name: str, version: str | None) -> str | None:
    try:
        present = metadata.version(name)
    except metadata.PackageNotFoundError:
        return (
            f"Library installation failed for PyPI package '{name}': it is not in the Python environment of the "
            "local cloud, and nothing is installed for a run. Add it there."
        )
    if version and version != present:
        return f"Library installation failed for PyPI package '{name}=={version}': the local Python has {present}."
    return None


class ClusterLibraries:
    """Which libraries were asked for on which cluster, durable."""

    def __init__(self, store: DocumentStore, clusters: Clusters) -> None:
        self._store = store
        self._clusters = clusters

    def install(self, cluster_id: str, libraries: list[Library]) -> None:
        """Raises InvalidParameterValue."""
        self._clusters.get(cluster_id)
        require_libraries(libraries)
        known = self._libraries(cluster_id)
        self._write(cluster_id, known + [library for library in libraries if library not in known])

    def uninstall(self, cluster_id: str, libraries: list[Library]) -> None:
        self._clusters.get(cluster_id)
        self._write(cluster_id, [known for known in self._libraries(cluster_id) if known not in libraries])

    def statuses(self, cluster_id: str) -> list[dict[str, Any]]:
        """LibraryFullStatus of every library asked for on a cluster."""
        self._clusters.get(cluster_id)
        return [_status(library) for library in self._libraries(cluster_id)]

    def _libraries(self, cluster_id: str) -> list[Library]:
        document = self._store.get(_KIND, cluster_id)
        libraries: list[Library] = document["libraries"] if document else []
        return libraries

    def _write(self, cluster_id: str, libraries: list[Library]) -> None:
        self._store.put(_KIND, cluster_id, {"libraries": libraries})


def _status(library: Library) -> dict[str, Any]:
    problem = problem_with(library)
    return {
        "library": library,
        "status": "FAILED" if problem else "INSTALLED",
        "messages": [problem] if problem else [],
        "is_library_for_all_clusters": False,
    }
