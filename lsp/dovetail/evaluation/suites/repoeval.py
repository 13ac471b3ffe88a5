"""RepoEval: lines, API calls and function bodies of Python repositories, left to right (arXiv 2303.12570).

A row is {"prompt", "metadata": {"task_id", "ground_truth", "fpath_tuple", "line_no", ...}}; `prompt` is the file up to
the hole. Function bodies have tests, which need the repositories' own environments: they are scored by text alone here.
"""

from __future__ import annotations

from pathlib import Path

from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Task, TextHole


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row."""
    facts = row["metadata"]
    path = [str(part) for part in facts["fpath_tuple"]]
    return Task(
        id=str(facts["task_id"]),
        group=path[0],
        language=file.name.partition("_")[0],
        question=TextHole("/".join(path[1:]) or path[0], str(row["prompt"])),
        truth=str(facts["ground_truth"]),
    )


REPOEVAL = Suite(
    name="repoeval",
    title="RepoEval: line, API and function completion in Python repositories",
    source="arXiv 2303.12570; github.com/microsoft/CodeT, RepoCoder",
    to_task=to_task,
    scorers=("exact_match_repoeval", "levenshtein_similarity", "exact_match_first_line"),
    max_tokens=100,
)
