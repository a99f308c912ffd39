"""Where a dataset's files are: `location` in its three forms, read once into container, folder and file name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emulators.datafactory.data.errors import InvalidSettings, Unsupported
from emulators.datafactory.data.settings import text

BLOB, LAKE, HTTP = "AzureBlobStorageLocation", "AzureBlobFSLocation", "HttpServerLocation"


@dataclass(frozen=True)
class Location:
    """`folder` has no slash at either end and may be ""; `file` "" means the folder as a whole."""

    container: str
    folder: str = ""
    file: str = ""

    @property
    def path(self) -> str:
        """Folder and file as one path in the container."""
        return "/".join(filter(None, (self.folder, self.file)))

    def within(self, relative: str) -> str:
        """A path below the folder."""
        return f"{self.folder}/{relative}" if self.folder else relative

    @classmethod
    def read(cls, location: Mapping[str, Any], dataset: str) -> "Location":
        """Read an evaluated `location` object; raises InvalidSettings, Unsupported for other kinds."""
        kind = text(location, "type")
        if kind == HTTP:
            return cls("", "", text(location, "relativeUrl"))
        if kind not in (BLOB, LAKE):
            raise Unsupported(f"A location of type '{kind}' (dataset '{dataset}')", "a case in data/location.py.")
        name = "container" if kind == BLOB else "fileSystem"
        container = text(location, name).strip("/")
        if not container:
            raise InvalidSettings(f"The location of dataset '{dataset}' has no value for the property '{name}'.")
        return cls(container, text(location, "folderPath").strip("/"), text(location, "fileName").strip("/"))
