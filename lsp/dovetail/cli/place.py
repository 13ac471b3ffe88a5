"""`PATH:LINE:COL` on the command line: the position in the text, and the project that contains it."""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from dovetail.command_errors import CommandError, UsageError
from dovetail.completion.request import CompletionRequest
from dovetail.rules.live import WorkspaceRules, own_rules
from dovetail.session.caches import index_cache
from dovetail.settings import load_settings
from dovetail.text.lines import content_length, split_lines
from dovetail_context.api import (
    ReadResult,
    RootChoice,
    WorkspaceIndex,
    choose_root,
    language_of,
    read_source,
    redact,
    source_of,
)


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A cursor in a file. `line` and `column` count from 1, the column in code points; `path` is relative to the root
    of `choice`."""

    choice: RootChoice
    rules: WorkspaceRules
    path: str
    line: int
    column: int
    text: str
    offset: int

    @property
    def root(self) -> Path:
        """The project's root."""
        return self.choice.root

    @property
    def language(self) -> str:
        """The id of the text's language; "" where the path determines it."""
        return language_of(self.path, text=self.text)


def add_place_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every command that works at a place."""
    parser.add_argument("place", metavar="PATH:LINE:COL", help="line and column count from 1, columns in code points")
    parser.add_argument("--stdin", action="store_true", help="read the document from standard input, not from disk")
    parser.add_argument("--untrusted", action="store_true", help="apply only the exclusions of the project's rules")


def positive(text: str) -> int:
    """Parse a positive number, for argparse."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {number}")
    return number


def read_place(arguments: argparse.Namespace) -> FilePlace:
    """Return the place that the arguments name.

    Raises UsageError where there is none, CommandError for an unreadable file.
    """
    file, line, column = _parse(arguments.place)
    path = _resolved(file)
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a file")
    text = _text(source_of(sys.stdin.buffer.read(), path) if arguments.stdin else read_source(path), path)
    choice = choose_root(path)
    root = choice.root
    rules = WorkspaceRules(root, own_rules(trusted=not arguments.untrusted))
    return FilePlace(
        choice, rules, path.relative_to(root).as_posix(), line, column, text, _offset(text, line, column, file)
    )


def index_project(place: FilePlace) -> tuple[WorkspaceIndex, float]:
    """Read the project around a place, with the place's own text over the disk; and the milliseconds it took."""
    started = perf_counter()
    cache = index_cache(load_settings())
    index = WorkspaceIndex(place.root, place.rules.rules.selection, cache)
    index.build()
    index.set_overlay(place.path, place.text)
    return index, (perf_counter() - started) * 1000


def request_at(
    place: FilePlace, index: WorkspaceIndex, use_context: bool = True, explain: bool = False
) -> CompletionRequest:
    """Return the request to complete at a place. A place on the command line is an explicit request: "invoked"."""
    return CompletionRequest(
        document=place.path,
        path=place.path,
        text=redact(place.text),
        offset=place.offset,
        snapshot=index.snapshot,
        rules=place.rules.context_rules(place.path, index.snapshot),
        trigger="invoked",
        use_context=use_context,
        explain=explain,
        language=place.language,
    )


def _parse(place: str) -> tuple[str, int, int]:
    file, _, rest = place.rpartition(":")
    file, _, line = file.rpartition(":")
    try:
        numbers = int(line), int(rest)
    except ValueError:
        numbers = (0, 0)
    if not file or min(numbers) < 1:
        raise UsageError(f"{place!r} is not a place; write PATH:LINE:COL, both counted from 1, as in src/app.py:12:5")
    return file, *numbers


def _resolved(file: str) -> Path:
    try:
        return Path(file).resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        raise CommandError(f"{file} leads to no file: its links go round in circles") from None


def _text(result: ReadResult, path: Path) -> str:
    if result.text is None:
        raise CommandError(f"{path} cannot be completed: {result.skipped}")
    return result.text


def _offset(text: str, line: int, column: int, file: str) -> int:
    lines = split_lines(text)
    if line > len(lines):
        raise UsageError(f"{file} has {len(lines)} lines; there is no line {line}")
    length = content_length(lines[line - 1])
    if column > length + 1:
        raise UsageError(
            f"line {line} of {file} has {length} characters; the last column is {length + 1}, not {column}"
        )
    return sum(map(len, lines[: line - 1])) + column - 1
