"""Answers that are known already: typing along a suggestion, deleting back into it, accepting a part of it, coming back
to a place. The model is not asked, and nothing is parsed that was parsed before.

An answer holds as long as all that decided it holds: the text around the hole, the rest of the project, the model and
the settings.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from dovetail.completion.postprocessing.insertion import ways_to_insert
from dovetail.completion.preparation.anchor import hole_end
from dovetail.completion.preparation.lexical import read
from dovetail.completion.preparation.place import Place
from dovetail.completion.request import Completion
from dovetail.completion.values import Shaped

# Answers kept for each session, and characters of the texts that they were given in.
CAPACITY = 200
CAPACITY_CHARACTERS = 20_000_000


@dataclass(frozen=True, slots=True)
class CachedCompletion:
    """What was answered at a place, "" for nothing.

    `asked` is all that decides besides the text: document, model, settings, the state of the rest of the project.
    """

    asked: tuple[object, ...]
    before: str
    after: str
    right: str
    shaped: Shaped
    completion: Completion

    @property
    def size(self) -> int:
        """Characters of the text that it was given in."""
        return len(self.before) + len(self.after)


class CompletionCache:
    """The newest answers, the least recently used forgotten first."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[object, ...], CachedCompletion] = OrderedDict()
        self._characters = 0

    def keep(self, remembered: CachedCompletion) -> None:
        """Remember an answer, in place of an older one at the same place."""
        key = (remembered.asked, remembered.before, remembered.after)
        older = self._answers.pop(key, None)
        self._answers[key] = remembered
        self._characters += remembered.size - (0 if older is None else older.size)
        while len(self._answers) > CAPACITY or (self._characters > CAPACITY_CHARACTERS and len(self._answers) > 1):
            self._characters -= self._answers.popitem(last=False)[1].size

    def clear(self) -> None:
        """Forget everything."""
        self._answers.clear()
        self._characters = 0

    def find(self, asked: tuple[object, ...], place: Place) -> tuple[CachedCompletion, Shaped] | None:
        """Return an answer that still holds at this place, and what is left of it to show."""
        before, after = place.text[: place.offset], place.text[hole_end(place) :]
        for key in reversed(self._answers):
            remembered = self._answers[key]
            left = _left_of(remembered, before, after)
            if left is None or remembered.asked != asked:
                continue
            self._answers.move_to_end(key)
            return remembered, _placed(left, remembered, place)
        return None


def _left_of(remembered: CachedCompletion, before: str, after: str) -> str | None:
    """Return what has not been typed yet of a suggestion; None where something else has been."""
    text, length = remembered.shaped.text, len(remembered.before)
    typed = before[length:]
    if len(after) != len(remembered.after) or len(before) < length or (typed == text and text):
        return None
    if not text.startswith(typed) or after != remembered.after or not before.startswith(remembered.before):
        return None
    return text[len(typed) :]


def _placed(left: str, remembered: CachedCompletion, place: Place) -> Shaped:
    if left == remembered.shaped.text and place.right == remembered.right:
        return remembered.shaped
    state = read(place.left, place.syntax)[1]  # by the line alone: nothing is parsed for what is known
    ways = ways_to_insert(left, place.right, place.syntax, state)
    return next((Shaped(way.text, way.replaced) for way in ways), Shaped(""))
