"""Features of a name, derived from the words of a project for any query. Computed once for a state of the disk.

The same names occur in query after query, and looking up a name with its parts takes longer than weighing it. The
image, which typing does not change, provides the number of files that use a word. A word that is newer than the image
counts as unused.
"""

import math
from functools import cached_property
from typing import NamedTuple

from dovetail_context.index.snapshot import IndexSnapshot
from dovetail_context.index.words import WordBase
from dovetail_context.retrieve.likelihood.affinity import parts_of

MAX_NAMES = 20_000  # some 5 MB; then it starts again
MAX_WORDS = 6  # of a name; longer names are equally unlikely
# With fewer files, no name of one word is offered that has nothing in common with the place.
POPULAR_FILES, WIDESPREAD_FILES = 25, 120
MAX_SYMBOLS_OF_FILE = 400  # of one file; longer ones are generated, or lists of constants


class NameFeatures(NamedTuple):
    """What a name brings to its likelihood wherever the cursor is.

    `parts` are the words of the name with the rarity of each (1 for an unused word). `popularity` is the logarithm of
    the number of files that use the name as a member, `words` the number of its words, at most `MAX_WORDS`, and
    `underscore` is 1 for a name that begins with one, else 0.
    """

    parts: tuple[tuple[str, float], ...]
    popularity: float
    words: int
    underscore: int


class NameFeatureTable:
    """The features of names over one base."""

    def __init__(self, base: WordBase) -> None:
        self.base = base
        self._known: dict[str, NameFeatures] = {}
        self._parts: dict[str, tuple[str, float]] = {}

    @cached_property
    def popular(self) -> frozenset[str]:
        """The names that enough files use as a member to be offered for that alone."""
        return frozenset(word[1:] for word in self.base.common_words(POPULAR_FILES) if word.startswith("."))

    @cached_property
    def widespread(self) -> frozenset[str]:
        """These, and the names that enough files have to be offered for that alone where headers show them all."""
        return self.popular | self.base.common_words(WIDESPREAD_FILES)

    def of(self, name: str) -> NameFeatures:
        """The features of a name."""
        known = self._known.get(name)
        if known is None:
            if len(self._known) >= MAX_NAMES:
                self._known, self._parts = {}, {}
            known = self._known[name] = self._read(name)
        return known

    def rarity(self, part: str) -> float:
        """The rarity of a word of names."""
        return (self._parts.get(part) or self._part(part))[1]

    def _read(self, name: str) -> NameFeatures:
        member = self.base.id_of("." + name)
        users = 0 if member is None else self.base.frequency(member)
        parts = tuple(self._parts.get(part) or self._part(part) for part in parts_of(name))
        words = min(len(parts), MAX_WORDS)
        return NameFeatures(parts, math.log1p(users), words, 1 if name.startswith("_") else 0)

    def _part(self, part: str) -> tuple[str, float]:
        """A word with its rarity. All names that have the word share the pair."""
        known = self.base.id_of(part)
        users = 0 if known is None else self.base.frequency(known)
        found = self._parts[part] = (part, 1.0 / (1.0 + math.log1p(users)))
        return found


def features_of(snapshot: IndexSnapshot) -> NameFeatureTable:
    """The features of names over the base of a snapshot's words."""
    base = snapshot.words.log.base
    known = snapshot.analysis.find(NameFeatureTable)
    if known is None or known.base is not base:
        known = NameFeatureTable(base)
        snapshot.analysis.keep(known)
    return known
