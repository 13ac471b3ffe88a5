"""Read workspace files into packed records. Never raises: every skipped file is reported with its reason.

The same functions serve the index thread and the worker processes.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path

from dovetail_context.index.storage.store import RecordStore, Stored, key_of
from dovetail_context.index.storage.version import extractor_version
from dovetail_context.index.words import TextWords, read_words
from dovetail_context.languages.identify import FIRST_LINE, id_of_beginning
from dovetail_context.languages.registry import (
    extract,
    is_project_file,
    language_for,
    language_of,
    language_of_project_file,
    too_long,
)
from dovetail_context.records.packed import PackedRecord, pack
from dovetail_context.records.record import FileRecord
from dovetail_context.records.text import pack_text
from dovetail_context.work import LONG_TEXT, Effort, Work, open_work
from dovetail_context.workspace.exclude import is_generated
from dovetail_context.workspace.read import read_manifest, read_source
from dovetail_context.workspace.scan import Skipped
from dovetail_context.workspace.secrets.find import redact

NO_WORDS = TextWords()


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The result of a build: files by language, skipped files with reasons, problems of the others, seconds; and the
    number of files that no language reads, by suffix."""

    counts: dict[str, int]
    skipped: tuple[Skipped, ...]
    problems: tuple[Skipped, ...]
    seconds: float
    unread: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Task:
    """A file to read. `digest` is that of its text as it is known, "" if it is not."""

    path: str
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file, read: a record with its words, or what is kept of a project file (with the `problem` of one that is not
    as it should be), or nothing new (`unchanged`), or neither with the reason in `skipped`."""

    path: str
    record: PackedRecord | None = None
    words: TextWords = NO_WORDS
    project: str | None = None
    skipped: str = ""
    unchanged: bool = False
    problem: str = ""


def is_wanted(path: str) -> bool:
    """Whether the index has a use for a file of this name."""
    return language_for(path) is not None or is_project_file(path)


def language_of_script(file: str) -> str:
    """Return the language id that the first line of a file without a suffix implies, or "". Read only that line."""
    try:
        with Path(file).open("rb") as script:
            return id_of_beginning(script.read(FIRST_LINE).decode("utf-8", "replace"))
    except OSError:
        return ""


def odd_language(path: str, record: FileRecord | PackedRecord | None) -> str:
    """Return the language of a record if its path does not imply it, for callers that judge by the path; else ""."""
    by_path = language_for(path)
    return "" if record is None or (by_path is not None and by_path.name == record.language) else record.language


def read_files(root: Path, tasks: Sequence[Task], store: RecordStore | None) -> Iterator[ReadFile]:
    """Read files from disk; what the store knows is not extracted again. No record holds a secret: they are blanked
    out here."""
    waiting: list[_Text] = []
    for task in tasks:
        read = _read(root, task)
        if isinstance(read, ReadFile):
            yield read
        else:
            waiting.append(read)
    fresh: list[tuple[bytes, str, PackedRecord, TextWords]] = []
    packed = {text.key: pack_text(text.text) for text in waiting}
    known: dict[bytes, Stored] = {} if store is None else store.get(list(packed), list(packed.values()))
    for text in waiting:
        if text.key in known:
            record, words = known[text.key]
            yield ReadFile(text.path, record, words)
        else:
            read = _extracted(text, packed[text.key])
            if read.record is not None:
                fresh.append((text.key, text.path, read.record, read.words))
            yield read
    if store is not None:
        store.put(fresh)
        store.touch(known)


def read_text(path: str, text: str, language: str = "") -> FileRecord | str:
    """Read `text`, whose secrets are blanked out, as the content of `path`. Return the reason if that is impossible.

    `language` is the language id, if the caller knows it better than the path and the first line imply. The record
    omits calls: they are read later, from the few files that matter.
    """
    language = language or language_of(path, text=text)
    found = language_for(path, language)
    if found is None:
        return "no known language"
    try:
        with _in_background(text):
            record = extract(path, text, language)
    except Exception as error:  # noqa: BLE001 - a fault in an extractor costs one file, not the index
        return f"the {found.name} extractor failed: {type(error).__name__}: {error}"
    return replace(record, generated=True) if is_generated(path, text) else record


def words_of_record(record: FileRecord) -> TextWords:
    """The words that count of a file."""
    with _in_background(record.text):
        return NO_WORDS if record.generated else read_words(record.text)


def _in_background(text: str) -> AbstractContextManager[Work]:
    return open_work(effort=Effort(is_long=len(text) > LONG_TEXT), background=True)


def digest_of(text: str) -> str:
    """`FileRecord.digest` of a text."""
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class _Text:
    path: str
    text: str
    problem: str
    key: bytes


def _read(root: Path, task: Task) -> "ReadFile | _Text":
    path = task.path
    if is_project_file(path):
        return _read_project(root, path)
    result = read_source(root / path, within=root)
    if result.text is None:
        return ReadFile(path, skipped=result.skipped)
    if too_long(path, result.text):
        return ReadFile(path, skipped="long text without a grammar")
    source = redact(result.text)
    if task.digest and digest_of(source) == task.digest:
        return ReadFile(path, unchanged=True)
    # The way the bytes were decoded is not part of the text; the record reports it.
    key = key_of(path, result.problem + "\0" + source, extractor_version())
    return _Text(path, source, result.problem, key)


def _read_project(root: Path, path: str) -> ReadFile:
    result = read_manifest(root / path, within=root)
    language = language_of_project_file(path)
    if result.text is None or language is None:
        return ReadFile(path, skipped=result.skipped)
    try:
        read = language.read_project(path, result.text)
    except Exception as error:  # noqa: BLE001 - a fault in a reader costs one file, not the index
        return ReadFile(path, skipped=f"the {language.name} reader failed: {type(error).__name__}: {error}")
    return ReadFile(path, project=redact(read.text), problem=redact(result.problem or read.problem))


def _extracted(source: _Text, packed_text: bytes) -> ReadFile:
    record = read_text(source.path, source.text)
    if isinstance(record, str):
        return ReadFile(source.path, skipped=record)
    if source.problem:
        record = replace(record, problems=(source.problem, *record.problems))
    return ReadFile(source.path, pack(record, packed_text), words_of_record(record))
