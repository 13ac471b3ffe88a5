"""HumanEval-Infilling: single lines, several lines, and random spans of HumanEval's solutions (arXiv 2207.14255).

A row is {"task_id", "entry_point", "prompt", "suffix", "canonical_solution", "test"}. A solution is right if the tests
pass: prompt + answer + suffix, then the tests, then `check(entry_point)`.
"""

from __future__ import annotations

from pathlib import Path

from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Check, Task, TextHole

SINGLE_LINE = "SingleLineInfilling"


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row."""
    kind, _, rest = str(row["task_id"]).partition("/")
    prompt, suffix = str(row["prompt"]), str(row["suffix"])
    return Task(
        id=str(row["task_id"]),
        group="/".join(rest.split("/")[:2]),
        language=kind,
        question=TextHole("solution.py", prompt, suffix),
        truth=str(row["canonical_solution"]),
        check=Check("python", prompt, f"{suffix}\n{row['test']}\ncheck({row['entry_point']})\n"),
        official={"prompt": prompt, "suffix": suffix},
    )


def cut(written: str, task: Task) -> str:
    """Return the first line with text for the single-line set, whose holes end with a newline, else everything."""
    if task.language != SINGLE_LINE:
        return written
    lines = written.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[: first + 1]) + "\n"


HUMANEVAL_INFILLING = Suite(
    name="humaneval-infilling",
    title="HumanEval-Infilling: single-line, multi-line and random spans of Python functions",
    source="arXiv 2207.14255; github.com/openai/human-eval-infilling",
    to_task=to_task,
    scorers=(PASSES, "exact_match", "edit_similarity"),
    max_tokens=256,
    cut=cut,
)
