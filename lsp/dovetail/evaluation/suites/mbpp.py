"""MBPP: short Python functions from a sentence and three tests (arXiv 2108.07732).

A row is {"task_id", "text" or "prompt", "code", "test_list", "test_setup_code" or "test_imports"}. The published prompt
shows three solved tasks before; they are tasks 2, 3 and 4 of the same file, whose test set are tasks 11 to 510.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path

from dovetail.evaluation.cuts import before_stops
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.suite import Row, Suite, lines_of
from dovetail.evaluation.task import Check, Task, TextHole

DONE = "[DONE]"
SHOTS = ("2", "3", "4")
"""The tasks that the published prompt shows with their answers."""


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row."""
    tests = [str(test) for test in row["test_list"]]
    setup = row.get("test_setup_code") or "\n".join(map(str, row.get("test_imports") or ()))
    prompt = question(str(row["text"] if "text" in row else row["prompt"]), tests)
    return Task(
        id=f"{row['task_id']}",
        group=f"{row['task_id']}",
        language="python",
        question=TextHole("solution.py", prompt),
        truth=str(row["code"]),
        check=Check("python", f"{setup}\n", "\n" + "\n".join(tests) + "\n"),
        official={"prompt": _shots(file) + prompt},
        stop=(DONE,),
    )


@lru_cache(maxsize=4)
def _shots(file: Path) -> str:
    """Return the solved tasks that precede each prompt; "" for a file without them."""
    rows = [json.loads(line) for line in lines_of(file) if line.strip()]
    shown = [row for row in rows if str(row.get("task_id")) in SHOTS]
    return "".join(
        f"{question(str(row.get('text', row.get('prompt'))), row['test_list'])}\n{row['code']}\n{DONE}\n\n"
        for row in shown
    )


def question(text: str, tests: list[str]) -> str:
    """Return the prompt of a task, as the paper words it (section 2.1 and figure 1)."""
    listed = "\n".join(tests)
    return (
        f"You are an expert Python programmer, and here is your task: {text} "
        f"Your code should pass these tests:\n\n{listed}\n[BEGIN]"
    )


MBPP = Suite(
    name="mbpp",
    title="MBPP: Python functions from a sentence and tests",
    source="arXiv 2108.07732; github.com/google-research/google-research, mbpp",
    to_task=to_task,
    scorers=(PASSES,),
    max_tokens=512,
    cut=lambda written, task: before_stops(written, task.stop).strip(),
)
