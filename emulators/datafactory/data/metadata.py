"""GetMetadata: what is known of a file, a folder or a container without copying it; and its structure."""

import base64
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from emulators.datafactory.data.dataset import Dataset
from emulators.datafactory.data.errors import InvalidSettings, MissingFile
from emulators.datafactory.data.formats import FORMATS
from emulators.datafactory.data.interim_types import interim_type_of
from emulators.datafactory.data.reading import Reading
from emulators.datafactory.data.rows import Progress
from emulators.datafactory.data.selection import Selection, select
from emulators.datafactory.data.settings import Settings, section, text
from emulators.datafactory.data.store import Children, File, Store
from emulators.datafactory.data.table import Rejected
from emulators.datafactory.data.translator import Translator


@dataclass(frozen=True)
class Item:
    """What a dataset points at. `file` is the file, or the container; None for a folder, which has no properties."""

    name: str
    file: File | None
    children: Children | None
    """None for a file."""


def find_item(store: Store, dataset: Dataset) -> Item | None:
    """The file, folder or container of a dataset, None when it does not exist."""
    location = dataset.location
    if location.file:
        file = store.find(location.container, location.path)
        return None if file is None else Item(file.name, file, None)
    children = store.children(location.container, location.folder)
    if children is None:
        return None
    if location.folder:
        return Item(location.folder.rpartition("/")[2], None, children)
    return Item(location.container, store.container(location.container), children)


def get_metadata(store: Store, dataset: Dataset, fields: list[str], source: Settings) -> dict[str, Any]:
    """The fields that were asked for. With `exists` among them a missing item is `{"exists": False}`, without it
    raises MissingFile. Raises InvalidSettings for a field that the item does not have.
    """
    if text(section(source, "storeSettings"), "wildcardFileName"):
        raise InvalidSettings("GetMetadata takes no wildcards.")
    unknown = [name for name in fields if name not in _FIELDS]
    if unknown:
        raise InvalidSettings(f"'{unknown[0]}' is no field of GetMetadata; there are {', '.join(sorted(_FIELDS))}.")
    item = find_item(store, dataset)
    if item is None:
        if "exists" in fields:
            return {"exists": False}
        raise MissingFile(store.place(dataset.location.container), dataset.location.path)
    asked = _Asked(store, dataset, source, item)
    found = {name: _FIELDS[name](asked) for name in dict.fromkeys(fields)}
    return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class _Asked:
    store: Store
    dataset: Dataset
    source: Settings
    item: Item

    def of_file(self, name: str) -> File:
        if self.item.children is not None or self.item.file is None:
            raise InvalidSettings(f"The field '{name}' is one of files, and '{self.item.name}' is a folder.")
        return self.item.file


def _children(asked: _Asked) -> list[dict[str, str]]:
    """Direct children; with a window of time only the files in it (documented)."""
    children = asked.item.children
    if children is None:
        raise InvalidSettings(f"The field 'childItems' is one of folders, and '{asked.item.name}' is a file.")
    selection = select(asked.dataset.location, section(asked.source, "storeSettings"))
    files = [{"name": file.name, "type": "File"} for file in children.files if selection.in_time(file)]
    return files if _has_window(selection) else [{"name": name, "type": "Folder"} for name in children.folders] + files


def _has_window(selection: Selection) -> bool:
    return selection.modified_from is not None or selection.modified_before is not None


def _last_modified(asked: _Asked) -> str | None:
    """Folders of Blob storage have none (documented)."""
    file = asked.item.file
    return None if file is None or file.modified is None else _seconds(file.modified)


def _content_md5(asked: _Asked) -> str | None:
    md5 = asked.of_file("contentMD5").md5
    return None if md5 is None else base64.b64encode(md5).decode()


def _structure(asked: _Asked) -> list[dict[str, str]]:
    if asked.dataset.type not in FORMATS:
        raise InvalidSettings(f"The field 'structure' is none of datasets of type {asked.dataset.type} (documented).")
    reading = Reading(asked.store, asked.dataset, asked.source)
    with closing(reading.parts(Progress())) as parts:
        found = next(parts, None)
        if found is None:
            return []
        schema = found.open(Translator(), _ignore).table.schema
    return [{"name": field.name, "type": interim_type_of(field.type)} for field in schema]


def _ignore(row: Rejected) -> None:
    """Rows do not matter for the structure."""


def _seconds(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _created(asked: _Asked) -> Any:
    raise InvalidSettings("The field 'created' is none of Blob storage and Data Lake (documented).")


_FIELDS: Mapping[str, Callable[[_Asked], Any]] = {
    "childItems": _children,
    "columnCount": lambda asked: len(_structure(asked)),
    "contentMD5": _content_md5,
    "created": _created,
    "exists": lambda asked: True,
    "itemName": lambda asked: asked.item.name,
    "itemType": lambda asked: "File" if asked.item.children is None else "Folder",
    "lastModified": _last_modified,
    "size": lambda asked: asked.of_file("size").size,
    "structure": _structure,
}
