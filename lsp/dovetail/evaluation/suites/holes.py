"""Dovetail's own tasks: holes in the files of projects, the documented form of `dovetail eval TASKS.jsonl`."""

from __future__ import annotations

from pathlib import Path

from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import ProjectHole, Task


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row {"id", "root", "path", "start", "end", "groundtruth"}, `root` relative to the file."""
    root = (file.parent / row["root"]).resolve()
    path = str(row["path"])
    return Task(
        id=str(row["id"]),
        group=f"{root}/{path}",
        language=str(row.get("language", Path(path).suffix.lstrip("."))),
        question=ProjectHole(root, path, int(row["start"]), int(row["end"])),
        truth=str(row["groundtruth"]),
    )


HOLES = Suite(
    name="holes",
    title="holes in projects on this machine, answered as an editor would be",
    source="docs/evaluation.md has the form",
    to_task=to_task,
    scorers=("exact_match", "edit_similarity", "identifier_f1"),
)
