"""Which layout and how many tokens of other files suit a model: all ways at a few places, the better half at more.

The usual way (the frozen layout, all tokens that are allowed) is in every round. Another one is chosen only if the
model writes more like the author with it beyond doubt: chance must not move a user to a dearer prompt. Only the older
places are asked, so that the later ones can still measure the thresholds. Pure but for `Ask`.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from dovetail.completion.postprocessing.confidence import first_line
from dovetail.completion.tuning import Layout
from dovetail.evaluation.answer import NOT_ASKED, Outcome
from dovetail.evaluation.scorers.text_match import EDIT_SIMILARITY
from dovetail.evaluation.task import Task
from dovetail.session.calibrations import PromptTrial

ROUNDS = (16, 32, 64)
"""The number of places by the end of each round. Sixteen distinguish bad ways from good ones, 64 near ones."""
DIVISORS = (1, 2, 4)
"""The budgets that are tried: what is allowed, divided by these."""
LEAST_TOKENS = 32
"""A smaller budget holds no definition: it is not tried."""
DRAWS = 4000
"""Bootstrap samples for an interval."""
DOUBT = 0.01
"""The share of draws outside the interval that decides. With five ways to choose of, 5 % would err too often."""


@dataclass(frozen=True, slots=True)
class Way:
    """How to ask."""

    layout: Layout
    """Where the typed text is."""
    context_tokens: int
    """The most tokens of other files."""

    @property
    def name(self) -> str:
        """Return it in a word."""
        return f"{self.layout}/{self.context_tokens}"


Ask = Callable[[Sequence[tuple[Way, Task]]], Awaitable[Sequence[Outcome]]]
"""Asks at places in several ways, and returns the outcomes in the same order."""


@dataclass(frozen=True, slots=True)
class _Answer:
    similarity: float
    tokens: int
    group: str


def ways(allowed: int, has_frozen: bool) -> tuple[Way, ...]:
    """Return the ways to try, the usual one first. `allowed` is the most tokens of other files; `has_frozen` is whether
    the model's format has a frozen layout at all."""
    budgets = dict.fromkeys(allowed // divisor for divisor in DIVISORS)
    tokens = [budget for budget in budgets if budget >= LEAST_TOKENS or budget == allowed]
    layouts: tuple[Layout, ...] = ("frozen", "plain") if has_frozen else ("frozen",)
    return tuple(Way(layout, budget) for layout in layouts for budget in tokens)


async def try_ways(
    tried: Sequence[Way], tasks: Sequence[Task], ask: Ask, most_minutes: float
) -> tuple[PromptTrial, ...]:
    """Return what came of each way, the usual one first.

    After a round the better half of the others goes on. No round begins after the model has spent `most_minutes` on its
    answers: their own times count, so that a resumed run decides as the interrupted one did.
    """
    usual = tried[0]
    left, asked, spent_ms = list(tried), 0, 0.0
    found: defaultdict[Way, dict[str, _Answer]] = defaultdict(dict)
    for places in ROUNDS:
        some = _spread(tasks, places)[asked:]
        if not some or len(left) < 2 or spent_ms >= most_minutes * 60_000:
            break
        pairs = [(way, task) for task in some for way in left]
        for (way, task), outcome in zip(pairs, await ask(pairs), strict=True):
            spent_ms += outcome.answer.latency_ms
            if outcome.answer.stop != NOT_ASKED:
                found[way][task.id] = _answer(task, outcome)
        asked += len(some)
        others = sorted(left[1:], key=lambda way: -_similarity(found[way]))
        left = [usual, *others[: max(1, len(others) // 2)]]
    return tuple(_trial(way, found[way], found[usual]) for way in tried if found[way])


def best(trials: Sequence[PromptTrial]) -> PromptTrial | None:
    """Return the way to ask from now on: the usual one unless another is better beyond doubt. None of no trial."""
    if not trials:
        return None
    most = max(each.places for each in trials)
    better = [each for each in trials[1:] if each.places == most and each.gain[1] > 0]
    return max(better, key=lambda each: each.gain[0], default=trials[0])


def _answer(task: Task, outcome: Outcome) -> _Answer:
    answer = outcome.answer
    score = EDIT_SIMILARITY.score(first_line(answer.completion or ""), task)
    evaluated = answer.tokens.get("prompt", 0) - answer.tokens.get("reused", 0) + answer.tokens.get("generated", 0)
    return _Answer(score or 0.0, evaluated, task.group)


def _spread(tasks: Sequence[Task], places: int) -> list[Task]:
    """Return a number of the tasks in random order, always the same: a larger selection begins with a smaller one."""
    order = list(tasks)
    random.Random(0).shuffle(order)
    return order[:places]


def _similarity(answers: Mapping[str, _Answer]) -> float:
    return fmean(each.similarity for each in answers.values()) if answers else 0.0


def _trial(way: Way, answers: Mapping[str, _Answer], usual: Mapping[str, _Answer]) -> PromptTrial:
    groups: defaultdict[str, list[float]] = defaultdict(list)
    for id, each in answers.items():
        if id in usual:
            groups[each.group].append(each.similarity - usual[id].similarity)
    return PromptTrial(
        way.layout,
        way.context_tokens,
        len(answers),
        round(_similarity(answers), 4),
        _interval(list(groups.values())),
        round(fmean(each.tokens for each in answers.values()), 1),
    )


def _interval(groups: Sequence[Sequence[float]]) -> tuple[float, float, float]:
    """Return the mean of differences and the ends of its interval; whole groups are drawn, always the same ones."""
    source = random.Random(0)

    def mean(some: Sequence[Sequence[float]]) -> float:
        return sum(map(sum, some)) / sum(map(len, some))

    drawn = sorted(mean(source.choices(groups, k=len(groups))) for _ in range(DRAWS))
    low, high = drawn[int(DOUBT / 2 * DRAWS)], drawn[int((1 - DOUBT / 2) * (DRAWS - 1))]
    return round(mean(groups), 4), round(low, 4), round(high, 4)
