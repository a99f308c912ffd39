"""Finding the files that a source means in a real place: the pure selection, fed with real listings."""

from collections.abc import Callable, Iterator

from emulators.datafactory.data.errors import InvalidSettings, MissingFile
from emulators.datafactory.data.http_server import HttpServer
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.selection import Selected, listed_paths, select
from emulators.datafactory.data.settings import Settings, text
from emulators.datafactory.data.store import File, Source

LARGEST_LIST = 64 << 20
"""Bytes of a list of files."""


Absence = Callable[[File, MissingFile], None]
"""What happens to a file of a list that is not there: raise, or note it and return."""


def raising(file: File, error: MissingFile) -> None:
    """No absence is taken."""
    raise error


def chosen(source: Source, location: Location, settings: Settings, absent: Absence = raising) -> Iterator[Selected]:
    """The files, as they are listed. A single file that is missing raises MissingFile; wildcards may find nothing."""
    if isinstance(source, HttpServer):
        fetched = source.fetch(location.file, settings)
        yield Selected(fetched, fetched.name)
        return
    listing = text(settings, "fileListPath").strip("/")
    if listing:
        yield from _of_list(source, location, listing, absent)
        return
    selection = select(location, settings)
    if location.file and not selection.wildcards and not text(settings, "prefix"):
        found = source.find(location.container, location.path)
        if found is None:
            raise MissingFile(source.place(location.container), location.path, source.side)
        yield from selection.choose([found])
        return
    empty = True
    for selected in selection.choose(source.list(location.container, selection.prefix)):
        empty = False
        yield selected
    named = location.folder and not (selection.wildcards or text(settings, "prefix"))
    if empty and named and next(iter(source.list(location.container, selection.prefix)), None) is None:
        # a folder is nothing but its files, so one that has none at all is missing like a file
        raise MissingFile(source.place(location.container), f"{location.folder}/", source.side)


def _of_list(source: Source, location: Location, listing: str, absent: Absence) -> Iterator[Selected]:
    """`listing` is container and path of a file with one relative path a line."""
    if location.file:
        raise InvalidSettings("With 'fileListPath' the dataset must not name a file.")
    container, _, path = listing.partition("/")
    found = source.find(container, path)
    if found is None:
        raise MissingFile(source.place(container), path, source.side)
    if found.size > LARGEST_LIST:
        raise InvalidSettings(f"The list of files '{listing}' is larger than {LARGEST_LIST} bytes.")
    for relative in listed_paths(source.read(found, 0, found.size).decode("utf-8-sig")):
        whole = location.within(relative)
        file = source.find(location.container, whole)
        if file is None:
            absent(File(location.container, whole), MissingFile(source.place(location.container), whole, source.side))
        else:
            yield Selected(file, relative)
