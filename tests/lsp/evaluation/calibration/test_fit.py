"""What could be shown and whether it was right, and the threshold that follows from it."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import random
from pathlib import Path

import pytest

from dovetail.completion.pipeline import complete
from dovetail.completion.postprocessing.confidence import SHIPPED, WORTH_OF_RIGHT, Threshold
from dovetail.completion.request import CompletionRequest
from dovetail.evaluation.answer import NOT_ASKED, Answer
from dovetail.evaluation.calibration.compare import compare
from dovetail.evaluation.calibration.fit import correct, fit, shown_by, shown_part
from dovetail.evaluation.calibration.propose import propose, split
from dovetail.evaluation.calibration.samples import Part, Sample, sample_of
from dovetail.evaluation.rejected import REJECTED
from dovetail.evaluation.scorers.unasked import is_right
from dovetail.evaluation.task import Task, TextHole
from dovetail.session.calibrations import (
    ALL_LANGUAGES,
)
from dovetail.settings import Settings
from dovetail_context.api import IndexSnapshot
from dovetail_models.api import TokenLogprob
from tests.lsp.evaluation.calibration.samples import QUIETER, noisy, sample
from tests.lsp.scripted import ScriptedEngine, tokens_of


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


def tokens(text: str, logprob: float = -0.1) -> tuple[TokenLogprob, ...]:
    return tokens_of(text, logprob)


def test_a_sample_has_the_parts_that_could_be_shown() -> None:
    hole = TextHole("game.py", "def area(width, height):\n    total = ", "\n    return total\n")
    task = Task("1", "g", "python", hole, truth="width * height")
    written = "width * height\n    return total\n"
    found = sample_of(task, Answer(written, stop="eos", token_logprobs=tokens(written)))
    assert [(part.name, part.text, part.is_right) for part in found.parts] == [
        ("word", "width", True),
        ("all", "width * height", True),
    ], "of two parts that insert the same there is one"
    assert [part.logprob for part in found.parts] == [pytest.approx(-0.1), pytest.approx(-0.3)]
    assert found.parts[1].saved == len("width*height")
    assert not sample_of(task, Answer("", stop=NOT_ASKED)).parts
    (unknown,) = sample_of(task, Answer(written, stop="eos")).parts
    assert (unknown.name, unknown.logprob) == ("all", None), "without probabilities all is shown"


@pytest.mark.parametrize("logprob", [None, -2.0, -1.3, -1.0, -0.7, -0.5, -0.4, -0.1, -0.001])
def test_the_fit_decides_as_the_pipeline_does(logprob: float | None) -> None:
    hole = TextHole("game.py", "total = ", "\n")
    written = "width * height"
    found = sample_of(
        Task("1", "g", "python", hole, truth=written),
        Answer(written, stop="eos", token_logprobs=tokens_of(written, logprob)),
    )
    engine = ScriptedEngine(written)
    engine.logprob = logprob
    request = CompletionRequest("doc", "game.py", "total = \n", 8, IndexSnapshot(Path()), "automatic")
    completion = asyncio.run(complete(request, engine, Settings()))
    part = shown_part(found, SHIPPED)
    assert completion is not None and completion.text == (part.text if part is not None else "")


def test_the_correction_finds_how_far_a_model_can_be_trusted() -> None:
    source = random.Random(1)
    honest, too_sure = list[Sample](), list[Sample]()
    for number in range(2000):
        odds = source.uniform(-3, 3)
        logprob = -math.log1p(math.exp(-odds))
        for samples, true_odds in ((honest, odds), (too_sure, 0.5 * odds - 1)):
            is_right = source.random() < 1 / (1 + math.exp(-true_odds))
            samples.append(Sample(f"{number}", "python", (Part("word", "word", is_right, logprob),)))
    assert correct(honest, SHIPPED).shift == pytest.approx(0, abs=0.15)
    assert correct(honest, SHIPPED).slope == pytest.approx(1, abs=0.15)
    assert correct(too_sure, SHIPPED).shift == pytest.approx(-1, abs=0.2)
    assert correct(too_sure, SHIPPED).slope == pytest.approx(0.5, abs=0.15)
    few = correct(too_sure[:5], SHIPPED)
    assert abs(few.shift) < 0.4 and abs(few.slope - 1) < 0.4, "a few samples hardly count"
    assert correct([], QUIETER) == QUIETER


def test_the_fit_shows_less_and_saves_as_much_on_other_samples() -> None:
    early, late = noisy(400, 1), noisy(400, 2)
    fitted = fit(early)
    before, after = shown_by(late, SHIPPED), shown_by(late, fitted)
    assert fitted.shift < 0 or fitted.slope != 1
    assert after.shown < before.shown and after.right >= before.right and after.saved >= before.saved


def test_the_fit_saves_as_much_as_shipped() -> None:
    samples = [*noisy(150, 3), *(sample(None, "a") for _ in range(3))]
    fitted = fit(samples)
    assert shown_by(samples, fitted).saved >= shown_by(samples, SHIPPED).saved
    assert shown_by(samples, fitted).shown <= shown_by(samples, SHIPPED).shown
    assert fit([]) == SHIPPED and fit([sample(-0.1)]) == SHIPPED, "what was never right gives no threshold"


def test_a_rejection_withholds_what_promises_too_little() -> None:
    text = "w" * 8
    between = (SHIPPED.least_gain + SHIPPED.least_gain_after_rejection) / 2
    logprob = math.log(between / (len(text) + WORTH_OF_RIGHT))
    one = Sample("g", "python", (Part("word", text, False, logprob),))
    assert shown_part(one, SHIPPED) is not None
    assert shown_part(dataclasses.replace(one, quiet=REJECTED), SHIPPED) is None


def test_what_is_shown_where_silence_is_right_counts() -> None:
    quiet = "deleted"
    hole = TextHole("game.py", "def area(width, height):\n    tot", "\n    return total\n")
    task = Task("1", "g", "python", hole, truth="", quiet=quiet)
    found = sample_of(task, Answer("al = 1", stop="eos", token_logprobs=tokens("al = 1")))
    assert found.quiet == quiet and found.parts and not any(part.is_right for part in found.parts)
    assert shown_by([found], SHIPPED).disturbing == 1
    calm = Threshold(least_gain=1000.0)
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
    assert calibration.held_out[1] == shown_by(late, calibration.threshold)
    assert calibration.fitted[0] == shown_by(early, SHIPPED)
    hopeless = [dataclasses.replace(one, parts=(Part("word", "x"),)) for one in samples]
    assert not propose(hopeless, "some-model", "ab12", "game", "2026-01-31").is_better


def test_samples_of_one_group_are_never_split() -> None:
    samples = [sample(-0.1 * number, group=f"{number // 4}") for number in range(10)]
    early, late = split(samples)
    assert len(early) == 8 and not {one.group for one in early} & {one.group for one in late}


def test_a_language_with_enough_samples_has_a_threshold_of_its_own() -> None:
    other = [dataclasses.replace(one, language="go") for one in noisy(40, 7)]
    proposal = propose([*other, *noisy(300, 6)], "some-model", "ab12", "game", "2026-01-31")
    assert [each.language for each in proposal.calibrations] == [ALL_LANGUAGES, "python"]
