"""CrossCodeEval: the next statement, which needs other files, in Python, Java, TypeScript and C# (arXiv 2310.11248).

A row is {"prompt", "groundtruth", "right_context", "metadata": {"task_id", "repository", "file", ...}, and, in files
with retrieval, "crossfile_context": {"text", "list": [{"retrieved_chunk", "filename", "score"}]}}. Figures depend on
what is used of this more than on the model: see the presets.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Snippet, Task, TextHole

LANGUAGES = {".py": "python", ".java": "java", ".ts": "typescript", ".tsx": "typescript", ".cs": "csharp"}
"""The languages by the ending of the file."""


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row. Raises KeyError for a file in another language."""
    facts = row["metadata"]
    path, found = str(facts["file"]), row.get("crossfile_context") or {}
    snippets = tuple(Snippet(str(one["filename"]), str(one["retrieved_chunk"])) for one in found.get("list") or ())
    return Task(
        id=str(facts["task_id"]),
        group=str(facts["repository"]),
        language=LANGUAGES[PurePosixPath(path).suffix],
        question=TextHole(path, str(row["prompt"]), str(row.get("right_context", "")), snippets),
        truth=str(row["groundtruth"]),
        official={"retrieved": str(found.get("text") or "")},
    )


CROSSCODEEVAL = Suite(
    name="crosscodeeval",
    title="CrossCodeEval: the next statement with what the suite retrieved from other files",
    source="arXiv 2310.11248; github.com/amazon-science/cceval",
    to_task=to_task,
    scorers=(
        "exact_match_first_line",
        "exact_match_whole",
        "cceval_exact_match",
        "cceval_edit_similarity",
        "cceval_identifier_match",
        "cceval_identifier_f1",
    ),
    max_tokens=50,
)
