"""After a rejection: what an author types against a suggestion, and what may be shown then."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from dovetail.completion.engine import BeforeSending, Enough
from dovetail.completion.postprocessing.confidence import SHIPPED
from dovetail.evaluation.answer import NOT_ASKED, NOTHING_REJECTED, REPEATED, Answer, Outcome
from dovetail.evaluation.answering.product import ProductAnswerer
from dovetail.evaluation.calibration.fit import shown_part
from dovetail.evaluation.calibration.replay import ReplayAnswerer
from dovetail.evaluation.calibration.samples import sample_of
from dovetail.evaluation.history.breakdown import breakdown
from dovetail.evaluation.history.suite import HISTORY
from dovetail.evaluation.rejected import REJECTED, after_typing, typed_against
from dovetail.evaluation.run import outcome_of, result_row
from dovetail.evaluation.scoring import RunScoring
from dovetail.evaluation.task import DELETED, FOLLOWING, ProjectHole, Task
from dovetail.settings import Settings
from dovetail_models.engine.job import CompletionJob, CompletionReply
from tests.lsp.scripted import ScriptedEngine, logprob_of

BEFORE = "width, height = 3, 4\n"
SCORING = RunScoring(HISTORY.scorers, HISTORY.cut)


def rejected_task(folder: Path, truth: str = "area = width * height", following: str = "print(area)\n") -> Task:
    text = f"{BEFORE}{truth}\n"
    hole = ProjectHole(folder, "game.py", len(BEFORE), len(BEFORE) + len(truth), text)
    return Task("1", "g", "python", hole, truth, official={FOLLOWING: following}, quiet=REJECTED)


@pytest.mark.parametrize(
    ("shown", "typed"),
    [
        ("", ""),
        ("area = width * height", ""),
        ("area = width * height\nprint(area)", ""),
        ("area = 12", "area = w"),
        ("total = 12", "a"),
        ("are", "area"),
        ("area = width * height\n\nx = 1", "area = width * height\np"),
        ("area = width * height\nprint(area)\nprint(width)", ""),
    ],
)
def test_an_author_types_up_to_the_first_other_character(tmp_path: Path, shown: str, typed: str) -> None:
    assert typed_against(shown, rejected_task(tmp_path)) == typed


def test_the_place_after_a_rejection_has_what_was_typed(tmp_path: Path) -> None:
    for typed, left, rest in (
        ("area = w", "area = w", "idth * height\nprint(area)\n"),
        ("area = width * height\np", "p", "rint(area)\n"),
    ):
        moved = after_typing(rejected_task(tmp_path), typed)
        hole = moved.question
        assert isinstance(hole, ProjectHole) and hole.text == f"{BEFORE}{typed}\n" and not moved.truth
        assert hole.text[: hole.start].rpartition("\n")[2] == left and hole.start == hole.end
        assert moved.official[FOLLOWING] == rest


class InTurn(ScriptedEngine):
    """Writes one text after the other, whatever the prompt."""

    def __init__(self, *texts: str, last_logprob: float = -0.001) -> None:
        super().__init__()
        self._texts = list(texts)
        self._last_logprob = last_logprob

    async def complete(
        self, job: CompletionJob, enough: Enough | None = None, before_sending: BeforeSending | None = None
    ) -> CompletionReply:
        self.text = self._texts.pop(0)
        if not self._texts:
            self.logprob = self._last_logprob
        return await super().complete(job, enough, before_sending)


def answered(
    folder: Path, *texts: str, replayed: bool = False, engine: InTurn | None = None, task: Task | None = None
) -> tuple[Answer, InTurn]:
    (folder / "game.py").write_text(BEFORE, encoding="utf-8")
    engine, settings = engine or InTurn(*texts), Settings()
    asked = task or rejected_task(folder)

    async def ask() -> Answer:
        with ProductAnswerer(engine, settings, is_private=True) as opener:
            answerer = ReplayAnswerer(opener, engine, settings) if replayed else opener
            return await answerer.answer(asked)

    return asyncio.run(ask()), engine


@pytest.mark.parametrize(
    ("second", "silence"),
    [("", 1.0), ("idth * height", 1.0), ("2", 0.0), ("hatever(3)", 0.0)],
)
def test_only_what_the_author_goes_on_with_is_right_after_a_rejection(
    tmp_path: Path, second: str, silence: float
) -> None:
    answer, engine = answered(tmp_path, "area = 12", second)
    assert answer.typed == "area = w" and answer.completion == second
    parts = engine.jobs[1].parts
    assert f"{parts.prefix}{parts.forced}".endswith("area = w") and "idth * height" not in parts.suffix
    outcome = Outcome(rejected_task(tmp_path), answer, *SCORING(rejected_task(tmp_path), answer))
    assert outcome.scores["silence"] == silence and outcome.scores["exact_match"] is None
    lines = [line for line in breakdown([outcome]) if "rejected" in line]
    assert lines == [f"silence after a rejected suggestion (1 places): {silence:.0f} without a wrong suggestion"]
    found = sample_of(rejected_task(tmp_path), answered(tmp_path, "area = 12", second, replayed=True)[0])
    assert found.quiet == REJECTED and [part.text for part in found.parts[-1:]] == [second] * bool(second)
    assert any(part.name == "all" and part.is_right for part in found.parts) is (second == "idth * height")


@pytest.mark.parametrize("replayed", [True, False])
def test_what_was_rejected_is_not_shown_again(tmp_path: Path, replayed: bool) -> None:
    answer, engine = answered(tmp_path, "area = 12", "area = 12", replayed=replayed)
    assert len(engine.jobs) == 2 and answer.stop == REPEATED
    found = sample_of(rejected_task(tmp_path), answer)
    assert not found.parts, "whatever the threshold"
    assert replayed or SCORING(rejected_task(tmp_path), answer)[0]["silence"] == 1.0


@pytest.mark.parametrize(("more", "shown"), [(-0.01, ""), (0.01, "2")])
def test_after_a_rejection_the_model_must_be_surer(tmp_path: Path, more: float, shown: str) -> None:
    logprob = logprob_of("2", SHIPPED.least_gain_after_rejection + more)
    assert answered(tmp_path, engine=InTurn("area = 12", "2", last_logprob=logprob))[0].completion == shown
    engine = InTurn("area = 12", "2", last_logprob=logprob)
    found = sample_of(rejected_task(tmp_path), answered(tmp_path, engine=engine, replayed=True)[0])
    part, elsewhere = shown_part(found, SHIPPED), shown_part(replace(found, quiet=""), SHIPPED)
    assert (part.text if part is not None else "") == shown and elsewhere is not None and elsewhere.text == "2"


def test_nothing_is_asked_in_a_line_that_is_being_deleted(tmp_path: Path) -> None:
    deleted = replace(rejected_task(tmp_path, "area = wid"), quiet=DELETED)
    answer, engine = answered(tmp_path, "th", task=deleted)
    assert answer.stop == NOT_ASKED and not engine.jobs
    assert SCORING(deleted, answer)[0]["silence"] == 1.0


@pytest.mark.parametrize("first", ["", "area = width * height"])
def test_nothing_is_asked_again_where_nothing_was_rejected(tmp_path: Path, first: str) -> None:
    answer, engine = answered(tmp_path, first)
    assert answer.stop == NOTHING_REJECTED and len(engine.jobs) == 1
    scores, _ = SCORING(rejected_task(tmp_path), answer)
    assert set(scores.values()) == {None}, "a place without a rejection says nothing about silence"
    assert list(breakdown([Outcome(rejected_task(tmp_path), answer, scores)])) == []
    assert not sample_of(rejected_task(tmp_path), answer).parts


def test_a_result_keeps_what_was_typed(tmp_path: Path) -> None:
    answer, _ = answered(tmp_path, "area = 12", "hatever(3)")
    outcome = Outcome(rejected_task(tmp_path), answer, *SCORING(rejected_task(tmp_path), answer))
    again = outcome_of(rejected_task(tmp_path), json.loads(json.dumps(result_row(outcome))), SCORING)
    assert again.answer.typed == "area = w" and again.scores == outcome.scores
    assert sample_of(rejected_task(tmp_path), again.answer) == sample_of(rejected_task(tmp_path), answer)
