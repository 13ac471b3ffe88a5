"""DevBench: completions that developers ask for, in six languages, with assertions in the suffix (arXiv 2601.11895).

A row is {"id", "testsource", "language", "prefix", "suffix", "golden_completion", "assertions", ...}.
"""

from __future__ import annotations

from pathlib import Path

from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Check, Task, TextHole

LANGUAGES = {
    "python": ("python", ".py"),
    "javascript": ("javascript", ".js"),
    "typescript": ("typescript", ".ts"),
    "java": ("java", ".java"),
    "cpp": ("cpp", ".cpp"),
    "c_sharp": ("csharp", ".cs"),
    "csharp": ("csharp", ".cs"),
    "c#": ("csharp", ".cs"),
    "c++": ("cpp", ".cpp"),
}
"""Names of languages that its files use, ours, and the ending of a file."""


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row. Raises KeyError for an unknown language."""
    language, ending = LANGUAGES[str(row["language"]).lower()]
    prefix, suffix, rest = str(row["prefix"]), str(row["suffix"]), str(row.get("assertions") or "")
    identity = f"{row['testsource']}/{language}/{row['id']}"
    return Task(
        id=identity,
        group=identity,
        language=language,
        question=TextHole(f"Main{ending}", prefix, suffix),
        truth=str(row["golden_completion"]),
        check=Check(language, prefix, f"{suffix}\n{rest}" if rest else suffix, seconds=30),
    )


DEVBENCH = Suite(
    name="devbench",
    title="DevBench: what developers complete, six languages, with assertions",
    source="arXiv 2601.11895; github.com/microsoft/devbench",
    to_task=to_task,
    scorers=(PASSES, "exact_match", "edit_similarity"),
    max_tokens=256,
)
