"""All scorers that compare texts, by name, and the scoring of an answer with some of them.

`passes` is not among them: it runs programs, see `execution/passing.py`.
"""

from __future__ import annotations

from collections.abc import Sequence

from dovetail.evaluation.scorers import crosscodeeval, identifiers, safim, text_match, unasked
from dovetail.evaluation.scorers.scorer import Scorer
from dovetail.evaluation.task import Task

SCORERS: tuple[Scorer, ...] = (
    text_match.EXACT_MATCH,
    text_match.EXACT_MATCH_FIRST_LINE,
    text_match.EXACT_MATCH_WHOLE,
    text_match.EXACT_MATCH_REPOEVAL,
    text_match.EDIT_SIMILARITY,
    text_match.LEVENSHTEIN_SIMILARITY,
    text_match.CHARACTERS_SAVED,
    identifiers.IDENTIFIER_MATCH,
    identifiers.IDENTIFIER_F1,
    identifiers.NEXT_IDENTIFIER,
    crosscodeeval.CCE_EXACT_MATCH,
    crosscodeeval.CCE_EDIT_SIMILARITY,
    crosscodeeval.CCE_IDENTIFIER_MATCH,
    crosscodeeval.CCE_IDENTIFIER_F1,
    safim.SAME_CALL,
    unasked.SILENCE,
)

PASSES = "passes"
"""The name of the score that tests give."""

_BY_NAME = {scorer.name: scorer for scorer in SCORERS}


def score_text(names: Sequence[str], completion: str, task: Task) -> dict[str, float | None]:
    """Return the scores with these names, rounded as a run file keeps them. Raises KeyError for an unknown name.

    Where silence is right nothing else is scored: there is no truth to compare with.
    """
    found = {
        name: None if task.quiet and name != unasked.SILENCE.name else _BY_NAME[name].score(completion, task)
        for name in names
        if name != PASSES
    }
    return {name: None if value is None else round(value, 4) for name, value in found.items()}


def scorer_named(name: str) -> Scorer:
    """Return a scorer. Raises KeyError."""
    return _BY_NAME[name]
