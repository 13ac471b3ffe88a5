"""CrossCodeEval's measures (arXiv 2310.11248, section 3.3). Pure.

What the model wrote is cut to one statement: in Python up to the first line end at which the file so far parses, in
languages with brackets up to the first `;`, `{` or `}`. Comments are removed from both sides before they are compared.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz import fuzz

from dovetail.evaluation.scorers.identifiers import code_identifier_f1, code_identifier_match
from dovetail.evaluation.scorers.scorer import Scorer
from dovetail.evaluation.task import Task, TextHole
from dovetail_context.api import parse_text

_BRACKET_END = re.compile(r"[;{}]")
_COMMENT = re.compile(r"#.*|//.*")


@lru_cache(maxsize=64)
def first_statement(prefix: str, written: str, language: str) -> str:
    """Return what `written` has of the first statement after `prefix`."""
    if language != "python":
        match = _BRACKET_END.search(written)
        return written[: match.end()] if match is not None else written
    for match in re.finditer(r"\n", written):
        part = written[: match.start()]
        if part.strip() and _parses(prefix + part):
            return part.rstrip()
    return written


def without_comments(text: str) -> str:
    """Return a text without what follows `#` or `//` on its lines."""
    return _COMMENT.sub("", text)


def _parses(text: str) -> bool:
    parsed = parse_text("statement.py", text)
    return parsed is not None and not parsed.tree.is_broken


def _sides(written: str, task: Task) -> tuple[str, str]:
    prefix = task.question.prefix if isinstance(task.question, TextHole) else ""
    return without_comments(first_statement(prefix, written, task.language)), without_comments(task.truth)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]


def exact(written: str, task: Task) -> float:
    """Return whether the lines of the first statement are the truth's, spaces around each removed."""
    found, wanted = _sides(written, task)
    return float(_lines(found) == _lines(wanted))


def similarity(written: str, task: Task) -> float:
    """Return the indel similarity of the first statement and the truth."""
    return fuzz.ratio(*_sides(written, task)) / 100


CCE_EXACT_MATCH = Scorer(
    "cceval_exact_match", "the first statement equals the truth", "CrossCodeEval (arXiv 2310.11248)", exact
)
CCE_EDIT_SIMILARITY = Scorer(
    "cceval_edit_similarity", "2*LCS/(|a|+|b|) of the first statement", "CrossCodeEval (arXiv 2310.11248)", similarity
)
CCE_IDENTIFIER_MATCH = Scorer(
    "cceval_identifier_match",
    "the identifiers of the first statement are the same, in order",
    "CrossCodeEval (arXiv 2310.11248)",
    lambda written, task: code_identifier_match(*_sides(written, task), task.language),
)
CCE_IDENTIFIER_F1 = Scorer(
    "cceval_identifier_f1",
    "F1 of the sets of identifiers of the first statement",
    "CrossCodeEval (arXiv 2310.11248)",
    lambda written, task: code_identifier_f1(*_sides(written, task), task.language),
)
