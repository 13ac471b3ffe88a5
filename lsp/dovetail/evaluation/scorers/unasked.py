"""Whether what is shown unasked is right as a whole, and whether silence was kept where it is right. Pure."""

from __future__ import annotations

from dovetail.evaluation.scorers.scorer import Scorer
from dovetail.evaluation.task import FOLLOWING, Task


def is_right(shown: str, wanted: str) -> bool:
    """Return whether a text begins with what is shown, blank lines and spaces at line ends aside.

    A suggestion that ends inside a word of the author's is wrong: accepting it means to delete.
    """
    found, author = _normalized(shown), _normalized(wanted)
    if not author.startswith(found):
        return False
    rest = author[len(found) : len(found) + 1]
    return not (rest and _is_word(rest) and _is_word(found[-1]))


def silence(shown: str, task: Task) -> float | None:
    """Return 1 where nothing is shown, or exactly what the author wrote next, else 0; None where an answer is wanted.

    What the author is deleting, and the prose that the author is writing, are never right.
    """
    if not task.quiet:
        return None
    if not shown.strip():
        return 1.0
    following = task.official.get(FOLLOWING, "")
    return float(task.quiet in ("finished", "rejected") and is_right(shown, following))


def _normalized(text: str) -> str:
    """Return the lines that are not blank, without spaces at their ends and at the beginning of the first."""
    return "\n".join(line.rstrip() for line in text.split("\n") if line.strip()).strip()


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


SILENCE = Scorer(
    "silence",
    "nothing is shown unasked where silence is right, or what the author wrote next",
    "Dovetail",
    silence,
)
