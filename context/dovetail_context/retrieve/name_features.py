"""Features of a name, derived from the words of a project for any query. Computed once for a state of the disk.

The same names occur in query after query, and looking up a name with its parts takes longer than weighing it. The
image, which typing does not change, provides the number of files that use a word. A word that is newer than the image
counts as unused.
"""

import math
from functools import lru_cache
from typing import NamedTuple

from dovetail_context.index.words import WordBase
from dovetail_context.retrieve.affinity import parts_of

MAX_NAMES = 30_000  # some 10 MB; then it starts again


class NameFeatures(NamedTuple):
    """The numbers of the word alone and after a dot (None if not in the base), the logarithm of the number of files
    that use the name as a member, and the words of the name with the rarity of each (1 for an unused word)."""

    alone: int | None
    member: int | None
    popularity: float
    parts: tuple[tuple[str, float], ...]


class NameFeatureTable:
    """The features of names over one base."""

    def __init__(self, base: WordBase) -> None:
        self._base = base
        self._known: dict[str, NameFeatures] = {}
        self._rarities: dict[str, float] = {}

    def of(self, name: str) -> NameFeatures:
        """The features of a name."""
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= MAX_NAMES:
                self._known, self._rarities = {}, {}
            known = self._known[name] = self._read(name)
        return known

    def _read(self, name: str) -> NameFeatures:
        alone, member = self._base.id_of(name), self._base.id_of("." + name)
        users = 0 if member is None else self._base.frequency(member)
        return NameFeatures(
            alone, member, math.log1p(users), tuple((part, self._rarity(part)) for part in parts_of(name))
        )

    def _rarity(self, part: str) -> float:
        known = self._rarities.get(part)
        if known is None:
            known = self._rarities[part] = 1.0 / (1.0 + math.log1p(self._users(part)))
        return known

    def _users(self, word: str) -> int:
        known = self._base.id_of(word)
        return 0 if known is None else self._base.frequency(known)


@lru_cache(maxsize=4)  # projects that are open at the same time
def features_over(base: WordBase) -> NameFeatureTable:
    """The features of names over a base."""
    return NameFeatureTable(base)
