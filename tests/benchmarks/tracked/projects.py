"""The fixed projects and their tasks: a text file each, in which marks surround what is to be written.

`#- path` begins a file of the project, and the text above the first file is prose. ⟦...⟧ surrounds a hole, which is one
task. A task's names are those in the hole that the rest of the file lacks and another file has.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "projects"
TASKS = "tasks.jsonl"
_FILE = re.compile(r"^#- (?P<path>.*)\n", re.MULTILINE)
_HOLE = re.compile("⟦([^⟧]*)⟧")
_NAME = re.compile(r"[A-Za-z_$][\w$]+")


@dataclass(frozen=True, slots=True)
class TrackedTask:
    """A hole of a fixed project."""

    id: str
    """The project, the file and the number of the hole in it, from 1."""
    project: str
    """The project's name, which is that of its language."""
    path: str
    """The file, relative to the project."""
    start: int
    """Where the hole begins in the file, in code points."""
    truth: str
    """What the file has there."""
    names: tuple[str, ...]
    """The names of other files that must be known to write it."""

    @property
    def group(self) -> str:
        """Return the file: tasks of one file are not independent."""
        return f"{self.project}/{self.path}"


def write_tasks(folder: Path) -> tuple[TrackedTask, ...]:
    """Write all projects and a tasks file into a folder. Return the tasks in the order of that file.

    Raises ValueError for a hole that needs no name of another file.
    """
    tasks: list[TrackedTask] = []
    for source in sorted(FOLDER.glob("*.txt")):
        files = dict(_files(source.read_text(encoding="utf-8")))
        for path, marked in files.items():
            target = folder / source.stem / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(_HOLE.sub(r"\1", marked), encoding="utf-8", newline="")
        tasks += _tasks(source.stem, files)
    rows = (
        {
            "id": task.id,
            "root": task.project,
            "path": task.path,
            "start": task.start,
            "end": task.start + len(task.truth),
            "groundtruth": task.truth,
            "language": task.project,
        }
        for task in tasks
    )
    (folder / TASKS).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tuple(tasks)


def _files(text: str) -> Iterator[tuple[str, str]]:
    heads = list(_FILE.finditer(text))
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        yield head["path"].strip(), text[head.end() : following.start() if following else len(text)]


def _tasks(project: str, files: dict[str, str]) -> Iterator[TrackedTask]:
    plain = {path: _HOLE.sub(r"\1", marked) for path, marked in files.items()}
    for path, marked in files.items():
        for number, hole in enumerate(_HOLE.finditer(marked), 1):
            start = len(_HOLE.sub(r"\1", marked[: hole.start()]))
            rest = {*_NAME.findall(plain[path][:start]), *_NAME.findall(plain[path][start + len(hole[1]) :])}
            elsewhere = {name for other, text in plain.items() if other != path for name in _NAME.findall(text)}
            names = tuple(dict.fromkeys(n for n in _NAME.findall(hole[1]) if n not in rest and n in elsewhere))
            if not names:
                raise ValueError(f"{project}/{path}: hole {number} needs no name of another file: choose another one")
            yield TrackedTask(f"{project}/{path}#{number}", project, path, start, hole[1], names)
