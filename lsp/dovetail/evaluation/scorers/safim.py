"""SAFIM's measure for tasks without tests: the same API call (arXiv 2403.04814). Pure."""

from __future__ import annotations

import ast
import re

from dovetail.evaluation.scorers.scorer import Scorer


def same_call(written: str, truth: str, language: str) -> float:
    """Return whether two expressions are equal but for white space.

    In Python two calls with the same arguments are equal, keyword arguments in any order, whatever function they call:
    SAFIM does not compare the name.
    """
    found, wanted = (re.sub(r"\s+", "", text) for text in (written, truth))
    if language == "python":
        calls = [_arguments(text) for text in (found, wanted)]
        if None not in calls:
            return float(calls[0] == calls[1])
    return float(found == wanted)


def _arguments(text: str) -> tuple[list[str], dict[str | None, str]] | None:
    """Return the arguments of a call; None for any other expression, or a text that is none."""
    try:
        body = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if not isinstance(body, ast.Call):
        return None
    return [ast.dump(each) for each in body.args], {each.arg: ast.dump(each.value) for each in body.keywords}


SAME_CALL = Scorer(
    "same_call",
    "an API call with the same arguments",
    "SAFIM (arXiv 2403.04814)",
    lambda written, task: same_call(written, task.truth, task.language) if task.check is None else None,
)
