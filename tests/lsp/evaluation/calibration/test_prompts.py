"""The prompts that are tried for a model, and the one that is chosen."""

from __future__ import annotations

import random
from collections.abc import Sequence

from dovetail.evaluation.answer import Answer, Outcome
from dovetail.evaluation.calibration.prompts import Way, best, try_ways, ways
from dovetail.evaluation.task import Task, TextHole
from dovetail.session.calibrations import (
    PromptTrial,
)

TRIED = ways(240, has_frozen=True)


def test_all_ways_are_tried_that_differ() -> None:
    assert [way.name for way in TRIED] == [
        f"{layout}/{tokens}" for layout in ("frozen", "plain") for tokens in (240, 120, 60)
    ]
    assert [way.name for way in ways(100, has_frozen=False)] == ["frozen/100", "frozen/50"]
    assert [way.name for way in ways(0, has_frozen=False)] == ["frozen/0"]


def places(count: int) -> list[Task]:
    return [Task(f"{n}", f"g{n // 2}", "python", TextHole("a.py", "x = "), truth="abcdefghij") for n in range(count)]


async def tried(good: dict[str, int], count: int = 80, minutes: float = 9.0, ms: float = 1.0) -> list[PromptTrial]:
    """Return the trials of ways with their number of right letters of ten, 5 by default."""

    async def ask(pairs: Sequence[tuple[Way, Task]]) -> list[Outcome]:
        assert len({(way.name, task.id) for way, task in pairs}) == len(pairs)
        found = []
        for way, task in pairs:
            right = good.get(way.name, 5) + random.Random(task.id + way.name).choice((-1, 0, 1))
            answer = Answer("abcdefghij"[:right] + "?" * (10 - right), ms={"total": ms}, tokens={"prompt": 9})
            found.append(Outcome(task, answer, {}))
        return found

    return list(await try_ways(TRIED, places(count), ask, minutes))


async def test_the_better_half_goes_on_and_the_best_wins() -> None:
    trials = await tried({"plain/120": 9, "frozen/60": 1})
    assert trials[0].places == trials[4].places == 64 and trials[2].places == 16, "the usual way stays, the worst goes"
    assert sum(each.places for each in trials) == 64 + 64 + 32 + 3 * 16
    chosen = best(trials)
    assert chosen is not None and (chosen.layout, chosen.context_tokens) == ("plain", 120)
    assert chosen.gain[1] > 0.2 and trials[0].gain == (0.0, 0.0, 0.0)


async def test_chance_moves_nobody_to_another_prompt() -> None:
    trials = await tried({})
    assert best(trials) == trials[0] and best([]) is None


async def test_the_time_of_the_answers_ends_the_trials() -> None:
    trials = await tried({"plain/120": 9}, minutes=0.5, ms=60_000.0)
    assert {each.places for each in trials} == {16}
    assert not await tried({}, minutes=0.0)
