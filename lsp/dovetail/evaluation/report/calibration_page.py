"""The page of `dovetail calibrate --html`: what the thresholds change, and how certainty and rightness go together."""

from __future__ import annotations

from collections.abc import Sequence

from dovetail.completion.postprocessing.confidence import SHIPPED
from dovetail.evaluation.calibration.calibrate import Proposal
from dovetail.evaluation.calibration.compare import Ratio
from dovetail.evaluation.calibration.samples import Sample
from dovetail.evaluation.interval import mean_of
from dovetail.evaluation.report.parts import Point, Series, drawing, header, interval, page, repeat, table
from dovetail.pages.frame import percent
from dovetail.session.calibrations import ALL_LANGUAGES, Shown

FROM, STEP = -2.0, 0.25
"""Where the axis of mean log-probabilities begins, and the width of a bin."""


def calibration_page(proposal: Proposal, samples: Sequence[Sample], command: str) -> str:
    """Return the page. `command` makes the calibration again."""
    first = proposal.calibrations[0]
    shown, saved = proposal.comparison.shown, proposal.comparison.saved
    title = (
        "Nothing to compare"
        if shown is None or saved is None
        else (f"{percent(shown.value)} of the suggestions save {percent(saved.value)} of the characters")
    )
    lead = (
        f"{len(samples)} places in the history of {first.source}, model {first.model}, {first.day}. "
        "The thresholds were fitted to the older places. These figures are those of the newer ones, compared with the "
        "shipped thresholds."
    )
    edges = first.thresholds
    marks = ((edges.nothing_below, "nothing"), (edges.word_below, "a word"), (edges.line_below, "a line"))
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
            "Below these mean log-probabilities a token nothing, a word or a line is shown. Counts are those held out.",
            ("", "nothing", "word", "line", "places", "shown", "right", "saved"),
            [line for each in proposal.calibrations for line in _lines(each.language, each.thresholds, each.held_out)],
        ),
        drawing(
            "Reliability",
            "How often a word, a line and all of a suggestion are right, by the mean log-probability a token.",
            [
                Series("a word", _points(samples, "word")),
                Series("a line", _points(samples, "line")),
                Series("all of it", _points(samples, "whole")),
            ],
            [(_at(FROM + STEP * number * 2), f"{FROM + STEP * number * 2:.1f}") for number in range(5)],
            [(_at(edge), f"below: {name}") for edge, name in marks],
        ),
        repeat(command, "The same commits give the same places; times and the load of the machine do not matter."),
    )
    return page("Dovetail: calibration", sections)


def _named(proposal: Proposal) -> tuple[tuple[str, Ratio | None], ...]:
    found = proposal.comparison
    return ("suggestions shown", found.shown), ("right as a whole", found.right), ("characters saved", found.saved)


def _lines(language: str, thresholds: object, held_out: tuple[Shown, Shown]) -> list[tuple[str, ...]]:
    name = "all languages" if language == ALL_LANGUAGES else language
    lines = []
    for title, edges, counts in ((f"{name}, shipped", SHIPPED, held_out[0]), (name, thresholds, held_out[1])):
        values = (getattr(edges, field) for field in ("nothing_below", "word_below", "line_below"))
        numbers = (counts.tasks, counts.shown, counts.right, counts.saved)
        lines.append((title, *(f"{value:.2f}" for value in values), *map(str, numbers)))
    return lines


def _points(samples: Sequence[Sample], part: str) -> tuple[Point, ...]:
    points = []
    for number in range(round(-FROM / STEP)):
        low, high = FROM + STEP * number, FROM + STEP * (number + 1)
        some = [
            each
            for each in samples
            if each.logprob is not None and getattr(each, part).text and low <= max(each.logprob, FROM) < high + 1e-9
        ]
        if some:
            mean = mean_of([float(getattr(each, part).is_right) for each in some], [each.group for each in some])
            points.append(Point(_at((low + high) / 2), mean, f"{low:.2f} to {high:.2f}: {interval(mean)}, {len(some)}"))
    return tuple(points)


def _at(logprob: float) -> float:
    return (min(max(logprob, FROM), 0.0) - FROM) / -FROM


def _ratio(ratio: Ratio | None) -> str:
    return "–" if ratio is None else f"{percent(ratio.value)} ({percent(ratio.low)} to {percent(ratio.high)})"
