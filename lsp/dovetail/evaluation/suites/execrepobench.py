"""ExecRepoBench: expressions, statements and functions of Python repositories (arXiv 2412.11990).

A row is {"repo_name", "file_name", "prefix_code", "middle_code", "suffix_code", "context_code": [[path, code], ...],
"fill_type"}. Its tests run in images of the repositories, which are not part of the rows: answers are scored by text.
"""

from __future__ import annotations

from pathlib import Path

from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Snippet, Task, TextHole


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row."""
    snippets = tuple(Snippet(str(path), str(code)) for path, code in row.get("context_code") or ())
    return Task(
        id=f"{row['repo_name']}/{row['file_name']}/{number}",
        group=str(row["repo_name"]),
        language=str(row.get("fill_type", "python")),
        question=TextHole(str(row["file_name"]), str(row["prefix_code"]), str(row["suffix_code"]), snippets),
        truth=str(row["middle_code"]),
    )


EXECREPOBENCH = Suite(
    name="execrepobench",
    title="ExecRepoBench: spans of Python repositories, by kind; without its tests",
    source="arXiv 2412.11990",
    to_task=to_task,
    scorers=("exact_match", "edit_similarity", "identifier_f1"),
    max_tokens=256,
)
