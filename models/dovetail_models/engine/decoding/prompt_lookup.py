"""Prompt lookup decoding: drafts without a second model, from what followed the same tokens before. Pure.

Code repeats itself, and a completion repeats what surrounds it. `acceptance_probability.py` estimates how likely a
guess is right, `draft_length.py` decides how much of a draft is worth a try, and `steps.py` tries it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dovetail_models.engine.decoding.acceptance_probability import LINE_END, OTHER, kind_of, log_odds

MAX_MATCH = 32
"""The maximum number of tokens compared to find earlier occurrences of the text."""

MAX_DRAFT = 15
"""Tokens. With the one before it that makes a batch of 16, whose cost has levelled off on small processors."""

MIN_LIKELIHOOD = 0.4
"""A draft ends where the whole of it is less likely to be right. On real code, longer searches did not pay."""

NEAR = 400
"""Tokens. Matches this near count twice."""

DOUBT = 0.4
"""The number of places added for and against a guess before they are compared, so that one place is no certainty."""

_BOUNDARY = -1
"""The separator between two sources; not a token."""

_WEIGHTS = 8.0 ** np.minimum(np.arange(MAX_MATCH + 1), 8)
"""What a place counts for by how many tokens are equal before it: longer matches outvote shorter ones."""

Tokens = npt.NDArray[np.int32]
Places = npt.NDArray[np.intp]
Lengths = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Draft:
    """Tokens that may come next."""

    tokens: tuple[int, ...]
    """The guesses, in order."""
    kinds: tuple[int, ...]
    """The kind of each guess: see `acceptance_probability.kind_of`."""


NO_DRAFT = Draft((), ())


@dataclass(frozen=True, slots=True)
class Guess:
    """A token that may come next, and how likely it is: its features, and what chooses their weights."""

    token: int
    features: npt.NDArray[np.float64]
    match: int
    guessed: int
    last: int

    @property
    def log_odds(self) -> float:
        return log_odds(self.features, self.match, self.guessed, self.last)


@dataclass(frozen=True, slots=True)
class _End:
    """How a text ends, for each place in what is known: `equal` tokens before the place are those before the end;
    before them one differs, and before that `before` tokens are equal again."""

    length: int
    equal: Lengths
    before: Lengths


class PromptLookup:
    """Look up what followed earlier occurrences of the last tokens of a text.

    `sources` are token runs in which to look, the most telling last; `text` is the text so far, in which is looked too.
    Nothing is drafted from a token in `ends` on. `sorts` has the sort of each token
    (`acceptance_probability.sorts_of`); unknown ones end no line.
    """

    def __init__(
        self,
        sources: Sequence[Sequence[int]],
        text: Sequence[int],
        room: int,
        ends: frozenset[int] = frozenset(),
        sorts: npt.NDArray[np.int8] | None = None,
    ) -> None:
        """`room` is the number of tokens by which the text may grow."""
        known = [token for source in sources for token in (*source, _BOUNDARY)]
        self._own = len(known)
        known += text
        self._room = len(known) + room
        self._tokens: Tokens = np.full(self._room + MAX_DRAFT + 1, _BOUNDARY, np.int32)
        self._tokens[: len(known)] = known
        self._sorts = np.empty(0, np.int8) if sorts is None else sorts
        self._ends = ends
        self._lines: Tokens = np.empty_like(self._tokens)
        """The first token of the line of each."""
        begins = np.ones(len(known), np.bool_)
        begins[1:] = self._ends_line(self._tokens[: len(known)])[:-1]
        firsts = np.maximum.accumulate(np.where(begins, np.arange(len(known)), 0))
        self._lines[: len(known)] = self._tokens[firsts]
        start = max(self._own, len(known) - MAX_MATCH)
        none = np.zeros(len(self._tokens), np.int16)
        self._end = _End(start, none, none)
        for token in known[start:]:
            self._end = self._after(self._end, token)

    def add(self, token: int) -> None:
        """Append `token` to the text."""
        if self._end.length < self._room:
            self._end = self._after(self._end, token)

    def propose(self) -> Draft:
        """Return the most likely next tokens, as long as they may be worth a try."""
        tokens: list[int] = []
        kinds: list[int] = []
        end, likely = self._end, 1.0
        while len(tokens) < MAX_DRAFT and (guess := self._guess(end)) is not None:
            one = guess.log_odds
            likely /= 1 + math.exp(-one)
            if likely < MIN_LIKELIHOOD or guess.token in self._ends:
                break
            tokens.append(guess.token)
            kinds.append(kind_of(one))
            end = self._after(end, guess.token)
        return Draft(tuple(tokens), tuple(kinds)) if tokens else NO_DRAFT

    def guess(self) -> Guess | None:
        """Return the most likely next token; None if the last token has not occurred before."""
        return self._guess(self._end)

    def _guess(self, end: _End) -> Guess | None:
        """Return the token that follows most places like the end of the text; the most similar places count most."""
        known = self._tokens[: end.length]
        places = np.flatnonzero((end.equal[: end.length] > 0) & (known != _BOUNDARY))
        if not len(places):
            return None
        following = known[places]
        equal = end.equal[places]
        before = end.before[places]
        # Where one token differs before the equal ones, as in `self.x = x` above `self.y = `, it will differ again.
        there, here = known[places - equal - 1], known[end.length - equal - 1]
        renamed = (before >= 2) & (following == there) & (here != _BOUNDARY)
        following = np.where(renamed, here, following)
        in_such_a_line = self._lines[places - 1] == self._lines[end.length - 1]
        weights = _WEIGHTS[np.minimum(equal, MAX_MATCH)]
        weights = weights * (1 + (places > end.length - NEAR) + 2 * (before >= 2) + in_such_a_line)
        token, share = _vote(following, weights)
        agreeing = following == token
        match = int(equal.max())
        twice = equal >= 2
        chosen = equal[agreeing]
        nearest = places[agreeing][chosen == chosen.max()][-1]
        features = np.array(
            (
                _odds(len(places), len(chosen)),
                _odds(*_counts(twice, agreeing)),
                _odds(*_counts(equal >= 4, agreeing)),
                _odds(*_counts(before >= 1, agreeing)),
                _odds(*_counts(before >= 4, agreeing)),
                _odds(*_counts(in_such_a_line, agreeing)),
                _odds(*_counts(in_such_a_line & twice, agreeing)),
                math.log(min(match, MAX_MATCH)),
                math.log(share),
                math.log1p(before[agreeing].max()),
                math.log1p(end.length - nearest),
                1.0,
            )
        )
        return Guess(token, features, match, self._sort(token), self._sort(int(known[-1])))

    def _after(self, end: _End, token: int) -> _End:
        """Write one more token after the text and return the new end."""
        length = end.length
        self._tokens[length] = token
        begins = not length or self._ends_line(self._tokens[length - 1 : length])[0]
        self._lines[length] = token if begins else self._lines[length - 1]
        same = self._tokens[:length] == token
        equal, before = np.empty_like(end.equal), np.empty_like(end.before)
        equal[0] = before[0] = 0
        np.multiply(end.equal[:length] + 1, same, out=equal[1 : length + 1])
        before[1 : length + 1] = np.where(same, end.before[:length], end.equal[:length])
        return _End(length + 1, equal, before)

    def _sort(self, token: int) -> int:
        return int(self._sorts[token]) if 0 <= token < len(self._sorts) else OTHER

    def _ends_line(self, tokens: Tokens) -> npt.NDArray[np.bool_]:
        """Return which tokens a line does not reach beyond."""
        ends: npt.NDArray[np.bool_] = tokens == _BOUNDARY
        if len(self._sorts):
            ends |= self._sorts[tokens] == LINE_END
        return ends


def _vote(tokens: Tokens, weights: npt.NDArray[np.float64]) -> tuple[int, float]:
    """Return the token with most weight, and its share of all."""
    votes: dict[int, float] = {}
    for token, weight in zip(tokens.tolist(), weights.tolist(), strict=True):
        votes[token] = votes.get(token, 0.0) + weight
    best = max(votes, key=votes.__getitem__)
    return best, votes[best] / sum(votes.values())


def _counts(places: npt.NDArray[np.bool_], agreeing: npt.NDArray[np.bool_]) -> tuple[int, int]:
    return int(np.count_nonzero(places)), int(np.count_nonzero(places & agreeing))


def _odds(places: int, agreeing: int) -> float:
    """Return the logarithm of agreeing places by others; 0 where there are none."""
    return math.log((agreeing + DOUBT) / (places - agreeing + DOUBT))
