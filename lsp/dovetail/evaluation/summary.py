"""The lines that a run ends with: figures, numbers of cases, 95 % intervals. Pure."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence

from dovetail.evaluation.answer import UNANSWERED, Outcome
from dovetail.evaluation.interval import Mean, mean_of
from dovetail.evaluation.presets.preset import Preset

MIN_WIDTH = 15
"""Characters of the names of scores."""


def shown_name(score: str) -> str:
    """Return the name of a score as people read it."""
    return score.replace("_", " ").replace(" f1", " F1")


def means(outcomes: Sequence[Outcome]) -> dict[str, Mean]:
    """Return the mean of each score, over the tasks that have it, in the order of the scorers."""
    found: defaultdict[str, list[tuple[float, str]]] = defaultdict(list)
    for outcome in outcomes:
        for name, value in outcome.scores.items():
            if value is not None:
                found[name].append((value, outcome.task.group))
    return {name: mean_of([value for value, _ in some], [group for _, group in some]) for name, some in found.items()}


def latency(outcomes: Sequence[Outcome], share: float) -> float:
    """Return the latency, in milliseconds, below which a share of the answers came; 0 where no model was asked."""
    times = sorted(outcome.answer.latency_ms for outcome in outcomes if outcome.answer.stop not in UNANSWERED)
    return times[min(int(share * len(times)), len(times) - 1)] if times else 0.0


def summary(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """Yield the lines of the summary."""
    if not outcomes:
        yield "no tasks"
        return
    tokens = statistics.fmean(outcome.answer.tokens.get("context", 0) for outcome in outcomes)
    yield f"{len(outcomes)} tasks, {tokens:.0f} tokens of context on average"
    yield f"latency p50 {latency(outcomes, 0.5):.0f} ms, p95 {latency(outcomes, 0.95):.0f} ms"
    found = means(outcomes)
    width = max((len(name) for name in found), default=0)
    for name, mean in found.items():
        some = "" if mean.count == len(outcomes) else f", {mean.count} tasks"
        label = f"{shown_name(name):{max(width, MIN_WIDTH)}}"
        yield f"{label} {mean.value:.3f}  ({mean.low:.3f} to {mean.high:.3f}{some})"
    yield from _by_language(outcomes)
    yield from _notes(outcomes)


def published(preset: Preset) -> Iterator[str]:
    """Yield the published figures of a preset and its caveats."""
    if preset.published:
        yield f"published ({preset.source}), in percent:"
    for row in preset.published:
        yield f"  {row.model:26} " + "  ".join(f"{name} {value:.1f}" for name, value in row.figures.items())
    for caveat in preset.caveats:
        yield f"note: {caveat}"


def _by_language(outcomes: Sequence[Outcome]) -> Iterator[str]:
    languages = list(dict.fromkeys(outcome.task.language for outcome in outcomes))
    if len(languages) < 2:
        return
    for language in languages:
        some = [outcome for outcome in outcomes if outcome.task.language == language]
        figures = (
            f"{shown_name(name)} {mean.value:.3f} ({mean.low:.3f} to {mean.high:.3f})"
            for name, mean in means(some).items()
        )
        yield f"{language} ({len(some)} tasks): {', '.join(figures)}"


def _notes(outcomes: Sequence[Outcome]) -> Iterator[str]:
    cut = sum(1 for outcome in outcomes if outcome.answer.tokens.get("cut", 0))
    if cut:
        yield f"note: {cut} prompts were cut as the preset says, or to the model's window"
    notes: defaultdict[str, int] = defaultdict(int)
    for outcome in outcomes:
        if outcome.note:
            notes[outcome.note] += 1
    for note, count in notes.items():
        yield f"note: {count} tasks without tests run: {note}"
