"""GSM8K and MATH, answered by a program (arXiv 2110.14168, 2103.03874; program-aided: 2211.10435).

GSM8K's row is {"question", "answer"}, whose answer ends with "#### 18". MATH's is {"problem", "solution", "level",
"type"}, whose answer is in the last \\boxed{}. The model continues `def solution():` with the question as its
documentation; the program prints what it returns. Only MATH's numbers are scored; its formulas and texts are not.
"""

from __future__ import annotations

import re
from pathlib import Path

from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.suites.humaneval import python_function
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Case, Check, Task, TextHole

_FRACTION = re.compile(r"(-?)\\d?frac\{(-?\d+)\}\{(\d+)\}\Z")
_PLAIN = re.compile(r"-?\d+(?:\.\d+)?\Z")


def program(question: str) -> str:
    """Return the beginning of the program that answers a question."""
    text = question.strip().replace("\\", "\\\\").replace('"""', "'''")
    return f'def solution():\n    """{text}"""\n'


def gsm8k_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row of GSM8K. Raises ValueError for an answer without its mark."""
    _, mark, result = str(row["answer"]).rpartition("####")
    if not mark:
        raise ValueError("the answer has no ####")
    return _task(f"gsm8k/{number}", "gsm8k", str(row["question"]), result.strip().replace(",", ""))


def math_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row of MATH. Raises ValueError for a solution without its box."""
    number_text = plain_number(boxed(str(row["solution"])))
    return _task(f"math/{row['type']}/{number}", str(row["type"]), str(row["problem"]), number_text)


def boxed(solution: str) -> str:
    """Return what is in the last box of a solution. Raises ValueError where there is none."""
    start = max(solution.rfind("\\boxed{"), solution.rfind("\\fbox{"))
    if start < 0:
        raise ValueError("the solution has no \\boxed")
    start = solution.index("{", start) + 1
    depth = 1
    for at in range(start, len(solution)):
        depth += {"{": 1, "}": -1}.get(solution[at], 0)
        if not depth:
            return solution[start:at]
    raise ValueError("the solution's box does not end")


def plain_number(text: str) -> str:
    """Return a number of MATH as a decimal; "" for anything else."""
    text = text.replace("\\!", "").replace(",", "").replace("$", "").replace("\\%", "").strip()
    if match := _FRACTION.fullmatch(text):
        sign, over, under = match.groups()
        return repr(int(f"{sign}{over}".replace("--", "")) / int(under)) if int(under) else ""
    return text if _PLAIN.fullmatch(text) else ""


def _task(identity: str, kind: str, question: str, answer: str) -> Task:
    beginning = program(question)
    case = Case("", (answer,))
    return Task(
        id=identity,
        group=identity,
        language=kind,
        question=TextHole("solution.py", beginning),
        truth="",
        check=Check("python", beginning, "\nprint(solution())\n", "number", (case,)) if answer else None,
        official={"prompt": beginning},
    )


GSM8K = Suite(
    name="gsm8k",
    title="GSM8K: word problems, answered by a program",
    source="arXiv 2110.14168; github.com/openai/grade-school-math",
    to_task=gsm8k_task,
    scorers=(PASSES,),
    max_tokens=512,
    cut=lambda written, task: python_function(written),
)
MATH = Suite(
    name="math",
    title="MATH: competition problems with a number as answer, answered by a program",
    source="arXiv 2103.03874; github.com/hendrycks/math",
    to_task=math_task,
    scorers=(PASSES,),
    max_tokens=512,
    cut=lambda written, task: python_function(written),
)
