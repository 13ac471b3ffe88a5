"""Decide whether to answer at a place at all, and how much: a pure decision on the text around the cursor."""

from __future__ import annotations

from dovetail.completion.preparation.place import Place
from dovetail.completion.preparation.restraint import UNRESTRAINED, Restraint
from dovetail.completion.values import CLOSERS, Extent, Trigger

DELETING = "you are deleting, and have typed nothing since"
# A block longer than this is rarely taken whole, and each line costs reading time on a CPU.
BLOCK_LINES = 8
# Endings of a statement in languages with braces: nothing more belongs on such a line.
_FINISHED = (";", "}")
_WITHOUT_BRACES = frozenset(
    ("", "python", "ruby", "lua", "bash", "elixir", "haskell", "julia", "sql", "kotlin", "swift", "scala", "text")
)


def silence(place: Place, trigger: Trigger, in_comments: bool = False, restraint: Restraint = UNRESTRAINED) -> str:
    """Return why a suggestion at a place would only disturb, "" where it would not. Invoked never disturbs."""
    if trigger == "invoked":
        return ""
    if restraint.is_deleting:
        return DELETING
    if _inside_a_word(place):
        return "the cursor is inside a word"
    if not _is_open_right(place):
        return "there is code to the right of the cursor"
    if _is_finished(place):
        return "the statement is finished"
    if place.kind == "comment" and not in_comments:
        return "the cursor is in a comment"
    if place.is_in_long_text and not in_comments:
        return "the cursor is in a docstring or a long text"
    return ""


def decide(place: Place, trigger: Trigger, in_comments: bool = False) -> Extent | None:
    """Return what to ask for at a place, or None when a suggestion there would only disturb. Invoked always asks."""
    if silence(place, trigger, in_comments):
        return None
    if place.kind != "code" or not _is_open_right(place):
        return Extent("rest", 1)
    if place.left.strip() or place.right.strip():
        return Extent("line", BLOCK_LINES)
    return Extent("block", BLOCK_LINES, len(place.left))


def _is_open_right(place: Place) -> bool:
    return CLOSERS.issuperset(place.right.rstrip().removesuffix("/>"))  # a tag that closes itself


def _inside_a_word(place: Place) -> bool:
    return bool(place.left and place.right) and _is_word(place.left[-1]) and _is_word(place.right[0])


def _is_finished(place: Place) -> bool:
    return (
        place.kind == "code"
        and place.language_name not in _WITHOUT_BRACES
        and place.left.rstrip().endswith(_FINISHED)
        and not place.right.strip()
    )


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
