"""Where benchmarks find projects and tasks, and how they draw places in them.

The evaluation data is in `shared/`, beside the checkout, and is not part of the project. Each benchmark also accepts
other projects or tasks on its command line.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dovetail_context.index.index import WorkspaceIndex
from dovetail_context.languages.registry import language_for
from dovetail_context.parse import parse_text
from dovetail_context.query import Query

REPOSITORY = Path(__file__).resolve().parents[2]
SUFFIXES = (".py", ".ts", ".tsx", ".java", ".cs", ".go", ".rs", ".c", ".h", ".cc", ".cpp")
KINDS = ("rest", "line", "block")
MAX_CHARACTERS = 60_000  # of a file with a hole; larger ones are mostly data
MAX_BLOCK_LINE_ENDS = 8


class DataMissingError(Exception):
    """The evaluation data is not beside the checkout. The message names what to give instead."""


@dataclass(frozen=True, slots=True)
class Task:
    """A hole from a tasks file, and the facts that score a context."""

    id: str
    """Of the task, unique in its file."""
    root: Path
    """The project's folder."""
    language: str
    """As the tasks file has it."""
    query: Query
    """The file without the ground truth, the cursor at the hole."""
    groundtruth: str
    """What the file has there."""
    novel: tuple[str, ...]
    """Names in the ground truth that the rest of the file lacks."""
    needed: Mapping[str, tuple[tuple[str, int], ...]]
    """Names to the paths and lines (from 1) of their definitions."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A file from which a piece has been cut."""

    path: str
    """Relative to the project."""
    text: str
    """The file without the piece."""
    start: int
    """Where the piece was, in code points."""
    truth: str
    """The piece."""
    kind: str
    """One of KINDS: the rest of a line, a line, or a statement of several."""


def shared_folder(repository: Path = REPOSITORY) -> Path:
    """Return the folder of the evaluation data. Raises DataMissingError where the checkout has none beside it."""
    folder = repository.parent / "shared"
    if not (folder / "eval" / "repos").is_dir():
        raise DataMissingError("needs the evaluation data in ../shared, which is not part of the project")
    return folder


def add_projects(parser: argparse.ArgumentParser) -> None:
    """Add the argument that `projects` reads."""
    about = "a project's folder (default: each project of the tasks in ../shared)"
    parser.add_argument("roots", nargs="*", type=Path, metavar="ROOT", help=about)


def projects(arguments: argparse.Namespace) -> list[Path]:
    """Return the projects that the command line names, or those of the shared tasks; end with one line if neither."""
    if arguments.roots:
        missing = [str(root) for root in arguments.roots if not root.is_dir()]
        if missing:
            raise SystemExit(f"{', '.join(missing)} is no folder: give the path of a project")
        return [root.resolve() for root in arguments.roots]
    return list(dict.fromkeys(task.root for file in task_files(()) for task in read_tasks(file)))


def task_files(named: tuple[Path, ...] | list[Path]) -> list[Path]:
    """Return the files named, or the shared ones; end with one line where there are neither."""
    if named:
        return list(named)
    try:
        return sorted((shared_folder() / "eval" / "tasks").glob("*.jsonl"))
    except DataMissingError as error:
        raise SystemExit(f"skipped: {error}; name projects or tasks on the command line") from None


def read_tasks(file: Path, every: int = 1) -> Iterator[Task]:
    """Yield every `every`-th task of a file, from the first on.

    A task is a line {"id", "root", "path", "start", "end", "groundtruth", "language", "novel_symbols",
    "definition_symbols", "defs"}: `root` is relative to the tasks file, [start:end] of the text of `path` in code
    points is the hole. Raises ValueError where the ground truth is not there.
    """
    for line in file.read_text(encoding="utf-8").splitlines()[::every]:
        row: dict[str, Any] = json.loads(line)
        root = (file.parent / row["root"]).resolve()
        with (root / row["path"]).open(encoding="utf-8", newline="") as source:
            text = source.read()
        start, end = int(row["start"]), int(row["end"])
        if text[start:end] != row["groundtruth"]:
            raise ValueError(
                f"{row['id']}: {row['path']} has another text at {start}:{end}: take the tasks' own project"
            )
        needed = {
            name: tuple((each["path"], each["line"] + 1) for each in row["defs"].get(name, ()))
            for name in row.get("definition_symbols", ())
        }
        query = Query(row["path"], text[:start] + text[end:], start)
        yield Task(row["id"], root, row["language"], query, row["groundtruth"], tuple(row["novel_symbols"]), needed)


def source_files(root: Path, sizes: tuple[int, int], suffixes: tuple[str, ...] = SUFFIXES) -> list[Path]:
    """Return the source files below `root` with more bytes than the first of `sizes` and fewer than the second."""
    found = [path for path in sorted(root.rglob("*")) if path.suffix in suffixes and path.is_file()]
    return [path for path in found if sizes[0] < path.stat().st_size < sizes[1]]


def evenly(files: list[Path], count: int) -> list[Path]:
    """Return at most `count` of the files, evenly from first to last."""
    return files[:: max(1, len(files) // count)][:count]


def draw_holes(index: WorkspaceIndex, rng: random.Random) -> Iterator[Hole]:
    """Yield holes without end, kinds in turn. Raises ValueError where the project has no file in a known language."""
    paths = sorted(path for path, record in index.snapshot.files.items() if language_for(record.path))
    if not paths:
        raise ValueError(f"{index.root} has no source file in a known language: give another project")
    number = 0
    while True:
        path = rng.choice(paths)
        text = (index.root / path).read_bytes().decode("utf-8", "replace")
        if not 200 < len(text) <= MAX_CHARACTERS or parse_text(path, text) is None:
            continue
        hole = draw_hole(path, text, KINDS[number % len(KINDS)], rng)
        if hole is not None:
            number += 1
            yield hole


def draw_hole(path: str, text: str, kind: str, rng: random.Random) -> Hole | None:
    """Return a hole of a kind at a random line; None where the line is no code, or too short."""
    start = text.rfind("\n", 0, rng.randrange(len(text))) + 1
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else len(text)].rstrip("\r")
    content = line.strip()
    if sum(map(str.isalnum, content)) < 4:
        return None
    first = start + len(line) - len(line.lstrip())
    parsed = parse_text(path, text)
    if parsed is None or parsed.kind_at(first + 1) != "code":
        return None
    if kind == "rest":
        first += rng.randrange(1, len(content))
    last = start + len(line.rstrip())
    if kind == "block":
        last = max(last, parsed.statement_end(first) or 0)
        if text.count("\n", first, last) > MAX_BLOCK_LINE_ENDS:
            return None
    return Hole(path, text[:first] + text[last:], first, text[first:last], kind)
