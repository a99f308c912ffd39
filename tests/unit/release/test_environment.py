"""Environment files: values, variables, and errors that name the file and the key."""

from pathlib import Path

import pytest

from release.environment import Environment
from release.errors import ReleaseError


def environment(folder: Path, text: str, variables: dict[str, str] | None = None) -> Environment:
    (folder / "qa.toml").write_text(text, encoding="utf-8")
    return Environment.load("qa", folder, variables or {})


def test_values_are_found_by_their_dotted_key(tmp_path: Path) -> None:
    found = environment(tmp_path, '[azure]\nlocation = "westeurope"\n[data_factory]\nstart_triggers = ["a", "b"]\n')
    assert found.text("azure.location") == "westeurope"
    assert found.texts("data_factory.start_triggers") == ("a", "b")
    assert found.table("nothing.here") == {}


def test_variables_are_filled_in_at_any_depth(tmp_path: Path) -> None:
    text = '[data_factory.parameters]\ndomain = "${HOST}/x"\nnested = { list = ["${HOST}"] }\n'
    found = environment(tmp_path, text, {"HOST": "http://here"})
    assert found.table("data_factory.parameters") == {"domain": "http://here/x", "nested": {"list": ["http://here"]}}


@pytest.mark.parametrize(
    ("key", "fragment"),
    [
        ("azure.missing", "'azure.missing' is missing"),
        ("azure.port", "at 'azure.port': a non-empty string is expected"),
        ("azure.empty", "at 'azure.empty': a non-empty string is expected"),
        ("azure.host", "at 'azure.host': the environment variable HOST is not set"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_key(tmp_path: Path, key: str, fragment: str) -> None:
    found = environment(tmp_path, '[azure]\nport = 1\nempty = ""\nhost = "${HOST}"\n')
    with pytest.raises(ReleaseError) as caught:
        found.text(key)
    assert fragment in str(caught.value)
    assert "qa.toml" in str(caught.value)


def test_an_unknown_environment_names_the_known_ones(tmp_path: Path) -> None:
    environment(tmp_path, "")
    with pytest.raises(ReleaseError, match=r"no environment 'prod' \(known: qa\)"):
        Environment.load("prod", tmp_path)


def test_a_broken_file_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match=r"qa\.toml: .*line 2"):
        environment(tmp_path, "[azure]\nlocation = \n")
