"""The one list of languages, and which of them a text is in. A language is added here and in a folder of its own."""

from dataclasses import replace

from dovetail_context.languages.cpp.language import CPP
from dovetail_context.languages.csharp.language import CSHARP
from dovetail_context.languages.go.language import GO
from dovetail_context.languages.identify import IPYTHON, SUFFIX_OF_ID, id_of_beginning, id_of_name
from dovetail_context.languages.java.language import JAVA
from dovetail_context.languages.language import Language
from dovetail_context.languages.python.cells import without_commands
from dovetail_context.languages.python.language import PYTHON
from dovetail_context.languages.rust.language import RUST
from dovetail_context.languages.typescript.language import TYPESCRIPT
from dovetail_context.records.record import FileRecord

LANGUAGES: tuple[Language, ...] = (PYTHON, TYPESCRIPT, GO, JAVA, CSHARP, RUST, CPP)

# How a language is read, for the user to read.
IN_FULL = "in full"
BY_TAGS = "by tags: definitions and calls, without types"
BY_WINDOWS = "by windows only: similar passages, without definitions"
# The languages that are not read in full.
READINGS: dict[str, str] = {}

_BY_SUFFIX = {suffix: language for language in LANGUAGES for suffix in language.suffixes}
_BY_NAME = {language.name: language for language in LANGUAGES}
_BY_ID = {id_: _BY_SUFFIX[suffix] for id_, suffix in SUFFIX_OF_ID.items()}
_BY_PROJECT_FILE = {name: language for language in LANGUAGES for name in language.project_files if "*" not in name}
_PROJECT_PATTERNS = tuple(  # what precedes the star, what follows it, and the language
    (prefix, suffix, language)
    for language in LANGUAGES
    for prefix, star, suffix in (name.partition("*") for name in language.project_files)
    if star
)
_PATTERN_SUFFIXES = tuple(suffix for _, suffix, _ in _PROJECT_PATTERNS)
_NOTEBOOK = ".ipynb"


def language_of(path: str, said: str = "", text: str = "") -> str:
    """Return the id of a text's language: by its editor's name for it, else by the path's suffix, else by the first
    line.

    Return "" if the path decides, or nothing does: `language_for(path, id)` is the language in any case. The beginning
    of the text is enough.
    """
    by_editor = id_of_name(said)
    if by_editor or language_for(path) is not None:
        return by_editor
    return id_of_beginning(text)


def language_for(path: str, language: str = "") -> Language | None:
    """The language with the id `language`, or that of the path's suffix if the id is ""; None if it is none of ours."""
    return _BY_ID.get(language) if language else _BY_SUFFIX.get(suffix_of(path))


def language_named(name: str) -> Language:
    """The language that a record names. Raises KeyError for a name that no language has."""
    return _BY_NAME[name]


def reading_of(name: str) -> str:
    """Return how the files of the language of this name are read."""
    return READINGS.get(name, IN_FULL)


def suffix_of(path: str) -> str:
    """The suffix of a path's name, with the dot, in lower case; "" if it has none."""
    stem, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if stem and dot else ""


def named_by_language(path: str, language: str = "") -> str:
    """Return the path to pass to a grammar: with the suffix of `language` (an id) if the path's own suffix implies
    another grammar, or none."""
    found, wanted, own = _BY_ID.get(language), SUFFIX_OF_ID.get(language, ""), suffix_of(path)
    known = _BY_SUFFIX.get(own)
    if found is None or (known is found and found.grammar(path) is found.grammar(f"x{wanted}")):
        return path
    stem = path[: len(path) - len(own)] if known is not None or own == _NOTEBOOK else path
    return stem + wanted


def shown_path(path: str, language: str = "") -> str:
    """Return the path to show to a model: the path itself, or `Untitled-1.py` if it does not imply the language."""
    return path if language_for(path) is language_for(path, language) else named_by_language(path, language)


def extract(path: str, text: str, language: str = "", references: bool = True) -> FileRecord:
    """The record of a text in the language with the id `language`, or that of its path. Raises KeyError for none."""
    found = language_for(path, language)
    if found is None:
        raise KeyError(language or path)
    name = named_by_language(path, language)
    record = found.extract(name, with_line_ends(text), references)
    return record if name == path else replace(record, path=path)


def code_of(text: str, language: str) -> str:
    """`text` as the grammar of the language with the id `language` can read it. Every character keeps its place."""
    text = with_line_ends(text)
    return without_commands(text) if language == IPYTHON else text


def with_line_ends(text: str) -> str:
    """The text with line ends that grammars know, if lone carriage returns end its lines (as on the first Macs)."""
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text


def is_project_file(path: str) -> bool:
    """Whether a language reads import settings from this file."""
    return language_of_project_file(path) is not None


def language_of_project_file(path: str) -> Language | None:
    """The language that reads import settings from this file; None if none does."""
    name = path.rpartition("/")[2]
    found = _BY_PROJECT_FILE.get(name)
    if found is not None or not name.endswith(_PATTERN_SUFFIXES):
        return found
    matches = (each for start, end, each in _PROJECT_PATTERNS if name.startswith(start) and name.endswith(end))
    return next(matches, None)
