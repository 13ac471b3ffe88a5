"""The page of `dovetail calibrate --html`: what the threshold changes, and how certainty and rightness go together."""

from __future__ import annotations

from collections.abc import Sequence

from dovetail.completion.postprocessing.confidence import SHIPPED, PartName, Threshold
from dovetail.evaluation.calibration.compare import Ratio
from dovetail.evaluation.calibration.propose import Proposal
from dovetail.evaluation.calibration.samples import Sample
from dovetail.evaluation.interval import Mean, mean_of
from dovetail.evaluation.report.parts import Point, Series, drawing, header, interval, page, repeat, table
from dovetail.pages.frame import percent
from dovetail.session.calibrations import ALL_LANGUAGES, PromptTrial, Shown

BINS = 8
"""The number of bins on the axis of probabilities."""
TITLES: dict[PartName, str] = {"word": "a word", "line": "a line", "all": "all of it"}
"""What the parts of a suggestion are called."""


def calibration_page(proposal: Proposal, samples: Sequence[Sample], trials: Sequence[PromptTrial], command: str) -> str:
    """Return the page. `trials` are the ways to ask that were tried; `command` makes the calibration again."""
    first = proposal.calibrations[0]
    shown, saved = proposal.comparison.shown, proposal.comparison.saved
    if shown is None or saved is None:
        title = "Nothing to compare"
    elif all(each.threshold == SHIPPED for each in proposal.calibrations):
        title = "The shipped threshold fits already"
    else:
        title = f"{percent(shown.value)} of the suggestions save {percent(saved.value)} of the characters"
    lead = (
        f"{len(samples)} places in the history of {first.source}, model {first.model}, {first.day}. "
        "The threshold was fitted to the older places. These figures are those of the newer ones, compared with the "
        "shipped threshold."
    )
    sections = (
        header("Dovetail calibration", title, lead),
        table(
            "What changes",
            "On the places held out; the 95 % interval in brackets is that of independent groups.",
            ("", "calibrated over shipped"),
            [(name, _ratio(ratio)) for name, ratio in _named(proposal)],
        ),
        table(
            "Thresholds",
            "The part is shown that is expected to save most, if that is the least gain or more, in characters. Slope "
            "and shift correct the log-odds that the model gives a part. Counts are those held out; disturbing are "
            "wrong suggestions where silence is right.",
            ("", "least gain", "slope", "shift", "places", "shown", "right", "saved", "disturbing"),
            [line for each in proposal.calibrations for line in _lines(each.language, each.threshold, each.held_out)],
        ),
        table(
            "How the model is asked",
            "Edit similarity of the first line to the author's, and its difference to the usual way, the first one, at "
            "the same older places with its 99 % interval. A way that lost a round was asked at fewer places.",
            ("layout", "tokens of other files", "places", "similarity", "difference, points", "tokens evaluated"),
            [_way(each, is_usual=each is trials[0]) for each in trials],
        ),
        drawing(
            "Quality by context and layout",
            "Edit similarity of the first line to the author's, by the most tokens of other files.",
            [Series(f"{layout} layout", _budgets(trials, layout)) for layout in ("frozen", "plain")],
            [(_budget_at(each.context_tokens, trials), str(each.context_tokens)) for each in _one_a_budget(trials)],
        ),
        drawing(
            "Reliability",
            "How often a word, a line and all of a suggestion are right, by the probability that the model gives its "
            "tokens together, as corrected for all languages. Of a well calibrated one that is equal.",
            [Series(title, _points(samples, name, first.threshold)) for name, title in TITLES.items()],
            [(quarter / 4, percent(quarter / 4)) for quarter in range(5)],
        ),
        repeat(command, "The same commits give the same places; times and the load of the machine do not matter."),
    )
    return page("Dovetail: calibration", sections)


def _named(proposal: Proposal) -> tuple[tuple[str, Ratio | None], ...]:
    found = proposal.comparison
    return (
        ("suggestions shown", found.shown),
        ("right as a whole", found.right),
        ("characters saved", found.saved),
        ("wrong where silence is right", found.disturbing),
    )


def _lines(language: str, threshold: Threshold, held_out: tuple[Shown, Shown]) -> list[tuple[str, ...]]:
    name = "all languages" if language == ALL_LANGUAGES else language
    lines = []
    for title, of, counts in ((f"{name}, shipped", SHIPPED, held_out[0]), (name, threshold, held_out[1])):
        values = (of.least_gain, of.slope, of.shift)
        numbers = (counts.tasks, counts.shown, counts.right, counts.saved, counts.disturbing)
        lines.append((title, *(f"{value:.2f}" for value in values), *map(str, numbers)))
    return lines


def _way(trial: PromptTrial, *, is_usual: bool) -> tuple[str, ...]:
    mean, low, high = (100 * each for each in trial.gain)
    gain = "–" if is_usual else f"{mean:+.1f} ({low:+.1f} to {high:+.1f})"
    similarity = percent(trial.similarity, 1)
    return trial.layout, str(trial.context_tokens), str(trial.places), similarity, gain, f"{trial.tokens:.0f}"


def _one_a_budget(trials: Sequence[PromptTrial]) -> list[PromptTrial]:
    return list({each.context_tokens: each for each in trials}.values())


def _budget_at(tokens: int, trials: Sequence[PromptTrial]) -> float:
    """Return where a budget is on the axis: the largest at its end."""
    return tokens / max(max(each.context_tokens for each in trials), 1)


def _budgets(trials: Sequence[PromptTrial], layout: str) -> tuple[Point, ...]:
    """Return a point for each budget; its interval is that of the difference to the usual way."""
    points = []
    for each in sorted((each for each in trials if each.layout == layout), key=lambda each: each.context_tokens):
        gain, low, high = each.gain
        value = each.similarity
        mean = Mean(value, max(0.0, value + low - gain), min(1.0, value + high - gain), each.places, each.places)
        title = f"{layout}, {each.context_tokens} tokens: {percent(value, 1)} at {each.places} places"
        points.append(Point(_budget_at(each.context_tokens, trials), mean, title))
    return tuple(points)


def _points(samples: Sequence[Sample], name: PartName, threshold: Threshold) -> tuple[Point, ...]:
    bins: list[list[tuple[bool, str]]] = [[] for _ in range(BINS)]
    for sample in samples:
        for part in sample.parts:
            if part.name == name and part.logprob is not None:
                number = min(int(threshold.probability(part.logprob) * BINS), BINS - 1)
                bins[number].append((part.is_right, sample.group))
    points = []
    for number, some in enumerate(bins):
        if some:
            mean = mean_of([float(is_right) for is_right, _ in some], [group for _, group in some])
            title = f"{percent(number / BINS)} to {percent((number + 1) / BINS)}: {interval(mean)}, {len(some)}"
            points.append(Point((number + 0.5) / BINS, mean, title))
    return tuple(points)


def _ratio(ratio: Ratio | None) -> str:
    return "–" if ratio is None else f"{percent(ratio.value)} ({percent(ratio.low)} to {percent(ratio.high)})"
