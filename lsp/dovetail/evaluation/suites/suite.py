"""What a suite is: a published set of tasks in its own format, read from where the user keeps it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dovetail.command_errors import CommandError, UsageError
from dovetail.evaluation.task import Task

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite. It is never part of Dovetail: the user points at the files."""

    name: str
    """Names it on the command line."""
    title: str
    """What it is, in a line."""
    source: str
    """Paper, and where its makers publish it."""
    to_task: Callable[[Row, Path, int], Task]
    """Turns a row into a task. Takes the row, its file and its number from 0. Raises KeyError, TypeError or ValueError
    for a row of another form."""
    scorers: tuple[str, ...]
    """The scores that its makers, and reports on it, give."""
    max_tokens: int = 64
    """The maximum number of tokens of an answer, where no preset sets it."""
    cut: Callable[[str, Task], str] = lambda written, task: written
    """Cuts what a model wrote to what is scored, as the suite's makers do."""
    pattern: str = "*.jsonl*"
    """Which files of a folder are the suite's."""


def read_tasks(suite: Suite, path: Path) -> Iterator[Task]:
    """Yield the tasks of a file, or of all files of a folder in order of their names.

    Raises UsageError where nothing can be read, CommandError with file and line for a row of another form.
    """
    for file in _files(suite, path):
        for number, line in enumerate(lines_of(file)):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise TypeError("no object")
                yield suite.to_task(row, file, number)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                what = f"{type(error).__name__} {' '.join(str(error).split())}"
                kind = "a task" if suite.name == "holes" else f"a task of {suite.name}"
                raise CommandError(
                    f"{file}:{number + 1} is not {kind} ({what}): give the file as its makers publish it"
                ) from None


def _files(suite: Suite, path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(path.glob(suite.pattern))
    if not found:
        raise UsageError(f"{path} has no file {suite.pattern}: give a file of {suite.name}, or a folder with some")
    return found


def lines_of(file: Path) -> list[str]:
    """Return the lines of a file, which may be compressed with gzip. Raises UsageError."""
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}") from None
    return text.split("\n")
