"""How likely a name is used next, in comparison with the other members of its class or the other names of its module.

Four features, all read from the project itself: how many files use the name as a member, what it has in common with the
words around the cursor, whether it occurs in code like that at the cursor, and whether the file uses it.
"""

import math
import re
import string
from collections.abc import Collection, Sequence

import numpy as np

from dovetail_context.index.words import WordView
from dovetail_context.languages.language import TypeRules
from dovetail_context.records.record import (
    ALL_TRAITS,
    IS_EXPORTED,
    IS_INSIDE,
    KIND_BITS,
    KINDS,
    FileRecord,
    Symbol,
    traits_of,
)
from dovetail_context.retrieve.likelihood.affinity import Fit, Surroundings, places_with
from dovetail_context.retrieve.likelihood.name_features import NameFeatures, NameFeatureTable
from dovetail_context.retrieve.likelihood.weights import AFTER_DOT, HEADERS, USUAL, Weights
from dovetail_context.retrieve.windows import SimilarWindow, words_in

SPECIAL = 0.05  # names that the language itself calls
HIDDEN = 0.4  # hidden names, where they are not visible anyway and the file uses none of others so far
POPULARITY = 0.5  # for each e-fold of files that use the name as a member
AFFINITY = 8.0  # if every word of the name is on the cursor's line
ECHO = 8.0  # if the name occurs in code that is like that at the cursor to the last word
PRESENT = 0.5  # a name that the file uses: its use there shows much of what the definition would
MIN_RARITY = 0.15  # of a word by which names are looked for; those of 290 files and more are in too many names
MIN_PRIOR, MAX_PRIOR = 0.0001, 0.95  # of meaning

# What the definition of a name is worth that the file has already, in comparison with one that nobody could know: the
# name is no news, its signature is. 0.6 and 1 show fewer of the names that are needed.
SEEN = 0.4

_LETTERS = string.ascii_letters + string.digits + "_$"
# A hidden member of something else than the own object. (It begins with what is rare, so the search is fast.)
_FOREIGN_HIDDEN = re.compile(r"\._(?<=\w\._)(?<!\bself\._)(?<!\bcls\._)(?<!\bthis\._)[^\W_]")


# The features of a name, what it has in common with the words around the cursor, and the likeness of the places most
# like the cursor's that have it alone and as a member.
_Likeness = tuple[NameFeatures, Fit, float, float]


class _Weighing:
    """Weights, with what they make of each kind of symbol, by its byte in `SymbolHeads.traits`, and of each name."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.of_kind = [_of_kind(traits, weights) for traits in range(ALL_TRAITS)]
        self.of_name: dict[str, float] = {}


class Likelihood:
    """Weighs names for one situation."""

    def __init__(
        self,
        text: str,
        offset: int,
        present: Collection[str],
        rules: TypeRules,
        words: WordView,
        echoes: Sequence[SimilarWindow],
        features: NameFeatureTable,
        path: str,
    ) -> None:
        """`present` are the distinct words of `text`, and `path` is its file."""
        self._features = features
        self._present = present
        self._surroundings = Surroundings(text, offset, self._present)
        usual = rules.package_members or _FOREIGN_HIDDEN.search(text)
        self._hidden = 1.0 if usual else HIDDEN
        self._echoed = words_in(echoes, words)
        after_dot = text[:offset].rstrip(_LETTERS).endswith((".", "->", "::"))
        self._inside = self._outside = _Weighing(AFTER_DOT if after_dot else USUAL)
        by_headers = not after_dot and path.endswith(rules.headers)
        if by_headers:  # a field is reached through an object, so meaning leads to it
            self._outside = _Weighing(HEADERS)
        self._own = _own_words(path, words) if by_headers else b""
        least = 0.0 if by_headers else MIN_RARITY
        self._near = [word for word in self._surroundings.near if features.rarity(word) >= least]
        self._popular = features.widespread if by_headers else features.popular
        self._likeness: dict[str, _Likeness] = {}
        self._known: dict[tuple[str, bool], float] = {}

    def weight(self, symbol: Symbol) -> float:
        """How likely the symbol is used; only the proportion to other weights means something."""
        return self.weight_of(symbol.name, symbol.exported)

    def weight_of(self, name: str, exported: bool) -> float:
        """The same of a symbol of which only this is known."""
        key = (name, exported)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._weight(name, exported)
        return known

    def used(self, symbol: Symbol, prior: float) -> float:
        """Return the probability that a symbol is used, where meaning alone gives it the `prior`."""
        prior = min(max(prior, MIN_PRIOR), MAX_PRIOR)
        if symbol.name in self._present:
            return prior * SEEN
        is_field = symbol.container and symbol.signature != symbol.name  # a constant is not reached through its enum
        weighing = self._inside if is_field else self._outside
        weights, words = weighing.weights, self._of_name(symbol.name, weighing) + weighing.of_kind[traits_of(symbol)]
        odds: float = (prior / (1.0 - prior)) ** weights.meaning * math.exp(weights.beside * (words - weights.usual))
        return 1.0 - 1.0 / ((1.0 + odds) * (1.0 + math.exp(weights.alone + words)))

    def is_seen(self, symbol: Symbol) -> bool:
        """Return whether the file has the name already, so that only the whole definition says more."""
        return symbol.name in self._present

    def fitting(self, record: FileRecord, limit: int) -> list[Symbol]:
        """Return those of a file's first `limit` symbols whose names the current file does not use yet, and whose words
        are enough to offer them."""
        names, traits = record.heads
        names = names[:limit]
        places = places_with(self._near, names)
        echoed, popular = self._echoed, self._popular
        places.update(
            place for place, name in enumerate(names) if name in echoed or name in popular or "." + name in echoed
        )
        return [
            record.symbol(place)
            for place in sorted(places)
            if names[place] not in self._present and self._is_enough(names[place], traits[place])
        ]

    def _is_enough(self, name: str, traits: int) -> bool:
        weighing = self._inside if traits & IS_INSIDE else self._outside
        return self._of_name(name, weighing) + weighing.of_kind[traits] > weighing.weights.enough

    def _of_name(self, name: str, weighing: "_Weighing") -> float:
        """Return what a name adds to the logarithm of its odds."""
        known = weighing.of_name.get(name)
        if known is None:
            features, (share, shared, best), alone, member = self._like(name)
            to = weighing.weights
            known = to.share * share + to.shared * shared + to.best * best
            known += to.alike * alone + to.alike_member * member
            known += (
                to.member_users * features.popularity + to.word * features.words + to.underscore * features.underscore
            )
            if to.users:
                known += to.users * math.log1p(self._users(name))
            weighing.of_name[name] = known
        return known

    def _users(self, name: str) -> int:
        """Return how many files have a name. This file's own use was deleted, or is the one being typed."""
        base = self._features.base
        number = base.id_of(name)
        return 0 if number is None else base.frequency(number) - self._own[number]

    def _weight(self, name: str, exported: bool) -> float:
        if name.startswith("__"):
            return SPECIAL
        features, (share, _, _), alone, member = self._like(name)
        weight = 1.0 if exported else self._hidden
        weight *= 1.0 + POPULARITY * features.popularity
        weight *= 1.0 + AFFINITY * share
        weight *= 1.0 + ECHO * max(alone, member)
        return weight * (PRESENT if name in self._present else 1.0)

    def _like(self, name: str) -> _Likeness:
        known = self._likeness.get(name)
        if known is None:
            features = self._features.of(name)
            fit, echoed = self._surroundings.fit(features.parts), self._echoed
            known = self._likeness[name] = (features, fit, echoed.get(name, 0.0), echoed.get("." + name, 0.0))
        return known


def _of_kind(traits: int, weights: Weights) -> float:
    """Return what the kind of a symbol adds to the logarithm of its odds, by its byte in `SymbolHeads.traits`."""
    kind = KINDS[traits & KIND_BITS] if traits & KIND_BITS < len(KINDS) else ""
    return (
        (weights.exported if traits & IS_EXPORTED else 0.0)
        + (weights.callable if kind in ("function", "method") else 0.0)
        + (weights.type if kind in ("class", "type") else 0.0)
        + (weights.inside if traits & IS_INSIDE else weights.outside)
    )


def _own_words(path: str, words: WordView) -> bytes:
    """Return a byte for each word of the base: 1 if the base counts this file among those that have it."""
    base = words.log.base
    marks = np.zeros(base.vocabulary_size, dtype=np.uint8)
    number = base.number_of(path)
    if number is not None:
        marks[base.word_ids(number)] = 1
    return marks.tobytes()
