"""Drafts without a second model: what followed the same tokens before will often follow them again. Pure.

(Prompt lookup: code repeats itself, and a suggestion repeats what surrounds it.) How much of a draft is worth a try is
`pace.py`'s; trying it is `steps.py`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LONGEST_MATCH = 8
"""Tokens that are looked at to find where the text has been before. More tell little about what comes next."""

LONGEST_DRAFT = 15
"""Tokens. With the one before it that makes a batch of 16, whose cost has levelled off on small processors."""

ALONE, FEW_AGREE, MANY_AGREE, MOST_AGREE, SOME_AGREE, FEW_OF_MANY = range(6)
"""How far the places where the text has been before agree on what comes next: there is one; all of two or three; all of
more; three in five; three in ten; less. It tells more than the length of the match: what followed each time will mostly
follow again."""

AGREEMENTS = 6

_BOUNDARY = -1
"""Stands between two sources: no token."""

Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Draft:
    """Tokens that may come next, and of which kind each guess is: see `kind_of`."""

    tokens: tuple[int, ...]
    kinds: tuple[int, ...]


NO_DRAFT = Draft((), ())


def kind_of(match: int, agreement: int) -> int:
    """The kind of a guess behind so many equal tokens, where its sources agree so far: a number below
    `LONGEST_MATCH * AGREEMENTS`."""
    return (min(max(match, 1), LONGEST_MATCH) - 1) * AGREEMENTS + agreement


class Drafts:
    """Looks up what followed the last tokens of a text where they stood before.

    `sources` are token runs in which to look, the most telling last; `text` is the text so far, in which is looked too.
    Nothing is drafted from a token in `ends` on.
    """

    def __init__(
        self, sources: Sequence[Sequence[int]], text: Sequence[int], room: int, ends: frozenset[int] = frozenset()
    ) -> None:
        """`room` is the number of tokens by which the text may grow."""
        known = [token for source in sources for token in (*source, _BOUNDARY)]
        known += text
        self._tokens: Tokens = np.full(len(known) + room, _BOUNDARY, np.int32)
        self._tokens[: len(known)] = known
        self._length = len(known)
        self._ends = ends

    def add(self, token: int) -> None:
        """The text goes on with `token`."""
        if self._length < len(self._tokens):
            self._tokens[self._length] = token
            self._length += 1

    def propose(self) -> Draft:
        """What followed the longest run of tokens that ends like the text.

        Where it stood in several places, each next token is what most of those that agree so far go on with, the last
        of equally many.
        """
        places, match = self._places()
        tokens: list[int] = []
        kinds: list[int] = []
        while len(places) and len(tokens) < LONGEST_DRAFT:
            following = self._tokens[places]
            token, agreement = _choice(following)
            if token in self._ends:
                break
            tokens.append(token)
            kinds.append(kind_of(match + len(kinds), agreement))
            places = places[following == token] + 1
            places = places[places < self._length]
            places = places[self._tokens[places] != _BOUNDARY]
        return Draft(tuple(tokens), tuple(kinds)) if tokens else NO_DRAFT

    def _places(self) -> tuple[npt.NDArray[np.intp], int]:
        """Where the text goes on behind the longest run of tokens that ends like it, and the length of that run."""
        tokens = self._tokens[: self._length]
        if not len(tokens) or tokens[-1] == _BOUNDARY:
            return np.empty(0, np.intp), 0
        places = np.flatnonzero((tokens[:-1] == tokens[-1]) & (tokens[1:] != _BOUNDARY))
        match = 1
        while match < min(LONGEST_MATCH, len(tokens)) and tokens[-1 - match] != _BOUNDARY:
            before = places[places >= match]
            longer = before[tokens[before - match] == tokens[-1 - match]]
            if not len(longer):
                break
            places, match = longer, match + 1
        return places + 1, match


def _choice(following: Tokens) -> tuple[int, int]:
    """The most frequent of some tokens, the last of equally frequent ones, and how far they agree on it."""
    count = len(following)
    last = int(following[-1])
    if count == 1:
        return last, ALONE
    values, counts = np.unique(following, return_counts=True)
    most = int(counts.max())
    chosen = last if counts[np.searchsorted(values, last)] == most else int(values[counts.argmax()])
    if most == count:
        return chosen, FEW_AGREE if count < 4 else MANY_AGREE
    return chosen, MOST_AGREE if most >= 0.6 * count else SOME_AGREE if most >= 0.3 * count else FEW_OF_MANY
