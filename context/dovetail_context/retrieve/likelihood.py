"""How likely a name is used next, in comparison with the other members of its class or the other names of its module.

Four features, all read from the project itself: how many files use the name as a member, what it has in common with the
words around the cursor, whether it occurs in code like that at the cursor, and whether the file uses it.
"""

import math
import re
import string
from collections.abc import Collection, Sequence
from operator import mul

from dovetail_context.index.words import WordView
from dovetail_context.languages.language import TypeRules
from dovetail_context.records.record import Symbol
from dovetail_context.retrieve.affinity import Surroundings
from dovetail_context.retrieve.name_features import features_over
from dovetail_context.retrieve.windows import SimilarWindow, words_in

SPECIAL = 0.05  # names that the language itself calls
HIDDEN = 0.4  # hidden names, where they are not visible anyway and the file uses none of others so far
POPULARITY = 0.5  # for each e-fold of files that use the name as a member
AFFINITY = 8.0  # if every word of the name is on the cursor's line
ECHO = 8.0  # if the name occurs in code that is like that at the cursor to the last word
PRESENT = 0.5  # a name that the file uses: its use there shows much of what the definition would

# Whether a name that the file lacks is used next, by its words alone: a logistic regression on random holes in 29
# projects. What meaning finds is not in it, for in random holes most names are found by chance.
BIAS = -7.44
WEIGHTS = (
    2.04,  # the share of the name's words around the cursor
    4.03,  # the rarity of those words
    -3.5,  # the rarity of the one that shares most
    6.96,  # the likeness of the best place like the cursor's that has the name
    5.52,  # or has it as a member
    0.3,  # for each e-fold of files that use the name as a member
    0.61,  # an exported name
    -0.34,  # a function
    -0.42,  # a class
    -0.58,  # for each word of the name
    0.19,  # a member, behind a dot
    -0.29,  # anything else, behind a dot
    0.35,  # a name that begins with an underscore
)
# How far the words of a name change the odds that meaning gives it. Only part of the weights above: the share of a name
# among the members of its class follows its words already. Tried: 0.4, 0.8 (best), and the regression's own 0.31 for
# meaning, which loses what inference is certain of.
WORDS_BESIDE_MEANING = 0.8
USUAL = -0.3  # the sum of the weights of a usual name, which words do not change
LEAST_CHANCE, MOST_CHANCE = 0.0001, 0.95  # of meaning

_LETTERS = string.ascii_letters + string.digits + "_$"
# A hidden member of something else than the own object. (It begins with what is rare, so the search is fast.)
_FOREIGN_HIDDEN = re.compile(r"\._(?<=\w\._)(?<!\bself\._)(?<!\bcls\._)(?<!\bthis\._)[^\W_]")


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
    ) -> None:
        """`present` are the distinct words of `text`."""
        self._features = features_over(words.log.base)
        self._present = present
        self._surroundings = Surroundings(text, offset, self._present)
        usual = rules.package_members or _FOREIGN_HIDDEN.search(text)
        self._hidden = 1.0 if usual else HIDDEN
        self._echoed = words_in(echoes)
        self._new_words = words.log.vocabulary  # those that the base has not
        self._after_dot = text[:offset].rstrip(_LETTERS).endswith((".", "->", "::"))
        self._fits: dict[tuple[str, bool, str, bool], float] = {}
        self._known: dict[tuple[str, bool], float] = {}

    def weight(self, symbol: Symbol) -> float:
        """How likely the symbol is used; only the proportion to other weights means something."""
        key = (symbol.name, symbol.exported)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._weight(symbol)
        return known

    def used(self, symbol: Symbol, chance: float) -> float:
        """Return the probability that a symbol is used, where meaning alone gives it the `chance`."""
        chance = min(max(chance, LEAST_CHANCE), MOST_CHANCE)
        if symbol.name in self._present:
            return chance
        words = self._fitting(symbol)
        odds = chance / (1.0 - chance) * math.exp(WORDS_BESIDE_MEANING * (words - USUAL))
        return 1.0 - 1.0 / ((1.0 + odds) * (1.0 + math.exp(BIAS + words)))

    def is_new(self, name: str) -> bool:
        """Return whether the file does not use a name yet."""
        return name not in self._present

    def _fitting(self, symbol: Symbol) -> float:
        """Return what the name and kind of a symbol add to the logarithm of its odds."""
        name, is_member = symbol.name, bool(symbol.container)
        key = (name, symbol.exported, symbol.kind, is_member)
        known = self._fits.get(key)
        if known is None:
            features = self._features.of(name)
            fit = self._surroundings.fit(features.parts)
            values = (
                fit.share,
                fit.shared,
                fit.best,
                self._echo(features.alone, name),
                self._echo(features.member, "." + name),
                features.popularity,
                symbol.exported,
                symbol.kind in ("function", "method"),
                symbol.kind in ("class", "type"),
                min(len(features.parts), 6),
                is_member and self._after_dot,
                not is_member and self._after_dot,
                name.startswith("_"),
            )
            known = self._fits[key] = sum(map(mul, WEIGHTS, values))
        return known

    def _weight(self, symbol: Symbol) -> float:
        name = symbol.name
        if name.startswith("__"):
            return SPECIAL
        features = self._features.of(name)
        weight = 1.0 if symbol.exported else self._hidden
        weight *= 1.0 + POPULARITY * features.popularity
        weight *= 1.0 + AFFINITY * self._surroundings.affinity(features.parts)
        weight *= 1.0 + ECHO * max(self._echo(features.alone, name), self._echo(features.member, "." + name))
        return weight * (PRESENT if name in self._present else 1.0)

    def _echo(self, number: int | None, word: str) -> float:
        """Return the likeness of the place most like that at the cursor that contains a word."""
        if number is None:
            number = self._new_words.get(word)
        return 0.0 if number is None else self._echoed.get(number, 0.0)
