"""Definition files: what they say, and what is told about each mistake in them."""

from pathlib import Path

import pytest

from emulators.azureml.definitions import Catalogue, DefinitionError, read_definition

GOOD = """
[endpoint]
id = "C0FFEE00-2f6b-4a7e-9d51-10ca1c10d003"
name = "training"
default_version = "1"

[[pipelines]]
id = "c0ffee00-2f6b-4a7e-9d51-10ca1c10d004"
version = "1"
[pipelines.parameters]
model = "m"
rounds = 3
data = ""
[pipelines.datastore]
name = "store"
container = "container"
[[pipelines.steps]]
name = "train"
script = "train.py"
arguments = ["--data", "{data:data}", "--name={model}-{rounds}"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.py").write_text("")
    return tmp_path


def written(folder: Path, text: str, name: str = "training.toml") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_a_definition_is_read(folder: Path) -> None:
    endpoint = read_definition(written(folder, GOOD))
    pipeline = endpoint.version(None)
    assert pipeline is not None
    assert (endpoint.id, endpoint.name, pipeline.version) == ("c0ffee00-2f6b-4a7e-9d51-10ca1c10d003", "training", "1")
    assert pipeline.data_parameters() == {"data"}
    filled = pipeline.steps[0].filled({"model": "x{rounds}", "rounds": 5, "data": "b"}, {"data": Path("/tmp/b.csv")})
    assert filled == ["--data", "/tmp/b.csv", "--name=x{rounds}-5"], "a value is not read as a template again"


@pytest.mark.parametrize(
    ("old", "new", "key", "mend"),
    [
        ('name = "training"', "", "endpoint.name", "is missing"),
        ('name = "training"', 'name = "training"\ncolour = "red"', "endpoint.colour", "is unknown here"),
        ('default_version = "1"', 'default_version = "2"', "endpoint.default_version", "there is no pipeline"),
        ('default_version = "1"', "default_version = 1", "endpoint.default_version", "no text"),
        ("c0ffee00-2f6b-4a7e-9d51-10ca1c10d004", "seven", "pipelines[0].id", "no GUID"),
        ('script = "train.py"', 'script = "other.py"', "pipelines[0].steps[0].script", "no file 'other.py'"),
        ('script = "train.py"', 'script = "../train.py"', "pipelines[0].steps[0].script", "without '..'"),
        ("{data:data}", "{data:file}", "pipelines[0].steps[0].arguments", "'file'"),
        ("{data:data}", "{data:rounds}", "pipelines[0].steps[0].arguments", "must be a string"),
        ("{data:data}", "{blob:data}", "pipelines[0].steps[0].arguments", "'{blob:…}' is unknown"),
        ("{model}", "{modle}", "pipelines[0].steps[0].arguments", "declare it"),
        ("rounds = 3", "rounds = [3]", "pipelines[0].parameters.rounds", "must be a string, a number"),
        ("rounds = 3", 'rounds = 3\n"../x" = 1', "pipelines[0].parameters.../x", "no parameter name"),
        ('[pipelines.datastore]\nname = "store"\ncontainer = "container"', "", "arguments", "needs a datastore"),
        ("[[pipelines.steps]]", "[[pipelines.stages]]", "pipelines[0].stages", "is unknown here"),
        ("[[pipelines]]", "[pipelines]", "pipelines", "no list of tables"),
        ("rounds = 3", "rounds = ", "", "not valid TOML"),
    ],
)
def test_a_mistake_is_told_with_file_key_and_mend(folder: Path, old: str, new: str, key: str, mend: str) -> None:
    assert old in GOOD
    file = written(folder, GOOD.replace(old, new))
    with pytest.raises(DefinitionError) as mistake:
        read_definition(file)
    text = str(mistake.value)
    assert text.startswith(str(file))
    assert key in text
    assert mend in text


def test_a_file_that_is_not_there_is_told(folder: Path) -> None:
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_definition(folder / "none.toml")


def test_two_files_cannot_use_one_id(folder: Path) -> None:
    first, second = written(folder, GOOD), written(folder, GOOD.replace('"training"', '"other"'), "second.toml")
    with pytest.raises(DefinitionError, match=r"used twice \(also in .*training.toml\)"):
        Catalogue.read([first, second])


def test_the_catalogue_finds_by_id_and_name_without_case(folder: Path) -> None:
    catalogue = Catalogue.read([written(folder, GOOD)])
    assert catalogue.endpoint("TRAINING") is catalogue.endpoint("c0ffee00-2F6B-4a7e-9d51-10ca1c10d003")
    assert catalogue.pipeline("C0FFEE00-2f6b-4a7e-9d51-10ca1c10d004") is not None
    assert catalogue.endpoint("other") is None
