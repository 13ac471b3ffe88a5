"""SAFIM: blocks, control expressions and API calls in Python, Java, C++ and C# (arXiv 2403.04814).

A row is {"lang", "prompt", "eval_prompt", "ground_truth", "unit_tests", "task_id"}. `eval_prompt` is the program with
{{completion}} in the hole. Tasks with tests, which feed the program's input and compare what it prints, are scored by
them, the others (API calls) by the call. Answers are cut by syntax, as the paper does: blocks to the lines, expressions
and calls to the part of the line with which the program parses.
"""

from __future__ import annotations

from pathlib import Path

from dovetail.evaluation.cuts import lines_that_parse, part_of_line_that_parses
from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Case, Check, Task, TextHole

HOLE = "{{completion}}"
ENDINGS = {"python": ".py", "java": ".java", "cpp": ".cpp", "csharp": ".cs"}
"""The suite's names of languages, which are ours, and the ending of a file."""


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row. Raises ValueError for a program without a hole, KeyError for an unknown language."""
    prefix, hole, suffix = str(row["eval_prompt"]).partition(HOLE)
    if not hole:
        raise ValueError(f"eval_prompt has no {HOLE}")
    language, kind = str(row["lang"]), file.name.partition("_")[0]
    cases = tuple(Case(str(test["input"]), tuple(map(str, test["output"]))) for test in row["unit_tests"])
    return Task(
        id=f"{kind}/{number}",
        group=f"{prefix}{suffix}" if not cases else f"{cases[0].stdin}{cases[0].expected}",
        language=language,
        question=TextHole(f"Main{ENDINGS[language]}", prefix, suffix),
        truth=str(row["ground_truth"]),
        check=Check(language, prefix, suffix, "output", cases) if cases else None,
        official={"kind": kind, "prefix": prefix, "suffix": suffix},
    )


def cut(written: str, task: Task) -> str:
    """Return the part of an answer that is scored."""
    by_syntax = lines_that_parse if task.official["kind"] == "block" else part_of_line_that_parses
    return by_syntax(written, task)


SAFIM = Suite(
    name="safim",
    title="syntax-aware infilling: blocks, control expressions, API calls; four languages",
    source="arXiv 2403.04814; github.com/gonglinyuan/safim",
    to_task=to_task,
    scorers=(PASSES, "same_call", "exact_match", "edit_similarity"),
    max_tokens=128,
    cut=cut,
    pattern="*_completion*.jsonl*",
)
