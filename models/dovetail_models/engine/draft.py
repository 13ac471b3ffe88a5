"""Drafts without a second model: what followed the same tokens before will often follow them again. Pure.

(Prompt lookup: code repeats itself, and a suggestion repeats what surrounds it.) How much of a draft is worth a try is
`pace.py`'s; trying it is `steps.py`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LONGEST_MATCH = 8
"""Tokens that are looked at to find where the text has been before. More tell no better what comes next."""

LONGEST_DRAFT = 15
"""Tokens. With the one before it that makes a batch of 16, whose cost has levelled off on small processors."""

_BOUNDARY = -1
"""Stands between two sources: no token."""

Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Draft:
    """Tokens that may come next, and how many tokens before them were the same there."""

    match: int
    tokens: tuple[int, ...]


NO_DRAFT = Draft(0, ())


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
        """What followed the longest run of tokens that ends like the text; of equally long ones, the last."""
        tokens = self._tokens[: self._length]
        if not len(tokens) or tokens[-1] == _BOUNDARY:
            return NO_DRAFT
        places = np.flatnonzero((tokens[:-1] == tokens[-1]) & (tokens[1:] != _BOUNDARY))
        match = 1
        while match < min(LONGEST_MATCH, len(tokens)) and tokens[-1 - match] != _BOUNDARY:
            before = places[places >= match]
            longer = before[tokens[before - match] == tokens[-1 - match]]
            if not len(longer):
                break
            places, match = longer, match + 1
        if not len(places):
            return NO_DRAFT
        follows = tokens[places[-1] + 1 :][:LONGEST_DRAFT].tolist()
        length = next((i for i, token in enumerate(follows) if token == _BOUNDARY or token in self._ends), len(follows))
        return Draft(match, tuple(follows[:length])) if length else NO_DRAFT
