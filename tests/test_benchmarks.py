"""What benchmarks share: places and tasks of projects, quantiles, intervals, tables, the plot; and their README."""

from __future__ import annotations

import argparse
import json
import random
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from contextlib import closing
from dataclasses import asdict
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from dovetail.evaluation.calibration.samples import Part, Sample
from dovetail_context.index.index import WorkspaceIndex
from tests.benchmarks.data import (
    KINDS,
    DataMissingError,
    draw_holes,
    evenly,
    projects,
    read_tasks,
    shared_folder,
    source_files,
    task_files,
)
from tests.benchmarks.figures import paired_interval, quantile, spread, table
from tests.benchmarks.pipeline.holes import Filled, filled_of
from tests.benchmarks.pipeline.thresholds import report
from tests.benchmarks.plot import reliability_plot

SOURCE = '''"""Shapes."""


class Square:
    """A square."""

    def __init__(self, side: float) -> None:
        self.side = side

    def area(self) -> float:
        if self.side < 0:
            raise ValueError("negative side")
        return self.side * self.side
'''


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """Return a tasks file with two holes in a project of one file."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "shapes.py").write_bytes(SOURCE.encode())
    start = SOURCE.index("self.side * self.side")
    row = {
        "root": "project",
        "path": "shapes.py",
        "start": start,
        "end": start + 21,
        "groundtruth": "self.side * self.side",
        "language": "python",
        "novel_symbols": ["side"],
        "definition_symbols": ["side"],
        "defs": {"side": [{"path": "shapes.py", "line": 7}]},
    }
    file = tmp_path / "tasks.jsonl"
    file.write_text("".join(json.dumps({"id": name, **row}) + "\n" for name in ("one", "two", "three")), "utf-8")
    return file


def test_a_task_is_the_file_without_the_truth(tasks: Path) -> None:
    first, third = read_tasks(tasks, every=2)
    assert (first.id, third.id, first.root) == ("one", "three", tasks.parent / "project")
    cut = first.query.text
    assert cut[: first.query.offset] + first.groundtruth + cut[first.query.offset :] == SOURCE
    assert first.needed == {"side": (("shapes.py", 8),)}


def test_a_task_of_another_version_of_the_file_is_refused(tasks: Path) -> None:
    (tasks.parent / "project" / "shapes.py").write_text("# new\n" + SOURCE, "utf-8")
    with pytest.raises(ValueError, match=r"^one: shapes\.py"):
        list(read_tasks(tasks))


def test_data_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(DataMissingError, match="not part of the project"):
        shared_folder(tmp_path / "checkout")
    (tmp_path / "shared" / "eval" / "repos").mkdir(parents=True)
    assert shared_folder(tmp_path / "checkout") == tmp_path / "shared"


def test_a_missing_project_is_one_line(tasks: Path) -> None:
    with pytest.raises(SystemExit, match="no folder: give the path of a project"):
        projects(argparse.Namespace(roots=[tasks.parent / "nowhere"]))
    assert task_files([tasks]) == [tasks]


def test_holes_are_pieces_of_their_files_and_a_seed_fixes_them(tasks: Path) -> None:
    root = tasks.parent / "project"
    with closing(WorkspaceIndex(root)) as index:
        index.build()
        drawn = list(islice(draw_holes(index, random.Random(3)), 12))
        assert drawn == list(islice(draw_holes(index, random.Random(3)), 12))
    assert [hole.kind for hole in drawn] == list(KINDS) * 4
    for hole in drawn:
        assert hole.truth.strip()
        assert hole.text[: hole.start] + hole.truth + hole.text[hole.start :] == SOURCE


def test_a_project_without_sources_is_refused(tmp_path: Path) -> None:
    with closing(WorkspaceIndex(tmp_path)) as index:
        index.build()
        with pytest.raises(ValueError, match="give another project"):
            next(draw_holes(index, random.Random(0)))


def test_source_files_by_size_and_evenly(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}.py").write_text("x" * (number * 10), "utf-8")
    (tmp_path / "notes.txt").write_text("x" * 50, "utf-8")
    files = source_files(tmp_path, (10, 90))
    assert [file.name for file in files] == [f"{number}.py" for number in range(2, 9)]
    assert [file.name for file in evenly(files, 3)] == ["2.py", "4.py", "6.py"]
    assert evenly([], 3) == []


def test_quantiles_are_values_that_were_measured() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [quantile(values, share) for share in (0, 0.5, 0.95, 1)] == [1, 51, 96, 100]
    assert quantile([7.0], 0.95) == 7.0
    assert spread([1.0, 2.0, 4.0]) == "median 2.00 ms, p95 4.00 ms, longest 4.00 ms"
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_intervals_know_a_difference_from_noise() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(300)
    better = base + 0.1 + 0.05 * rng.standard_normal(300)
    mean, low, high = paired_interval(better.tolist(), base.tolist())
    assert 0 < low < mean < high and abs(mean - 0.1) < 0.01
    assert (mean, low, high) == paired_interval(better.tolist(), base.tolist())
    _, low, high = paired_interval((base + 0.05 * rng.standard_normal(300)).tolist(), base.tolist())
    assert low < 0.01 and high > -0.01


def test_an_interval_covers_the_truth_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(200):
        _, low, high = paired_interval((rng.standard_normal(80) + 0.3).tolist(), [0.0] * 80)
        covered += low <= 0.3 <= high
    assert 180 <= covered <= 199


@pytest.mark.parametrize(("ours", "theirs"), [([1.0], [1.0, 2.0]), ([], [])])
def test_unequal_or_no_values_have_no_interval(ours: list[float], theirs: list[float]) -> None:
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_interval(ours, theirs)


def test_tables() -> None:
    assert table(["a", "b"], [["1", "2"]]) == ["| a | b |", "|---|---|", "| 1 | 2 |"]
    with pytest.raises(ValueError, match="1 cells and the head 2"):
        table(["a", "b"], [["1"]])


def test_the_plot_has_ten_dots_on_an_axis_of_probabilities() -> None:
    picture = reliability_plot([(number / 99, number > 40) for number in range(100)])
    root = ElementTree.fromstring(picture)
    dots = root.findall("{http://www.w3.org/2000/svg}circle")
    heights = [float(dot.attrib["cy"]) for dot in dots]
    assert len(dots) == 10 and heights == sorted(heights, reverse=True) and heights[0] > heights[-1]
    assert picture.count(">100 %</text>") == 2
    with pytest.raises(ValueError, match="nothing can be drawn"):
        reliability_plot([])


def sample(project: str, logprob: float) -> Sample:
    """Return a sample that is right if the model is sure."""
    is_right = logprob > -0.2
    texts = {"word": "word", "line": "word and line", "all": "word and line\nand more"}
    parts = tuple(Part(name, text, is_right, logprob) for name, text in texts.items())
    return Sample(f"{project}/a.py", "python", parts)


def test_a_run_of_holes_is_read_again_with_its_samples() -> None:
    filled = Filled(
        "a.py", "python", "rest", 1, "x", "x", -0.1, True, 1.0, 0, 0, 0, False, True, 5.0, sample("p", -0.1)
    )
    assert filled_of(json.loads(json.dumps(asdict(filled)))) == filled


def test_thresholds_are_chosen_on_half_of_the_projects_and_measured_on_the_other() -> None:
    names = ("one", "three", "four", "two")
    samples = [sample(name, -0.01 * number) for name in names for number in range(100)]
    lines = list(report(samples))
    chosen = [line for line in lines if "fitted to" in line and line.startswith("nothing below")]
    assert [line.split("fitted to ")[1] for line in chosen] == ["four, three", "one, two"]
    assert sum("held out: shipped" in line for line in lines) == 2
    ratios = [re.findall(r"\d\.\d\d", line) for line in lines if line.startswith("  shown")]
    assert all(float(shown) < 1 <= float(right) for shown, _, _, right, *_ in ratios), lines


def test_each_benchmark_is_in_the_readme_and_the_other_way_round(repository: Path) -> None:
    folder = repository / "tests" / "benchmarks"
    runnable = set()
    for file in folder.rglob("*.py"):
        if 'if __name__ == "__main__"' in file.read_text("utf-8"):
            parts = file.relative_to(repository).with_suffix("").parts
            runnable.add(".".join(parts[:-1] if parts[-1] == "__main__" else parts))
    named = set(re.findall(r"python -m (tests\.benchmarks[\w.]*\w)", (folder / "README.md").read_text("utf-8")))
    assert named == runnable


@pytest.mark.parametrize(
    "module", ["context.ablation", "pipeline.holes", "pipeline.layouts", "pipeline.thresholds", "typing.through"]
)
def test_a_benchmark_prints_its_help(module: str, repository: Path) -> None:
    command = [sys.executable, "-m", f"tests.benchmarks.{module}", "--help"]
    done = subprocess.run(command, cwd=repository, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0 and f"python -m tests.benchmarks.{module}" in done.stdout, done.stderr
