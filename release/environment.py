"""One cloud's names and addresses, read from `environments/<name>.toml`.

The files hold no secrets. A value may name environment variables as `${NAME}`; they are looked up when the value is
asked for, so that a file can be read, and checked, without the secrets being there.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from release.errors import ReleaseError

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


@dataclass(frozen=True)
class Environment:
    """A parsed environment file. `variables` is what `${NAME}` means; None means this process's environment."""

    name: str
    path: Path
    document: Mapping[str, Any]
    variables: Mapping[str, str] | None = None

    @classmethod
    def load(cls, name: str, folder: Path, variables: Mapping[str, str] | None = None) -> "Environment":
        """Read `<folder>/<name>.toml`. Raises ReleaseError when it is missing or not TOML."""
        path = folder / f"{name}.toml"
        if not path.is_file():
            known = ", ".join(sorted(file.stem for file in folder.glob("*.toml"))) or "none"
            raise ReleaseError(f"{path}: there is no environment '{name}' (known: {known})")
        try:
            document = tomllib.loads(path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise ReleaseError(f"{path}: {error}") from error
        return cls(name, path, document, variables)

    def with_variables(self, variables: Mapping[str, str]) -> "Environment":
        """The same file with another meaning of `${NAME}`."""
        return Environment(self.name, self.path, self.document, variables)

    def text(self, key: str, default: str | None = None) -> str:
        """The string at a dotted key, variables filled in. Raises ReleaseError naming the file and the key."""
        value = self.raw(key) if default is None else self.raw(key, default)
        if not isinstance(value, str) or not value:
            raise ReleaseError(f"{self.path}: at '{key}': a non-empty string is expected, not {value!r}")
        return str(self.resolved(value, key))

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of strings at a dotted key; a missing key is an empty list."""
        values = self.raw(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise ReleaseError(f"{self.path}: at '{key}': a list of strings is expected, not {values!r}")
        return tuple(str(self.resolved(value, key)) for value in values)

    def table(self, key: str) -> dict[str, Any]:
        """The table at a dotted key with variables filled in; a missing key is an empty table."""
        value = self.raw(key, {})
        if not isinstance(value, Mapping):
            raise ReleaseError(f"{self.path}: at '{key}': a table is expected, not {value!r}")
        return {name: self.resolved(entry, f"{key}.{name}") for name, entry in value.items()}

    def raw(self, key: str, *default: Any) -> Any:
        """The value at a dotted key as the file has it."""
        value: Any = self.document
        for part in key.split("."):
            if not isinstance(value, Mapping) or part not in value:
                if default:
                    return default[0]
                raise ReleaseError(f"{self.path}: '{key}' is missing")
            value = value[part]
        return value

    def resolved(self, value: Any, key: str) -> Any:
        """A value with every `${NAME}` in its strings filled in. Raises ReleaseError naming the variable."""
        if isinstance(value, str):
            return _VARIABLE.sub(lambda match: self._variable(match.group(1), key), value)
        if isinstance(value, list):
            return [self.resolved(entry, f"{key}[{index}]") for index, entry in enumerate(value)]
        if isinstance(value, Mapping):
            return {name: self.resolved(entry, f"{key}.{name}") for name, entry in value.items()}
        return value

    def _variable(self, name: str, key: str) -> str:
        variables = os.environ if self.variables is None else self.variables
        if name not in variables:
            raise ReleaseError(f"{self.path}: at '{key}': the environment variable {name} is not set")
        return variables[name]
