"""What the files of a sink are called."""

import pytest

from emulators.datafactory.data.errors import DataError, InvalidSettings
from emulators.datafactory.data.location import Location
from emulators.datafactory.data.naming import FLATTEN, MERGE, PRESERVE, Naming, behaviour


def naming(folder: str = "out", file: str = "", how: str = PRESERVE, extension: str | None = None) -> Naming:
    return Naming(Location("c", folder, file), how, extension, lambda: "data_1")


def test_the_hierarchy_is_kept():
    assert naming().path("deep/a.csv", only=False) == "out/deep/a.csv"
    assert naming(folder="").path("deep/a.csv", only=False) == "deep/a.csv"
    assert naming(extension=".parquet").path("deep.er/a.b.csv", only=False) == "out/deep.er/a.b.parquet"


def test_a_name_of_ones_own_is_for_one_file():
    assert naming(file="x").path("deep/a.csv", only=True) == "out/x"
    with pytest.raises(DataError, match="multiple files into a single Blob"):
        naming(file="x").path("deep/a.csv", only=False)


def test_names_that_are_made_up():
    assert naming(how=FLATTEN).path("deep/a.csv", only=False) == "out/data_1.csv"
    assert naming(how=MERGE).merged() == "out/data_1"
    assert naming(how=MERGE, file="all.csv").merged() == "out/all.csv"


def test_pieces_are_numbered():
    assert naming().part("out/a.csv", 3) == "out/a_00003.csv"
    assert naming(extension=".csv.gz").part("out/a.b.csv.gz", 12) == "out/a.b_00012.csv.gz"
    assert naming(extension=".csv").part("out/a", 0) == "out/a_00000"


def test_the_behaviours_are_read_whatever_their_case():
    assert behaviour("") == PRESERVE
    assert behaviour("mergefiles") == MERGE
    with pytest.raises(InvalidSettings, match="'Mix' is no copy behaviour"):
        behaviour("Mix")
