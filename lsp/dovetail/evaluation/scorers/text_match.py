"""Scores that compare a completion with what the author wrote, by characters and lines. Pure."""

from __future__ import annotations

from rapidfuzz.distance import Levenshtein, Prefix

from dovetail.completion.scoring import score
from dovetail.evaluation.scorers.scorer import Scorer


def first_line(text: str) -> str:
    """Return the first line that is not blank, without spaces around it."""
    return next((line.strip() for line in text.split("\n") if line.strip()), "")


def exact_match(written: str, truth: str) -> float:
    """Return whether as many lines as the truth has are equal; spaces at line ends do not count."""
    return score(written, truth).exact_match


def exact_match_first_line(written: str, truth: str) -> float:
    """Return whether the first line with text equals the truth."""
    return float(first_line(written) == truth.strip())


def exact_match_whole(written: str, truth: str) -> float:
    """Return whether everything that was written equals the truth."""
    return float(written.strip() == truth.strip())


def edit_similarity(written: str, truth: str) -> float:
    """Return the indel similarity 2*LCS/(|a|+|b|) of as many lines as the truth has."""
    return score(written, truth).edit_similarity


def levenshtein_similarity(written: str, truth: str) -> float:
    """Return 1 - distance / length of the longer one, of as many lines with text as the truth has.

    RepoEval compares these lines, spaces around each of them removed.
    """
    wanted = [line.strip() for line in truth.split("\n") if line.strip()]
    found = [line.strip() for line in written.split("\n") if line.strip()][: len(wanted)]
    return float(Levenshtein.normalized_similarity("\n".join(found), "\n".join(wanted)))


def exact_match_repoeval(written: str, truth: str) -> float:
    """Return whether as many lines with text as the truth has are equal, spaces around each removed."""
    wanted = [line.strip() for line in truth.split("\n") if line.strip()]
    found = [line.strip() for line in written.split("\n") if line.strip()][: len(wanted)]
    return float(found == wanted)


def characters_saved(written: str, truth: str) -> float | None:
    """Return the share of the truth's characters that accepting the right beginning of a completion saves.

    The right beginning ends where both end or at a word's end: nobody accepts half a word. White space does not count.
    None where the truth has nothing but white space.
    """
    wanted = sum(1 for character in truth if not character.isspace())
    if not wanted:
        return None
    end = right_characters(written, truth)
    return sum(1 for character in written[:end] if not character.isspace()) / wanted


def right_characters(written: str, truth: str) -> int:
    """Return the length of the longest common beginning that splits no word of either text."""
    end = int(Prefix.similarity(written, truth))
    while end and any(_is_inside_a_word(text, end) for text in (written, truth)):
        end -= 1
    return end


def _is_inside_a_word(text: str, at: int) -> bool:
    return at < len(text) and _is_word(text[at - 1]) and _is_word(text[at])


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


EXACT_MATCH = Scorer(
    "exact_match",
    "as many lines as the truth has are equal",
    "Dovetail",
    lambda written, task: exact_match(written, task.truth),
)
EXACT_MATCH_FIRST_LINE = Scorer(
    "exact_match_first_line",
    "the first line with text equals the truth",
    "single-line infilling of SantaCoder (arXiv 2301.03988); DeepSeek-Coder-V2 and Qwen2.5-Coder reports",
    lambda written, task: exact_match_first_line(written, task.truth),
)
EXACT_MATCH_WHOLE = Scorer(
    "exact_match_whole",
    "everything that was written equals the truth",
    "DeepSeek-Coder (arXiv 2401.14196)",
    lambda written, task: exact_match_whole(written, task.truth),
)
EDIT_SIMILARITY = Scorer(
    "edit_similarity",
    "2*LCS/(|a|+|b|) of as many lines as the truth has",
    "CrossCodeEval (arXiv 2310.11248)",
    lambda written, task: edit_similarity(written, task.truth),
)
LEVENSHTEIN_SIMILARITY = Scorer(
    "levenshtein_similarity",
    "1 - edit distance / length of the longer one",
    "RepoCoder, RepoEval (arXiv 2303.12570)",
    lambda written, task: levenshtein_similarity(written, task.truth),
)
CHARACTERS_SAVED = Scorer(
    "characters_saved",
    "the share of the truth's characters in the completion's right beginning",
    "Dovetail",
    lambda written, task: characters_saved(written, task.truth),
)
EXACT_MATCH_REPOEVAL = Scorer(
    "exact_match_repoeval",
    "as many lines with text as the truth has are equal, spaces around each removed",
    "RepoCoder, RepoEval (arXiv 2303.12570)",
    lambda written, task: exact_match_repoeval(written, task.truth),
)
