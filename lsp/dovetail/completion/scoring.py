"""How near a completion comes to what the author wrote: pure functions on two texts."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from rapidfuzz import fuzz

IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@dataclass(frozen=True, slots=True)
class Score:
    """Each between 0 and 1."""

    exact_match: float
    edit_similarity: float
    identifier_f1: float


def score(written: str, truth: str) -> Score:
    """Compare `written`, cut to as many lines as `truth` has, with `truth`; spaces around both do not count.

    Exact match compares those lines; edit similarity is the indel similarity 2*LCS/(|a|+|b|) of CrossCodeEval and
    RepoEval; identifier F1 is that of the multisets of identifiers (CrossCodeEval).
    """
    wanted = truth.strip()
    cut = as_many_lines(written, truth)
    return Score(
        exact_match=float(_without_trailing_spaces(cut) == _without_trailing_spaces(wanted)),
        edit_similarity=fuzz.ratio(cut, wanted) / 100,
        identifier_f1=_f1(Counter(IDENTIFIER.findall(cut)), Counter(IDENTIFIER.findall(wanted))),
    )


def as_many_lines(written: str, truth: str) -> str:
    """Return as many lines of `written` as `truth` has, from the first that is not blank on; no spaces around them."""
    lines = written.split("\n")
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[first : first + truth.strip().count("\n") + 1]).strip()


def _without_trailing_spaces(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.split("\n"))


def _f1(found: Counter[str], wanted: Counter[str]) -> float:
    total = found.total() + wanted.total()
    return 2 * (found & wanted).total() / total if total else 1.0
