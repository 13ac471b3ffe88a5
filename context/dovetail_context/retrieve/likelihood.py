"""How likely a name is used next, in comparison with the other members of its class or the other names of its module.

Four features, all read from the project itself: how many files use the name as a member, what it has in common with the
words around the cursor, whether it occurs in code like that at the cursor, and whether the file uses it.
"""

import re
from collections.abc import Collection, Sequence

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
        self._known: dict[tuple[str, bool], float] = {}

    def weight(self, symbol: Symbol) -> float:
        """How likely the symbol is used; only the proportion to other weights means something."""
        key = (symbol.name, symbol.exported)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._weight(symbol)
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
