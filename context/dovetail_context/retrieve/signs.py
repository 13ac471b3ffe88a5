"""What the words of a project say about a name, whatever the question: read once for a view of them.

The same names come up in question after question, and looking up a name with its parts takes longer than weighing it.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from dovetail_context.index.words import WordView
from dovetail_context.retrieve.affinity import parts_of

MAX_NAMES = 30_000  # some 10 MB; then it begins anew


class NameSigns(NamedTuple):
    """The numbers of the word alone and behind a dot, the logarithm of the files that use it as a member, and the words
    of the name with how rare each is (1 for one that nobody uses)."""

    alone: int | None
    member: int | None
    popularity: float
    parts: tuple[tuple[str, float], ...]


class Signs:
    """The signs of names in one view."""

    def __init__(self, words: WordView) -> None:
        self._words = words
        self._known: dict[str, NameSigns] = {}
        self._rarities: dict[str, float] = {}

    def of(self, name: str) -> NameSigns:
        """The signs of a name."""
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= MAX_NAMES:
                self._known, self._rarities = {}, {}
            known = self._known[name] = self._read(name)
        return known

    def _read(self, name: str) -> NameSigns:
        alone, member = self._words.id_of(name), self._words.id_of("." + name)
        users = 0 if member is None else self._words.frequency_of(member)
        return NameSigns(alone, member, math.log1p(users), tuple((part, self._rarity(part)) for part in parts_of(name)))

    def _rarity(self, part: str) -> float:
        known = self._rarities.get(part)
        if known is None:
            known = self._rarities[part] = 1.0 / (1.0 + math.log1p(self._words.frequency(part)))
        return known


@lru_cache(maxsize=4)  # projects that are open at the same time; each edit makes a new view
def signs_in(words: WordView) -> Signs:
    """The signs of names in a view."""
    return Signs(words)
