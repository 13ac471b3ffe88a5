"""The tracked figures: fixed tasks, the starter model, and what fails when quality drops beyond noise."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from dovetail.evaluation.interval import Mean
from tests.benchmarks.tracked import releases
from tests.benchmarks.tracked.measure import (
    FIGURES,
    Scores,
    dropped,
    figures,
    measure,
    read_kept,
    surrounding,
    visible,
)
from tests.benchmarks.tracked.projects import TASKS, write_tasks


@pytest.mark.long
def test_no_figure_is_worse_than_the_kept_one() -> None:
    lines = dropped(measure(), read_kept())
    assert not lines, "\n".join(("`python -m tests.benchmarks.tracked --update` keeps figures that are meant", *lines))


def test_the_tasks_are_holes_that_need_other_files(tmp_path: Path) -> None:
    tasks = write_tasks(tmp_path)
    rows = [json.loads(line) for line in (tmp_path / TASKS).read_text(encoding="utf-8").splitlines()]
    assert [task.id for task in tasks] == [row["id"] for row in rows] == list(read_kept())
    assert {task.project for task in tasks} == {"go", "java", "python", "rust", "typescript"}
    for task, row in zip(tasks, rows, strict=True):
        text = (tmp_path / row["root"] / row["path"]).read_text(encoding="utf-8")
        assert text[row["start"] : row["end"]] == row["groundtruth"] == task.truth and task.names
        assert "⟦" not in text and "⟧" not in text


def scores(*values: float) -> Scores:
    """Return scores of as many tasks, each in a file of its own, with one value for all figures."""
    return {f"go/{number}.go#1": dict.fromkeys(FIGURES, value) for number, value in enumerate(values)}


def test_a_drop_is_reported_with_the_tasks_that_lost_most() -> None:
    lines = dropped(scores(*[0.0] * 5, *[1.0] * 15), scores(*[1.0] * 20))
    assert len(lines) == len(FIGURES) and "-25.0 points" in lines[0] and "go/0.go#1" in lines[0]


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ([0.5] * 20, [0.5] * 20),
        ([1.0] * 20, [0.5] * 20),
        ([0.4, 0.6] * 10, [0.5] * 20),
        ([0.0] + [0.5] * 19, [0.5] * 20),
    ],
    ids=["equal", "better", "some better, some worse", "one task worse"],
)
def test_noise_is_no_drop(now: list[float], before: list[float]) -> None:
    assert dropped(scores(*now), scores(*before)) == []


def test_other_tasks_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="--update"):
        dropped(scores(1.0, 1.0), scores(1.0))


def test_a_name_is_visible_as_a_whole_word() -> None:
    context = [{"text": "func (d *Desk) LendOut(isbn string)"}, {"text": "type Desk struct"}]
    assert visible(("LendOut", "Desk", "Lend", "Loan"), context) == 0.5


def test_lines_around_a_hole_are_found_in_one_piece_next_to_it() -> None:
    lines = [f"line_{number} = {number}\n" for number in range(20)]
    text = "".join(lines)
    start, end = text.index("10"), text.index("10") + 2
    for above, below, shares in (
        (lines[:10], lines[11:], (1.0, 1.0)),
        (lines[:10], [], (1.0, 0.0)),
        (lines[8:10], lines[11:17], (0.25, 0.75)),
        (lines[:9], lines[12:], (0.0, 0.0)),
    ):
        prompt = f"#other.py\nother = 1\n{''.join(above)}<hole>\n{''.join(below)}line_10 = "
        assert surrounding(text, start, end, prompt) == shares
    assert surrounding("only = 1\n", 7, 8, "only = ") == (1.0, 1.0), "nothing is above or below it"


def test_the_page_of_releases_is_made_of_the_records(repository: Path) -> None:
    found = releases.read_releases()
    assert releases.page(found) == releases.PAGE.read_text(encoding="utf-8")
    version = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert version in [each.version for each in found], "`python -m tests.benchmarks.tracked --release` adds a release"


def test_a_release_is_added_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "RECORDS", tmp_path / "releases.json")
    monkeypatch.setattr(releases, "PAGE", tmp_path / "releases.md")
    found = figures(scores(0.0, 0.5, 1.0))
    assert all(isinstance(mean, Mean) for mean in found.values())
    for version, day in (("1.0.0", "2026-01-31"), ("1.1.0", "2026-03-31"), ("1.1.0", "2026-04-01")):
        releases.add_release(releases.Release.of(version, releases.date.fromisoformat(day), found))
    assert [(each.version, each.day) for each in releases.read_releases()] == [
        ("1.1.0", "2026-04-01"),
        ("1.0.0", "2026-01-31"),
    ]
    assert "| 1.1.0 | 2026-04-01 | 50.0 (" in (tmp_path / "releases.md").read_text(encoding="utf-8")
