"""The pages of an evaluation and a calibration: their figures, and that no text of a task becomes part of the page."""

from __future__ import annotations

from html.parser import HTMLParser

from dovetail.evaluation.answer import Answer, Outcome
from dovetail.evaluation.calibration.calibrate import propose
from dovetail.evaluation.report.calibration_page import calibration_page
from dovetail.evaluation.report.eval_page import eval_page
from dovetail.evaluation.task import Task, TextHole
from tests.lsp.evaluation.test_calibration import choice, noisy

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=y>\ud800"
SETTINGS = {"suite": "history", "source": HOSTILE, "model": "m", "dovetail": "1", "tasks_sha256": "ab" * 32}


class Tags(HTMLParser):
    """Collects the tags of a page, and checks that each is closed in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        assert not any(name.startswith("on") or name == "src" for name, _ in attrs)
        if tag not in ("meta", "line", "circle", "rect", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag not in ("line", "circle", "rect"):
            assert self.open.pop() == tag


def outcomes(score: bool = True) -> list[Outcome]:
    found = []
    for number in range(40):
        hole = TextHole("game.py", "x = ", "")
        task = Task(f"{HOSTILE}/{number}", f"g{number}", "python" if number % 4 else "go", hole, truth=HOSTILE)
        answer = Answer(HOSTILE, ms={"total": 10.0 * number + 5}, logprob=-0.04 * number)
        found.append(Outcome(task, answer, {"exact_match": float(number < 10)} if score else {}))
    return found


def test_the_page_of_an_evaluation_has_its_figures() -> None:
    page = eval_page(outcomes(), SETTINGS, "dovetail eval --history")
    tags = Tags(page)
    assert "script" not in tags.seen and "img" not in tags.seen
    assert "Exact match: 25.0\u202f%" in page, "10 of 40"
    assert tags.seen.count("circle") == 16, "eight points of latency and eight of certainty"
    assert tags.seen.count("details") == 24 and "dovetail eval --history" in page
    assert page.count("<tr>") == 4, "a head, all, and two languages"
    surest = page.index("game.py") if "game.py" in page else page.index("Worst answers")
    assert page.index("Worst answers") <= surest < page.index("Best answers")


def test_reliability_is_in_the_order_of_certainty() -> None:
    page = eval_page(outcomes(), SETTINGS, "")
    drawn = page[page.index("Reliability") : page.index("Worst answers")]
    titles = [each.split("<")[0] for each in drawn.split("<title>")[1:]]
    assert len(titles) == 8 and titles[0].split(": ")[1].startswith("0.0"), "the least sure are never right"
    assert titles[-1].split(": ")[1].startswith("100.0"), "the surest always are"


def test_a_page_without_scores_or_tasks_is_a_page() -> None:
    assert "circle" not in Tags(eval_page(outcomes(score=False), SETTINGS, "")).seen
    assert "Nothing was asked" in eval_page([], SETTINGS, "")


def test_the_page_of_a_calibration_has_the_figures_held_out() -> None:
    samples = noisy(400, 8)
    proposal = propose(samples, HOSTILE, HOSTILE, HOSTILE, "2026-01-31")
    page = calibration_page(proposal, samples, choice("m").trials, "dovetail calibrate")
    tags = Tags(page)
    assert "script" not in tags.seen and "circle" in tags.seen
    shipped, now = proposal.calibrations[0].held_out
    for count in (shipped.shown, now.shown, shipped.saved, now.saved):
        assert f">{count}</td>" in page
    assert "below: nothing" in page
