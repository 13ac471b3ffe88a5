"""The one list of languages. A language is added here and in a folder of its own."""

from dovetail_context.languages.cpp.language import CPP
from dovetail_context.languages.csharp.language import CSHARP
from dovetail_context.languages.go.language import GO
from dovetail_context.languages.java.language import JAVA
from dovetail_context.languages.language import Language
from dovetail_context.languages.python.language import PYTHON
from dovetail_context.languages.rust.language import RUST
from dovetail_context.languages.typescript.language import TYPESCRIPT

LANGUAGES: tuple[Language, ...] = (PYTHON, TYPESCRIPT, GO, JAVA, CSHARP, RUST, CPP)

_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}
_BY_NAME = {language.name: language for language in LANGUAGES}
_PROJECT_FILES = frozenset(name for language in LANGUAGES for name in language.project_files)


def language_for(path: str) -> Language | None:
    """The language of a path, by its suffix; None if it is not one of ours."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return _BY_SUFFIX.get(f".{suffix.lower()}") if stem and dot else None


def language_named(name: str) -> Language:
    """The language that a record names. Raises KeyError for a name that no language has."""
    return _BY_NAME[name]


def is_project_file(path: str) -> bool:
    """Whether a language reads import settings from this file."""
    return path.rpartition("/")[2] in _PROJECT_FILES
