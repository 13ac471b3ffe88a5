"""Reading one file of the workspace into a record. Never raises: what is passed over is told with its reason."""

from dataclasses import dataclass
from pathlib import Path

from dovetail_context.index.record import FileRecord
from dovetail_context.languages.registry import is_project_file, language_for
from dovetail_context.workspace.read import read_source
from dovetail_context.workspace.scan import Skipped
from dovetail_context.workspace.secrets import redact


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: files by language, what was passed over and why, what was odd about the rest, seconds."""

    counts: dict[str, int]
    skipped: tuple[Skipped, ...]
    problems: tuple[Skipped, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class ReadFile:
    """A file, read: a record, or the text of a project file, or neither with the reason in `skipped`."""

    path: str
    record: FileRecord | None = None
    project: str | None = None
    skipped: str = ""
    problems: tuple[str, ...] = ()


def is_wanted(path: str) -> bool:
    """Whether the index has a use for a file of this name."""
    return language_for(path) is not None or is_project_file(path)


def read_file(root: Path, path: str) -> ReadFile:
    """Read `path` (posix, relative) from disk. No record holds a secret: they are blanked out here."""
    result = read_source(root / path)
    if result.text is None:
        return ReadFile(path, skipped=result.skipped)
    text = redact(result.text)
    if is_project_file(path):
        return ReadFile(path, project=text)
    read = read_text(path, text)
    return ReadFile(
        path, read.record, None, read.skipped, (*([result.problem] if result.problem else []), *read.problems)
    )


def read_text(path: str, text: str) -> ReadFile:
    """Read `text`, whose secrets have been blanked out, as the content of `path`.

    Calls are left out: they are read from the few files that matter.
    """
    language = language_for(path)
    if language is None:
        return ReadFile(path, skipped="no known language")
    try:
        record = language.extract(path, text, references=False)
    except Exception as error:  # noqa: BLE001 - a fault in an extractor costs one file, not the index
        return ReadFile(path, skipped=f"the {language.name} extractor failed: {type(error).__name__}: {error}")
    return ReadFile(path, record, problems=record.problems)
