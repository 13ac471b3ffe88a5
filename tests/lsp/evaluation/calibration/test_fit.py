"""What could be shown and whether it was right, and the thresholds that follow from it."""

from __future__ import annotations

import dataclasses

import pytest

from dovetail.completion.postprocessing.confidence import SHIPPED, Thresholds, confident_part
from dovetail.evaluation.answer import NOT_ASKED, Answer
from dovetail.evaluation.calibration.compare import compare
from dovetail.evaluation.calibration.fit import _candidates, fit, shown_by, shown_part
from dovetail.evaluation.calibration.propose import propose, split
from dovetail.evaluation.calibration.samples import Part, sample_of
from dovetail.evaluation.rejected import REJECTED
from dovetail.evaluation.scorers.unasked import is_right
from dovetail.evaluation.task import Task, TextHole
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
)
from tests.lsp.evaluation.calibration.samples import noisy, sample


@pytest.mark.parametrize(
    ("shown", "wanted", "right"),
    [
        ("width", "width * height\n", True),
        ("wid", "width * height\n", False),
        ("width * height", "width * height\n    return total\n", True),
        ("width * height\n    return total", "width * height   \n\n    return total\n", True),
        ("width * height\n    return 0", "width * height\n    return total\n", False),
        ("(width)", "(width)", True),
    ],
)
def test_a_suggestion_is_right_if_the_author_wrote_it(shown: str, wanted: str, right: bool) -> None:
    assert is_right(shown, wanted) is right


def test_a_sample_has_what_each_threshold_would_show() -> None:
    hole = TextHole("game.py", "def area(width, height):\n    total = ", "\n    return total\n")
    task = Task("1", "g", "python", hole, truth="width * height")
    found = sample_of(task, Answer("width * height\n    return total\n", stop="eos", logprob=-0.1))
    assert (found.word.text, found.line.text) == ("width", "width * height")
    assert found.word.is_right and found.line.is_right and found.line.saved == len("width*height")
    silent = sample_of(task, Answer("", stop=NOT_ASKED))
    assert not silent.whole.text


@pytest.mark.parametrize("logprob", [None, -2.0, -1.3, -1.0, -0.7, -0.5, -0.4, -0.1])
def test_the_fit_decides_as_the_pipeline_does(logprob: float | None) -> None:
    one = sample(logprob)
    shown = shown_part(one, SHIPPED).text
    assert confident_part("word + line\nmore", logprob) == shown


def test_the_fit_shows_less_and_saves_as_much_on_other_samples() -> None:
    early, late = noisy(400, 1), noisy(400, 2)
    fitted = fit(early)
    before, after = shown_by(late, SHIPPED), shown_by(late, fitted)
    assert fitted.nothing_below <= fitted.word_below <= fitted.line_below
    assert after.shown < 0.8 * before.shown and after.saved >= before.saved


def test_the_counts_of_the_fit_are_those_of_its_thresholds() -> None:
    samples = [*noisy(150, 3), *(sample(None, "a") for _ in range(3))]
    fitted = fit(samples)
    assert shown_by(samples, fitted).saved >= shown_by(samples, SHIPPED).saved
    assert fit([]) == SHIPPED and fit([sample(-0.1)]) == SHIPPED, "what was never right gives no thresholds"


def test_the_fit_counts_what_a_rejection_withholds() -> None:
    rejected = [dataclasses.replace(one, quiet=REJECTED) for one in noisy(200, 4)]
    between = (SHIPPED.nothing_below + SHIPPED.nothing_after_rejection_below) / 2
    one = sample(between)
    assert shown_part(one, SHIPPED).text and not shown_part(dataclasses.replace(one, quiet=REJECTED), SHIPPED).text
    samples = [*noisy(150, 3), *rejected]
    for thresholds, counted in _candidates(samples):
        by_sample = shown_by(samples, thresholds)
        assert (counted.shown, counted.right, counted.saved) == (by_sample.shown, by_sample.right, by_sample.saved)


def test_what_is_shown_where_silence_is_right_counts() -> None:
    quiet = "deleted"
    hole = TextHole("game.py", "def area(width, height):\n    tot", "\n    return total\n")
    task = Task("1", "g", "python", hole, truth="", quiet=quiet)
    found = sample_of(task, Answer("al = 1", stop="eos", logprob=-0.1))
    assert found.quiet == quiet and found.whole.text and not found.whole.is_right
    assert shown_by([found, sample(-0.1)], SHIPPED).disturbing == 1
    calm = Thresholds(-0.05, -0.05, -0.05)
    ratio = compare([found, *noisy(40, 8)], lambda one: SHIPPED, lambda one: calm).disturbing
    assert ratio is not None and ratio.value == 0.0


def test_equal_thresholds_change_nothing() -> None:
    found = compare(noisy(80, 4), lambda one: SHIPPED, lambda one: SHIPPED)
    for ratio in (found.shown, found.right, found.saved):
        assert ratio is not None and (ratio.value, ratio.low, ratio.high) == (1.0, 1.0, 1.0)
    assert compare([], lambda one: SHIPPED, lambda one: SHIPPED).shown is None


def test_a_proposal_is_measured_on_what_it_was_not_fitted_to() -> None:
    samples = noisy(500, 5)
    early, late = split(samples)
    assert len(early) == 300 and early + late == samples
    proposal = propose(samples, "some-model", "ab12", "game", "2026-01-31")
    (calibration,) = proposal.calibrations
    assert proposal.is_better
    assert calibration.held_out[1] == shown_by(late, calibration.thresholds)
    assert calibration.fitted[0] == shown_by(early, SHIPPED)
    hopeless = [dataclasses.replace(one, word=Part("x"), line=Part("x"), whole=Part("x")) for one in samples]
    assert not propose(hopeless, "some-model", "ab12", "game", "2026-01-31").is_better


def test_samples_of_one_group_are_never_split() -> None:
    samples = [sample(-0.1 * number, group=f"{number // 4}") for number in range(10)]
    early, late = split(samples)
    assert len(early) == 8 and not {one.group for one in early} & {one.group for one in late}


def test_a_language_with_enough_samples_has_thresholds_of_its_own() -> None:
    other = [dataclasses.replace(one, language="go") for one in noisy(40, 7)]
    proposal = propose([*other, *noisy(300, 6)], "some-model", "ab12", "game", "2026-01-31")
    assert [each.language for each in proposal.calibrations] == [ALL_LANGUAGES, "python"]
