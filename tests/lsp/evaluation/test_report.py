"""The pages of an evaluation and a calibration: their figures, and that no text of a task becomes part of the page."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser

from dovetail.bench.figures import Figures, Spread
from dovetail.cli.reports.bench_page import OURS, bench_page
from dovetail.evaluation.answer import Answer, Outcome
from dovetail.evaluation.calibration.compare import Comparison, Ratio
from dovetail.evaluation.calibration.propose import propose
from dovetail.evaluation.report.calibration_page import calibration_page
from dovetail.evaluation.report.comparison import Run, comparison
from dovetail.evaluation.report.eval_page import eval_page
from dovetail.evaluation.task import Task, TextHole
from tests.lsp.evaluation.calibration.samples import choice, noisy

HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=y>\ud800"
SETTINGS = {"suite": "history", "source": HOSTILE, "model": "m", "dovetail": "1", "tasks_sha256": "ab" * 32}


EMPTY = ("meta", "line", "circle", "rect", "br", "polyline")


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
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and tag not in EMPTY:
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
    assert tags.seen.count("details") == 22 and "dovetail eval --history" in page, "12 are wrong, and 10 right"
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
    assert "least gain" in page and f">{proposal.calibrations[0].threshold.least_gain:.2f}</td>" in page


def test_the_page_of_a_calibration_that_changes_nothing_says_so() -> None:
    proposal = propose([], "m", "k", "s", "2026-01-31")
    nothing = dataclasses.replace(proposal, comparison=Comparison(Ratio(1, 1, 1), Ratio(1, 1, 1), Ratio(1, 1, 1), None))
    assert "The shipped threshold fits already" in calibration_page(
        nothing, [], choice("m").trials, "dovetail calibrate"
    )
    assert "Nothing to compare" in calibration_page(proposal, [], choice("m").trials, "dovetail calibrate")


def run_of(budget: int, right: int, model: str = "m", layout: str = "frozen") -> Run:
    settings = SETTINGS | {"model": f"{model}, 9 bytes", "settings": {"context_tokens": budget}}
    settings |= {"asking": {"layout": layout, "use_names": True}, "preset": None}
    found = [dataclasses.replace(each, scores={"exact_match": float(n < right)}) for n, each in enumerate(outcomes())]
    return Run(settings, tuple(found))


def test_runs_are_drawn_by_budget_latency_and_model() -> None:
    runs = [run_of(512, 10), run_of(1024, 20), run_of(1024, 30, HOSTILE), run_of(1024, 5, layout="plain")]
    page = eval_page(runs[0].outcomes, runs[0].settings, "dovetail eval", runs[1:])
    tags = Tags(page)
    assert "script" not in tags.seen and tags.seen.count("circle") == 16 + 3 * 4
    for title in ("Runs beside one another", "Quality against budget", "Quality against latency, by run"):
        assert title in page
    assert "m, plain layout, 1024 tokens" in page and "75.0\u202f%" in page
    alone = eval_page(runs[0].outcomes, runs[0].settings, "dovetail eval")
    assert "Quality against budget" not in alone
    assert comparison([run_of(1, 1)], "exact_match") == () == comparison(runs, "unknown")


def test_the_page_of_a_bench_has_a_table_for_each_side() -> None:
    spread = Spread(7, 120.0, 250.0, 400.0)
    mine, theirs = (Figures(spread, spread, spread, 0.93, 12.0), Figures(Spread(7, 480.0, 9, 9), spread, spread, 0, 1))
    sides = {OURS: {"all": mine, "typed": mine}, HOSTILE: {"all": theirs}}
    page = bench_page(HOSTILE, sides, {OURS: [100.0, 140.0], HOSTILE: [480.0]}, "decoding is fast", "dovetail bench")
    tags = Tags(page)
    assert "script" not in tags.seen and "img" not in tags.seen and tags.seen.count("polyline") == 2
    assert tags.seen.count("table") == 2 and "First text after 120" in page and '<td class="num">4.0</td>' in page
    assert "93.0\u202f%" in page and "decoding is fast" in page and "dovetail bench" in page
