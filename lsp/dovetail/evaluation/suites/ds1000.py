"""DS-1000: data science in Python with seven libraries (arXiv 2211.11501).

A row is {"prompt", "reference_code", "code_context", "metadata": {"problem_id", "library", ...}}. `code_context`
defines `test_execution(solution)` and, for some, `test_string(solution)`, which run the answer themselves. The
libraries must be installed where Dovetail is; else the suite's own answers fail, and the tasks are not scored.
"""

from __future__ import annotations

from pathlib import Path

from dovetail.evaluation.cuts import before_stops
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Check, Task, TextHole

STOPS = ("</code>", "# SOLUTION END", "\nEND SOLUTION")
"""Texts before which an answer ends, as the suite documents."""


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row."""
    facts, context = row["metadata"], str(row["code_context"])
    after = "\ntest_execution(solution)\n" + ("test_string(solution)\n" if "test_string(" in context else "")
    return Task(
        id=str(facts.get("problem_id", number)),
        group=f"{facts['library']}/{facts.get('perturbation_origin_id', facts.get('problem_id', number))}",
        language=str(facts["library"]),
        question=TextHole("solution.py", str(row["prompt"])),
        truth=str(row["reference_code"]),
        check=Check("python", f"{context}\nsolution = ", after, as_literal=True, seconds=120),
        official={"prompt": str(row["prompt"])},
        stop=STOPS,
    )


DS1000 = Suite(
    name="ds1000",
    title="DS-1000: data science problems with seven libraries",
    source="arXiv 2211.11501; github.com/xlang-ai/DS-1000",
    to_task=to_task,
    scorers=(PASSES,),
    max_tokens=512,
    cut=lambda written, task: before_stops(written, task.stop).strip("\n"),
)
