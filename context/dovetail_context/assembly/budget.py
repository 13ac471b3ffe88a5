"""What is taken when not everything fits: the most expected gain for the tokens there are. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from types import MappingProxyType
from typing import NamedTuple

from dovetail_context.assembly.rank import Ranked

# A heading appears once above several candidates: a file's path line, a class's first line.
Heading = tuple[str, str]

# The share of a callable's worth that its name alone has: a model that knows the name guesses many of the arguments.
BRIEF_SHARE = 0.6


class Price(NamedTuple):
    """What a candidate costs in tokens, and every heading not there yet.

    If `in_full` is set, `tokens` is for its brief form, and `in_full` counts the whole one: most candidates get no
    further than that, so it is not counted for all. `is_heading` is set for a candidate that is itself a heading, so
    that it is never paid twice.
    """

    tokens: int
    headings: tuple[tuple[Heading, int], ...]
    in_full: Callable[[], int] | None = None
    is_heading: Heading | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A candidate that was taken, in full or in brief."""

    ranked: Ranked
    in_full: bool


def choose(
    ranked: Sequence[Ranked],
    budget: int,
    price: Callable[[Ranked], Price],
    most: Mapping[str, int] = MappingProxyType({}),
    covers: Callable[[Ranked, Ranked], bool] = lambda one, other: False,
    gain: Callable[[Ranked], float] = lambda one: one.score,
) -> tuple[list[Choice], list[tuple[Ranked, int]]]:
    """Return the chosen candidates and, with their cost, those that did not fit.

    Greedy by gain per token, the classic approximation of the knapsack problem. The first candidate that needs a
    heading pays for it, so others under the same heading become cheaper. A brief candidate may be completed later.
    `most` is the maximum number of tokens for the first finds of a retriever. A candidate that a chosen one `covers`
    is not chosen as well. Deterministic: ties go to the better ranked.
    """
    selection = _Selection([price(one) for one in ranked], [gain(one) for one in ranked])
    left, spent = budget, dict.fromkeys(most, 0)
    while (offer := selection.best()) is not None:
        index, cost = offer
        finder = ranked[index].retriever
        if cost > left or (finder in most and spent[finder] + cost > most[finder]):
            continue
        left -= cost
        if finder in most:
            spent[finder] += cost
        selection.take(index)
        if ranked[index].symbol is None:
            left += selection.cover(other for other, each in enumerate(ranked) if covers(ranked[index], each))
    chosen = [
        Choice(one, selection.level[index] == _FULL) for index, one in enumerate(ranked) if selection.taken(index)
    ]
    rest = [(one, selection.cost(index)) for index, one in enumerate(ranked) if selection.level[index] == _ABSENT]
    return chosen, rest


_ABSENT, _BRIEF, _FULL, _COVERED = 0, 1, 2, 3


class _Selection:
    """The offers, best gain per token first; an offer whose cost has changed since it was made is made again."""

    def __init__(self, prices: list[Price], scores: list[float]) -> None:
        self.level = [_ABSENT] * len(prices)
        self._prices = prices
        self._scores = scores
        self._in_full: dict[int, int] = {}
        self._paid: set[Heading] = set()
        self._under: dict[Heading, list[int]] = defaultdict(list)
        self._queue: list[tuple[float, int, int, int]] = []
        for index, one in enumerate(prices):
            for heading, _ in one.headings:
                self._under[heading].append(index)
            if one.is_heading is not None:
                self._under[one.is_heading].append(index)
            self._offer(index)

    def best(self) -> tuple[int, int] | None:
        """The best offer that still holds: the candidate and its cost."""
        while self._queue:
            _, index, cost, level = heappop(self._queue)
            if level == self.level[index] and cost == self.cost(index):
                return index, cost
        return None

    def take(self, index: int) -> None:
        """Take a candidate one step further (into brief, or into full) and pay its headings."""
        one = self._prices[index]
        in_brief = self.level[index] == _ABSENT and one.in_full is not None
        self.level[index] = _BRIEF if in_brief else _FULL
        if in_brief:
            self._offer(index)
        opened = [heading for heading, _ in one.headings if heading not in self._paid]
        if one.is_heading is not None and one.is_heading not in self._paid:
            opened.append(one.is_heading)
        self._paid.update(opened)
        for other in sorted({other for heading in opened for other in self._under[heading]}):
            if self.level[other] == _ABSENT:
                self._offer(other)

    def cover(self, indices: Iterable[int]) -> int:
        """Strike off what something else shows; what had been paid for it alone is given back."""
        back = 0
        for index in sorted(indices, key=lambda index: self._prices[index].is_heading is not None):
            one, level = self._prices[index], self.level[index]
            if one.is_heading is not None and level != _ABSENT:
                if any(self.taken(other) for other in self._under[one.is_heading] if other != index):
                    continue  # it must appear above everything else that is shown under it
                self._paid.discard(one.is_heading)
            if level in (_BRIEF, _FULL):
                back += one.tokens if level == _BRIEF else self._whole(index)
            self.level[index] = _COVERED
        return back

    def taken(self, index: int) -> bool:
        """Whether a candidate is shown, by itself, in brief or in full."""
        return self.level[index] in (_BRIEF, _FULL)

    def cost(self, index: int) -> int:
        """The tokens of the next step."""
        one = self._prices[index]
        if self.level[index] == _BRIEF:
            return self._whole(index) - one.tokens
        cost = 0 if one.is_heading in self._paid else one.tokens
        for heading, tokens in one.headings:
            if heading not in self._paid:
                cost += tokens
        return cost

    def _whole(self, index: int) -> int:
        """The tokens of a candidate that is shown in full."""
        known = self._in_full.get(index)
        if known is None:
            one = self._prices[index]
            known = self._in_full[index] = one.tokens if one.in_full is None else max(one.tokens, one.in_full())
        return known

    def _offer(self, index: int) -> None:
        cost = self.cost(index)
        share = 1.0
        if self._prices[index].in_full is not None:
            share = 1.0 - BRIEF_SHARE if self.level[index] == _BRIEF else BRIEF_SHARE
        heappush(self._queue, (-self._scores[index] * share / max(cost, 1), index, cost, self.level[index]))
