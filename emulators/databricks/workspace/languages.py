"""The languages of notebooks: extension, comment mark, and the first line that makes a source file a notebook."""

import posixpath
from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """One language. `name` is the API's word, `extension` has its dot, `comment` starts a comment line."""

    name: str
    extension: str
    comment: str

    @property
    def header(self) -> str:
        """The first line of a notebook in source form (documented)."""
        return f"{self.comment} Databricks notebook source"

    @property
    def cell_break(self) -> str:
        return f"{self.comment} COMMAND ----------"

    @property
    def magic(self) -> str:
        return f"{self.comment} MAGIC"


LANGUAGES = {
    language.name: language
    for language in (
        Language("PYTHON", ".py", "#"),
        Language("SQL", ".sql", "--"),
        Language("SCALA", ".scala", "//"),
        Language("R", ".r", "#"),
    )
}
_BY_EXTENSION = {language.extension: language for language in LANGUAGES.values()}


def language_of(path: str) -> Language | None:
    """The language that a path's extension stands for."""
    return _BY_EXTENSION.get(posixpath.splitext(path)[1].lower())


def is_notebook_source(content: bytes, language: Language) -> bool:
    """Whether the first line is, exactly, the notebook header of `language`.

    A `.py` without it is a plain file, and no `notebook_path` can name it.
    """
    return content.split(b"\n", 1)[0].rstrip(b"\r") == language.header.encode()
