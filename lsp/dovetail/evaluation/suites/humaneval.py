"""HumanEval in eight languages, in the form of DeepSeek-Coder's evaluation (Python's original, MultiPL-E's others).

A row is {"task_id", "prompt", "test"} and, but for Python, "language" and "stop_tokens". The text is continued from the
left. An answer ends where the function ends: before a line that is no part of it in Python, else before a stop text.
"""

from __future__ import annotations

import re
from pathlib import Path

from dovetail.evaluation.cuts import before_stops
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Check, Task, TextHole

LANGUAGES = {
    "python": ("python", ".py"),
    "cpp": ("cpp", ".cpp"),
    "java": ("java", ".java"),
    "js": ("javascript", ".js"),
    "ts": ("typescript", ".ts"),
    "go_test.go": ("go", "_test.go"),
    "rs": ("rust", ".rs"),
    "cs": ("csharp", ".cs"),
    "php": ("php", ".php"),
    "sh": ("bash", ".sh"),
}
"""The suite's names of languages, ours, and the ending of a file."""

_OUTSIDE = re.compile(r"\n(?=[^\s#)\]}])")
"""In Python, before a line that is no part of the function."""


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row. Raises KeyError for an unknown language."""
    language, ending = LANGUAGES[str(row.get("language", "python"))]
    prompt = str(row["prompt"])
    return Task(
        id=f"{language}/{row['task_id']}",
        group=f"{language}/{row['task_id']}",
        language=language,
        question=TextHole(f"solution{ending}", prompt),
        truth=str(row.get("canonical_solution", "")),
        check=Check(language, f"{prompt.rstrip()}\n" if language == "python" else prompt, f"\n{row['test']}\n"),
        official={"prompt": prompt},
        stop=tuple(map(str, row.get("stop_tokens") or ())),
    )


def cut(written: str, task: Task) -> str:
    """Return the rest of the function."""
    return python_function(written) if task.language == "python" else before_stops(written, task.stop)


def python_function(written: str) -> str:
    """Return a text up to the first line that is no part of the function."""
    match = _OUTSIDE.search(written, 1)
    return written[: match.start()] if match is not None else written


HUMANEVAL = Suite(
    name="humaneval",
    title="HumanEval: functions from their documentation, eight languages",
    source="arXiv 2107.03374, 2208.08227; github.com/deepseek-ai/DeepSeek-Coder, Evaluation",
    to_task=to_task,
    scorers=(PASSES,),
    max_tokens=512,
    cut=cut,
    pattern="humaneval-*.jsonl",
)
