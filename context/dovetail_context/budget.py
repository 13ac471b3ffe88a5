"""What is taken when not everything fits: the most expected gain for the tokens there are. Pure."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from dovetail_context.rank import Ranked

# A heading is what stands once above several candidates: a file's path line, a class's first line.
Heading = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Price:
    """What a candidate costs: `own` tokens, and the tokens of every heading that is not there yet."""

    own: int
    headings: tuple[tuple[Heading, int], ...]
    is_heading: Heading | None = None


def choose(
    ranked: Sequence[Ranked], budget: int, price: Callable[[Ranked], Price]
) -> tuple[list[Ranked], list[tuple[Ranked, int]]]:
    """The chosen candidates and, with their cost, those that did not fit.

    Greedy by gain per token, the classic approximation of the knapsack problem; a heading is paid by the first that needs
    it, so what stands under a paid heading becomes cheaper. Deterministic: ties go to the better ranked.
    """
    prices = [price(one) for one in ranked]
    under: dict[Heading, list[int]] = defaultdict(list)
    for index, one in enumerate(prices):
        for heading, _ in one.headings:
            under[heading].append(index)
    paid: set[Heading] = set()
    taken: dict[int, int] = {}
    queue: list[tuple[float, int, int]] = []

    def offer(index: int) -> None:
        cost = _cost(prices[index], paid)
        heappush(queue, (-ranked[index].score / max(cost, 1), index, cost))

    for index in range(len(ranked)):
        offer(index)
    left = budget
    while queue:
        _, index, cost = heappop(queue)
        if index in taken or cost != _cost(prices[index], paid) or cost > left:
            continue
        taken[index] = cost
        left -= cost
        opened = [heading for heading, _ in prices[index].headings if heading not in paid]
        own_heading = prices[index].is_heading
        if own_heading is not None and own_heading not in paid:
            opened.append(own_heading)
        paid.update(opened)
        for other in sorted({other for heading in opened for other in under[heading]}):
            if other not in taken:
                offer(other)
    chosen = [ranked[index] for index in sorted(taken)]
    return chosen, [(ranked[index], _cost(prices[index], paid)) for index in range(len(ranked)) if index not in taken]


def _cost(price: Price, paid: set[Heading]) -> int:
    own = 0 if price.is_heading in paid else price.own
    return own + sum(tokens for heading, tokens in price.headings if heading not in paid)
