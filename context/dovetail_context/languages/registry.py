"""The one list of languages, and which of them a text is in. A language is added here and in a folder of its own."""

from dataclasses import replace

from dovetail_context.languages.bash.language import BASH
from dovetail_context.languages.cpp.language import CPP
from dovetail_context.languages.csharp.language import CSHARP
from dovetail_context.languages.css.language import CSS
from dovetail_context.languages.dart.language import DART
from dovetail_context.languages.elixir.language import ELIXIR
from dovetail_context.languages.embedded import COMPONENTS, component_head, script_of
from dovetail_context.languages.generic.extract import plain_record
from dovetail_context.languages.generic.language import GenericLanguage
from dovetail_context.languages.go.language import GO
from dovetail_context.languages.haskell.language import HASKELL
from dovetail_context.languages.identify import IPYTHON, PLAIN, SUFFIX_OF_ID, id_of_beginning, id_of_name
from dovetail_context.languages.java.language import JAVA
from dovetail_context.languages.julia.language import JULIA
from dovetail_context.languages.kotlin.language import KOTLIN
from dovetail_context.languages.language import Language
from dovetail_context.languages.lua.language import LUA
from dovetail_context.languages.php.language import PHP
from dovetail_context.languages.python.cells import without_commands
from dovetail_context.languages.python.language import PYTHON
from dovetail_context.languages.ruby.language import RUBY
from dovetail_context.languages.rust.language import RUST
from dovetail_context.languages.scala.language import SCALA
from dovetail_context.languages.sql.language import SQL
from dovetail_context.languages.swift.language import SWIFT
from dovetail_context.languages.text import MAX_TEXT_CHARS, TEXT, is_text_name
from dovetail_context.languages.typescript.language import TYPESCRIPT
from dovetail_context.languages.zig.language import ZIG
from dovetail_context.records.record import FileRecord, Import, Symbol

# The first part have code of their own; each of the others is a tags query and a profile.
LANGUAGES: tuple[Language, ...] = (
    *(PYTHON, TYPESCRIPT, GO, JAVA, CSHARP, RUST, CPP),
    *(KOTLIN, PHP, RUBY, SWIFT, SCALA, LUA, BASH, SQL, CSS, ELIXIR, DART, ZIG, HASKELL, JULIA),
    TEXT,
)

# How a language is read, for the user to read.
IN_FULL = "in full"
BY_TAGS = "by tags: definitions and imports, few types"
BY_WINDOWS = "by windows only: similar passages, without definitions"
# The languages of a query that have types as those with code of their own.
_WITH_TYPES = frozenset({"kotlin", "php", "ruby"})

_BY_SUFFIX = {suffix: language for language in LANGUAGES if language is not TEXT for suffix in language.suffixes}
_BY_SUFFIX |= dict.fromkeys(COMPONENTS, TYPESCRIPT)
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


def language_of(path: str, editor_id: str = "", text: str = "") -> str:
    """Return the id of a text's language: by its editor's name for it, else by the path's suffix, else by the first
    line.

    Return "" if the path decides, or nothing does: `language_for(path, id)` is the language in any case. The beginning
    of the text is enough.
    """
    by_editor = id_of_name(editor_id)
    if by_editor or language_for(path) is not None:
        return by_editor
    return id_of_beginning(text)


def language_for(path: str, language: str = "") -> Language | None:
    """The language with the id `language`, or that of the path's suffix if the id is ""; None if it is none of ours.

    Text that no language claims is in `TEXT`, as long as its name is that of a text.
    """
    if language and language != PLAIN:
        return _BY_ID.get(language)
    by_suffix = _BY_SUFFIX.get(suffix_of(path))
    if by_suffix is not None:
        return None if language else by_suffix  # an editor knows that it is something else
    return TEXT if is_text_name(path) else None


def too_long(path: str, text: str) -> bool:
    """Whether a text is too long for its kind to be what somebody writes."""
    return len(text) > MAX_TEXT_CHARS and language_for(path) is TEXT


def language_named(name: str) -> Language:
    """The language that a record names. Raises KeyError for a name that no language has."""
    return _BY_NAME[name]


def reading_of(name: str) -> str:
    """Return how the files of the language of this name are read with the grammars that are installed."""
    language = _BY_NAME.get(name)
    if language is TEXT:
        return BY_WINDOWS
    if not isinstance(language, GenericLanguage):
        return IN_FULL
    if not language.is_parsed:
        return f"{BY_WINDOWS}; install {language.wheel} for more"
    return IN_FULL if name in _WITH_TYPES else BY_TAGS


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


def extract(path: str, text: str, language: str = "") -> FileRecord:
    """The record of a text in the language with the id `language`, or that of its path. Raises KeyError for none."""
    found = language_for(path, language)
    if found is None:
        raise KeyError(language or path)
    if not language and suffix_of(path) in COMPONENTS:
        return _component(found, path, text)
    name = named_by_language(path, language)
    record = found.extract(name, with_line_ends(text))
    return record if name == path else replace(record, path=path)


def _component(language: Language, path: str, text: str) -> FileRecord:
    """The record of a component: its scripts, and the component itself, which is what the file exports by default."""
    script, suffix = script_of(path, text)
    record = language.extract(path + suffix, script)
    name, head = component_head(path, script)
    itself = Symbol(name, "variable", "", 1, text.count("\n") + 1, head)
    exported = Import("./" + path.rpartition("/")[2], name, "default", 1)
    whole = plain_record(record.language, path, text)
    return replace(
        record,
        path=path,
        text=text,
        digest=whole.digest,
        symbols=(itself, *record.symbols),
        imports=(*record.imports, exported),
        exports=None if record.exports is None else (*record.exports, "default"),
    )


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
