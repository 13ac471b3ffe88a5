"""Single-line infilling in Python, Java and JavaScript: the set of SantaCoder's and DeepSeek-Coder's tables.

A row is {"name", "language", "prompt", "suffix", "canonical_solution", "tests"}. The prompt ends without the newline
after its last line, the answer is one whole line, and the suffix begins with the next: between them a newline belongs.
The function is MultiPL-E's translation of HumanEval.
"""

from __future__ import annotations

import re
from pathlib import Path

from dovetail.evaluation.scorers.registry import PASSES
from dovetail.evaluation.scorers.text_match import first_line
from dovetail.evaluation.suites.suite import Row, Suite
from dovetail.evaluation.task import Check, Task, TextHole

LANGUAGES = {"py": ("python", ".py"), "java": ("java", ".java"), "js": ("javascript", ".js")}
"""The suite's names of languages, ours, and the ending of a file."""

_JAVA_END = re.compile(r"\n    \}\n\}\s*\Z")
_LINE_NUMBER = re.compile(r"-L\d+$")


def to_task(row: Row, file: Path, number: int) -> Task:
    """Return the task of a row. Raises KeyError for a language that the suite does not have."""
    language, ending = LANGUAGES[row["language"]]
    prompt, suffix, truth = str(row["prompt"]), str(row["suffix"]), str(row["canonical_solution"])
    return Task(
        id=f"{row['language']}/{row['name']}",
        group=f"{language}/{_LINE_NUMBER.sub('', row['name'])}",
        language=language,
        question=TextHole(f"solution{ending}", f"{prompt}\n" if prompt else "", f"\n{suffix}"),
        truth=truth,
        check=Check(language, f"{prompt}\n", _rest(language, suffix, str(row["tests"]))),
        official={"prompt": prompt, "suffix": suffix},
    )


def _rest(language: str, suffix: str, tests: str) -> str:
    """Return what follows the line in the program. Tests in Java begin with the brace that ends the method."""
    if language == "java":
        suffix = _JAVA_END.sub("", "\n" + suffix).removeprefix("\n")
    return f"\n{suffix}\n{tests}"


def cut(written: str, task: Task) -> str:
    """Return the first line with text, with the indentation that was written or, if there is none, the truth's."""
    line = next((each for each in written.split("\n") if each.strip()), "")
    indent = task.truth[: len(task.truth) - len(task.truth.lstrip())]
    return line.rstrip() if line[:1].isspace() or not line else indent + first_line(line)


SANTACODER_FIM = Suite(
    name="santacoder-fim",
    title="single-line infilling, Python, Java, JavaScript (4,792 lines)",
    source="arXiv 2301.03988; bigcode/santacoder-fim-task",
    to_task=to_task,
    scorers=("exact_match_first_line", "edit_similarity", PASSES),
    max_tokens=64,
    cut=cut,
)
