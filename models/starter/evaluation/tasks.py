"""Evaluation tasks: holes in real projects, in the form that `dovetail eval` reads. Reading only."""

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Task:
    """A hole: `truth` was between `prefix` and `suffix` of the file `path` of the project at `root`."""

    id: str
    language: str
    kind: str
    path: str
    prefix: str
    suffix: str
    truth: str
    root: Path = Path()


def load_tasks(files: list[Path]) -> list[Task]:
    """All tasks of the files, in order."""
    tasks = []
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            root = file.parent / row["root"]
            with (root / row["path"]).open(encoding="utf-8", newline="") as source:
                text = source.read()
            prefix, truth, suffix = text[: row["start"]], text[row["start"] : row["end"]], text[row["end"] :]
            if truth != row["groundtruth"]:
                raise ValueError(f"{row['id']}: the file does not hold the ground truth at {row['start']}:{row['end']}")
            tasks.append(Task(row["id"], row["language"], row["kind"], row["path"], prefix, suffix, truth, root))
    return tasks
