"""How likely a name is used next, in comparison with the other members of its class or the other names of its module.

Four signs, all read from the project itself: how many files use the name as a member, what it has in common with the
words around the cursor, whether it stands where code looks like that at the cursor, and whether the file uses it.
"""

import math
import re

from dovetail_context.index.record import Symbol
from dovetail_context.index.words import words_of
from dovetail_context.retrieve.affinity import Surroundings
from dovetail_context.retrieve.situation import Situation

SPECIAL = 0.05  # names that the language itself calls
HIDDEN = 0.4  # hidden names, where they are not visible all the same and the file uses none of others so far
POPULARITY = 0.5  # for each e-fold of files that use the name as a member
AFFINITY = 8.0  # if every word of the name stands on the cursor's line
ECHO = 8.0  # if the name stands in code that is like that at the cursor to the last word
PRESENT = 0.5  # a name that stands in the file: its use there shows much of what the definition would

_FOREIGN_HIDDEN = re.compile(r"\b(?!self\b|cls\b|this\b)\w+\._[^\W_]")


class Likelihood:
    """Weighs names for one situation."""

    def __init__(self, situation: Situation) -> None:
        text = situation.query.text
        self._words = situation.snapshot.words
        self._surroundings = Surroundings(text, situation.query.offset, self._words)
        self._present = words_of(text)
        usual = situation.language.rules.package_members or _FOREIGN_HIDDEN.search(text)
        self._hidden = 1.0 if usual else HIDDEN
        self._echoed = _echoed(situation)
        self._known: dict[tuple[str, bool], float] = {}

    def weight(self, symbol: Symbol) -> float:
        """How likely the symbol is used; only the proportion to other weights means something."""
        key = (symbol.name, symbol.exported)
        if key not in self._known:
            self._known[key] = self._weight(symbol)
        return self._known[key]

    def _weight(self, symbol: Symbol) -> float:
        name = symbol.name
        if name.startswith("__"):
            return SPECIAL
        weight = 1.0 if symbol.exported else self._hidden
        weight *= 1.0 + POPULARITY * math.log1p(self._words.frequency("." + name))
        weight *= 1.0 + AFFINITY * self._surroundings.affinity(name)
        weight *= 1.0 + ECHO * self._echoed.get(name, 0.0)
        return weight * (PRESENT if name in self._present else 1.0)


def _echoed(situation: Situation) -> dict[str, float]:
    """The names that stand where the code looks like that at the cursor, with the likeness of the best such place."""
    found: dict[str, float] = {}
    for window in situation.echoes:
        lines = situation.snapshot.files[window.path].lines[window.start_line - 1 : window.end_line]
        for word in words_of("\n".join(lines)):
            found[word] = max(found.get(word, 0.0), window.likeness)
    return found
