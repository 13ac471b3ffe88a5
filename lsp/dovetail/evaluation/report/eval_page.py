"""The page of `dovetail eval --html`: scores by language, quality against latency and certainty, cases. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from dovetail.evaluation.answer import Outcome
from dovetail.evaluation.history.breakdown import QUIET, silence
from dovetail.evaluation.interval import mean_of
from dovetail.evaluation.report.comparison import Run, comparison
from dovetail.evaluation.report.parts import (
    Case,
    Point,
    Series,
    cases,
    drawing,
    header,
    interval,
    page,
    repeat,
    table,
)
from dovetail.evaluation.run_file import Row
from dovetail.evaluation.summary import latency, means, shown_name
from dovetail.pages.frame import milliseconds, percent

CASES = 12
"""Answers to look at, of the best and of the worst each."""
BINS = 8
"""Points of a drawing: each stands for as many answers."""


def eval_page(outcomes: Sequence[Outcome], settings: Row, command: str, beside: Sequence[Run] = ()) -> str:
    """Return the page. `settings` are what the run file records, `command` makes the run again. `beside` are other runs
    of the same tasks."""
    if not outcomes:
        return page("Dovetail: evaluation", (header("Dovetail evaluation", "No tasks", "Nothing was asked."),))
    main = next(iter(means(outcomes)), "")
    lead = (
        f"{len(outcomes)} tasks of {settings['suite']} ({settings['source']}), model {settings['model']}. Half of the "
        f"answers came within {milliseconds(latency(outcomes, 0.5))}, "
        f"95 % within {milliseconds(latency(outcomes, 0.95))}."
    )
    name = shown_name(main)
    sections = (
        header(
            "Dovetail evaluation",
            f"{name.capitalize()}: {percent(means(outcomes)[main].value, 1)}" if main else "Context",
            lead,
        ),
        _scores(outcomes),
        _silence(outcomes),
        *comparison((Run(settings, tuple(outcomes)), *beside), main),
        _drawing("Quality against latency", "the time that they took", outcomes, main, _latency, milliseconds),
        _drawing("Reliability", "the model's certainty of a token", outcomes, main, _certainty, percent),
        cases(
            "Worst answers",
            "Those that the model was surest of, of the ones with the lowest score.",
            _cases(outcomes, main, -1),
        ),
        cases(
            "Best answers", "Those with most characters, of the ones with the highest score.", _cases(outcomes, main, 1)
        ),
        repeat(command, f"Dovetail {settings['dovetail']}; tasks with SHA-256 {str(settings['tasks_sha256'])[:16]}."),
    )
    return page("Dovetail: evaluation", sections)


def _scores(outcomes: Sequence[Outcome]) -> str:
    languages = list(dict.fromkeys(outcome.task.language for outcome in outcomes))
    groups = {"all": list(outcomes)}
    if len(languages) > 1:
        groups |= {name: [each for each in outcomes if each.task.language == name] for name in languages}
    names = list(means(outcomes))
    lines = []
    for title, some in groups.items():
        found = means(some)
        cells = [interval(found[name]) if name in found else "–" for name in names]
        lines.append((title, str(len(some)), *cells, milliseconds(latency(some, 0.5))))
    heads = ("", "tasks", *map(shown_name, names), "p50")
    return table("Scores", "In brackets the 95 % interval, over independent groups of tasks.", heads, lines)


def _silence(outcomes: Sequence[Outcome]) -> str:
    lines = [
        (QUIET[kind], str(len(scores)), str(round(sum(scores))), str(len(scores) - round(sum(scores))))
        for kind, scores in silence(outcomes)
    ]
    lead = "Places of the history at which nothing wrong should be shown unasked."
    return table("Where silence is right", lead, ("", "places", "without a wrong suggestion", "disturbed"), lines)


def _latency(outcome: Outcome) -> float | None:
    return outcome.answer.latency_ms


def _certainty(outcome: Outcome) -> float | None:
    return None if outcome.answer.logprob is None else math.exp(outcome.answer.logprob)


def _drawing(
    title: str,
    order: str,
    outcomes: Sequence[Outcome],
    score: str,
    of: Callable[[Outcome], float | None],
    words: Callable[[float], str],
) -> str:
    """Return the mean score of equally many answers each, in the order of a quantity."""
    known = [(value, each) for each in outcomes if (value := of(each)) is not None]
    ordered = sorted((pair for pair in known if pair[1].scores.get(score) is not None), key=lambda pair: pair[0])
    points, labels = [], []
    for number in range(BINS):
        some = ordered[number * len(ordered) // BINS : (number + 1) * len(ordered) // BINS]
        if some:
            mean = mean_of([each.scores[score] or 0.0 for _, each in some], [each.task.group for _, each in some])
            label = f"{words(some[0][0])} to {words(some[-1][0])}: {interval(mean)}, {len(some)} answers"
            points.append(Point((number + 0.5) / BINS, mean, label))
            labels.append(((number + 0.5) / BINS, words(some[len(some) // 2][0])))
    lead = f"Each point is an eighth of the answers, in the order of {order}: {shown_name(score)} with its interval."
    return drawing(title, lead, (Series(shown_name(score), tuple(points)),), labels)


def _cases(outcomes: Sequence[Outcome], score: str, sign: int) -> list[Case]:
    scored = [each for each in outcomes if each.scores.get(score) is not None and each.answer.completion is not None]

    def rank(each: Outcome) -> tuple[float, float]:
        tie = len(each.task.truth) if sign > 0 else _certainty(each) or 0.0
        return sign * (each.scores[score] or 0.0), tie

    worth = [each for each in scored if (each.scores[score] != 0.0 if sign > 0 else each.scores[score] != 1.0)]
    best = sorted(worth, key=rank, reverse=True)[:CASES]
    return [
        Case(
            f"{shown_name(score)} {each.scores[score]:.2f}"
            + ("" if each.answer.logprob is None else f", certainty {percent(math.exp(each.answer.logprob))} a token")
            + f": {each.task.id}",
            each.task.question.path,
            each.task.truth,
            each.answer.completion or "",
        )
        for each in best
    ]
