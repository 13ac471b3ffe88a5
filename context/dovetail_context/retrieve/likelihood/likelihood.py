"""How likely a name is used next, in comparison with the other members of its class or the other names of its module.

Four features, all read from the project itself: how many files use the name as a member, what it has in common with the
words around the cursor, whether it occurs in code like that at the cursor, and whether the file uses it.
"""

import math
import re
import string
from collections.abc import Collection, Sequence
from typing import NamedTuple

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
from dovetail_context.retrieve.likelihood.name_features import NameFeatureTable
from dovetail_context.retrieve.windows import SimilarWindow, words_in

SPECIAL = 0.05  # names that the language itself calls
HIDDEN = 0.4  # hidden names, where they are not visible anyway and the file uses none of others so far
POPULARITY = 0.5  # for each e-fold of files that use the name as a member
AFFINITY = 8.0  # if every word of the name is on the cursor's line
ECHO = 8.0  # if the name occurs in code that is like that at the cursor to the last word
PRESENT = 0.5  # a name that the file uses: its use there shows much of what the definition would

# Whether a name that the file lacks is used next, by its words alone: weights of a logistic regression on 70 random
# holes in each of 15 projects. On 14 others a needed name is among the first 40 in 75 % of cases, by meaning alone in
# 51 %. Set by hand after that: USERS (0.4 by the regression, which saw the hole's own use of a name), BIAS and ENOUGH.
BIAS = -7.44
SHARE = 2.04  # for all of the name's words being on the cursor's line
SHARED = 4.03  # for the rarity of those words
BEST = -3.5  # for the rarity of the one that shares most
ALIKE = 6.96  # for the likeness of the best place like the cursor's that has the name
ALIKE_MEMBER = 5.52  # or has it as a member
USERS = 0.3  # for each e-fold of files that use the name as a member
WORD = -0.58  # for each word of the name
UNDERSCORE = 0.35  # for a name that begins with one
EXPORTED, CALLABLE, CLASS = 0.61, -0.34, -0.42
MEMBER_AFTER_DOT, OTHER_AFTER_DOT = 0.19, -0.29
MIN_RARITY = 0.15  # of a word by which names are looked for; those of 290 files and more are in too many names
ENOUGH = 1.2  # the sum from which a name is offered for its words alone: a probability of about 0.4 %
# How far the words of a name change the odds that meaning gives it. Only part of the weights above: the share of a name
# among the members of its class follows its words already. Tried: 0.4, 0.8 (best), and the regression's own 0.31 for
# meaning, which loses what inference is certain of.
WORDS_BESIDE_MEANING = 0.8
USUAL = -0.3  # the sum of the weights of a usual name, which words do not change
MIN_PRIOR, MAX_PRIOR = 0.0001, 0.95  # of meaning

# What the definition of a name is worth that the file has already, in comparison with one that nobody could know: the
# name is no news, its signature is. 0.6 and 1 show fewer of the names that are needed.
SEEN = 0.4

_LETTERS = string.ascii_letters + string.digits + "_$"
# A hidden member of something else than the own object. (It begins with what is rare, so the search is fast.)
_FOREIGN_HIDDEN = re.compile(r"\._(?<=\w\._)(?<!\bself\._)(?<!\bcls\._)(?<!\bthis\._)[^\W_]")


class _Likeness(NamedTuple):
    """What a name has in common with the words around the cursor, and the likeness of the places most like the cursor's
    that have it alone and as a member."""

    fit: Fit
    alone: float
    member: float


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
    ) -> None:
        """`present` are the distinct words of `text`."""
        self._features = features
        self._present = present
        self._surroundings = Surroundings(text, offset, self._present)
        usual = rules.package_members or _FOREIGN_HIDDEN.search(text)
        self._near = [word for word in self._surroundings.near if features.rarity(word) >= MIN_RARITY]
        self._hidden = 1.0 if usual else HIDDEN
        self._echoed = words_in(echoes, words)
        after_dot = text[:offset].rstrip(_LETTERS).endswith((".", "->", "::"))
        beside = (MEMBER_AFTER_DOT, OTHER_AFTER_DOT) if after_dot else (0.0, 0.0)
        self._of_kind = [_of_kind(traits, *beside) for traits in range(ALL_TRAITS)]
        self._likeness: dict[str, _Likeness] = {}
        self._names: dict[str, float] = {}  # what they add, whatever has them
        self._known: dict[tuple[str, bool], float] = {}

    def weight(self, symbol: Symbol) -> float:
        """How likely the symbol is used; only the proportion to other weights means something."""
        key = (symbol.name, symbol.exported)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._weight(symbol)
        return known

    def used(self, symbol: Symbol, prior: float) -> float:
        """Return the probability that a symbol is used, where meaning alone gives it the `prior`."""
        prior = min(max(prior, MIN_PRIOR), MAX_PRIOR)
        if symbol.name in self._present:
            return prior * SEEN
        words = self._of_name(symbol.name) + self._of_kind[traits_of(symbol)]
        odds = prior / (1.0 - prior) * math.exp(WORDS_BESIDE_MEANING * (words - USUAL))
        return 1.0 - 1.0 / ((1.0 + odds) * (1.0 + math.exp(BIAS + words)))

    def is_seen(self, symbol: Symbol) -> bool:
        """Return whether the file has the name already, so that only the whole definition says more."""
        return symbol.name in self._present

    def fitting(self, record: FileRecord, limit: int) -> list[Symbol]:
        """Return those of a file's first `limit` symbols whose names the current file does not use yet, and whose words
        are enough to offer them."""
        names, traits = record.heads
        names = names[:limit]
        places = places_with(self._near, names)
        echoed, popular = self._echoed, self._features.popular
        places.update(
            place for place, name in enumerate(names) if name in echoed or name in popular or "." + name in echoed
        )
        return [
            record.symbol(place)
            for place in sorted(places)
            if names[place] not in self._present and self._of_name(names[place]) + self._of_kind[traits[place]] > ENOUGH
        ]

    def _of_name(self, name: str) -> float:
        """Return what a name adds to the logarithm of its odds."""
        known = self._names.get(name)
        if known is None:
            (share, shared, best), alone, member = self._like(name)
            like = SHARE * share + SHARED * shared + BEST * best + ALIKE * alone + ALIKE_MEMBER * member
            features = self._features.of(name)
            traits = USERS * features.popularity + WORD * features.words + UNDERSCORE * features.underscore
            known = self._names[name] = like + traits
        return known

    def _weight(self, symbol: Symbol) -> float:
        name = symbol.name
        if name.startswith("__"):
            return SPECIAL
        like = self._like(name)
        weight = 1.0 if symbol.exported else self._hidden
        weight *= 1.0 + POPULARITY * self._features.of(name).popularity
        weight *= 1.0 + AFFINITY * like.fit.share
        weight *= 1.0 + ECHO * max(like.alone, like.member)
        return weight * (PRESENT if name in self._present else 1.0)

    def _like(self, name: str) -> _Likeness:
        known = self._likeness.get(name)
        if known is None:
            features = self._features.of(name)
            known = self._likeness[name] = _Likeness(
                self._surroundings.fit(features.parts),
                self._echoed.get(name, 0.0),
                self._echoed.get("." + name, 0.0),
            )
        return known


def _of_kind(traits: int, member: float, no_member: float) -> float:
    """Return what the kind of a symbol adds to the logarithm of its odds, by its byte in `SymbolHeads.traits`."""
    kind = KINDS[traits & KIND_BITS] if traits & KIND_BITS < len(KINDS) else ""
    return (
        (EXPORTED if traits & IS_EXPORTED else 0.0)
        + (CALLABLE if kind in ("function", "method") else 0.0)
        + (CLASS if kind in ("class", "type") else 0.0)
        + (member if traits & IS_INSIDE else no_member)
    )
