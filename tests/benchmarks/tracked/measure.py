"""Measure the figures by `dovetail eval`, and compare them with those that were kept."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from dovetail.evaluation.interval import Mean, mean_of
from dovetail.evaluation.scorers.registry import score_text
from dovetail.evaluation.task import Task, TextHole
from tests.benchmarks.tracked.projects import TASKS, TrackedTask, write_tasks

KEPT = Path(__file__).parent / "figures.json"
SMALL, LARGE = 160, 480
"""Budgets in tokens. The small one leaves most of each project out; the starter model never takes more than 240."""
FIGURES = {
    f"names_{SMALL}": f"names in the context, {SMALL} tokens",
    f"names_{LARGE}": f"names in the context, {LARGE} tokens",
    "above": "lines above, in the prompt",
    "below": "lines below, in the prompt",
    "members": "name among those listed behind a dot",
    "next_identifier": "next identifier",
    "edit_similarity": "edit similarity",
    "identifier_f1": "identifier F1",
}
"""Each figure, and what it is called. All are shares, 0 to 1. Exact match is not among them: the starter model writes
the rest of a line right too seldom."""
SCORERS = ("next_identifier", "edit_similarity", "identifier_f1")
DRAWS = 4000
"""Bootstrap samples: the edge of the interval is good to half a percent point."""
LINES = 8
"""The lines above and below a hole that its prompt must have: all files of the tasks fit into the window."""
LIMIT_S = 600
"""Seconds after which a run of `dovetail eval` hangs rather than works. It takes some twenty."""

Scores = dict[str, dict[str, float]]
"""By the id of a task: its scores by figure."""


def measure(program: Sequence[str] = (sys.executable, "-m", "dovetail")) -> Scores:
    """Return the scores of all tasks, as the starter model and this program's retrieval get them.

    Raises subprocess.CalledProcessError where `dovetail eval` fails.
    """
    with tempfile.TemporaryDirectory(prefix="dovetail-tracked-") as name:
        folder = Path(name)
        tasks = write_tasks(folder)
        large = _rows(program, folder, "--context-only", "--budget", str(LARGE))
        small = _rows(program, folder, "--names", "--prompts", "--model", "starter", "--budget", str(SMALL))
        texts = {task.group: (folder / task.project / task.path).read_text(encoding="utf-8") for task in tasks}
    return {task.id: _scores(task, texts[task.group], small[task.id], large[task.id]) for task in tasks}


def visible(names: Sequence[str], context: Sequence[Mapping[str, str]]) -> float:
    """Return the share of the names that the pieces of a context have."""
    known = {word for piece in context for word in re.findall(r"[\w$]+", piece["text"])}
    return sum(1 for name in names if name in known) / len(names)


def surrounding(text: str, start: int, end: int, prompt: str) -> tuple[float, float]:
    """Return the shares of the `LINES` lines above and below a hole that a prompt has in one piece next to the hole.

    The model's answers do not show it: the starter model writes much the same without the text below.
    """
    above = text[:start].rpartition("\n")[0].splitlines(keepends=True)[-LINES:]
    below = text[end:].partition("\n")[2].splitlines(keepends=True)[:LINES]
    return (
        _share([number for number in range(1, len(above) + 1) if "".join(above[-number:]) in prompt], len(above)),
        _share([number for number in range(1, len(below) + 1) if "".join(below[:number]) in prompt], len(below)),
    )


def figures(scores: Scores) -> dict[str, Mean]:
    """Return the mean of each figure with its 95 % interval."""
    groups = [id.rpartition("#")[0] for id in scores]
    return {name: mean_of([each[name] for each in scores.values()], groups) for name in FIGURES}


def dropped(scores: Scores, kept: Scores) -> list[str]:
    """Return a line for each figure that is worse than the kept one, beyond noise: on all but 5 % of the draws of
    files.

    Raises ValueError where the tasks are not those of the kept figures.
    """
    if list(scores) != list(kept):
        raise ValueError("the tasks have changed: keep new figures with `python -m tests.benchmarks.tracked --update`")
    lines = []
    for name, title in FIGURES.items():
        differences: defaultdict[str, list[float]] = defaultdict(list)
        for id, each in scores.items():
            differences[id.rpartition("#")[0]].append(each[name] - kept[id][name])
        mean, high = _difference(list(differences.values()))
        if high < 0:
            worst = sorted(scores, key=lambda id: scores[id][name] - kept[id][name])[:3]
            lines.append(f"{title}: {100 * mean:+.1f} points, at most {100 * high:+.1f}; worst: {', '.join(worst)}")
    return lines


def read_kept() -> Scores:
    """Return the scores that were kept."""
    kept: Scores = json.loads(KEPT.read_text(encoding="utf-8"))
    return kept


def keep(scores: Scores) -> None:
    """Keep scores: later ones are compared with these."""
    lines = ",\n".join(f" {json.dumps(id)}: {json.dumps(each)}" for id, each in scores.items())
    KEPT.write_text("{\n" + lines + "\n}\n", encoding="utf-8", newline="\n")


def _difference(groups: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Return the mean over all tasks, and what it does not exceed in 95 % of the draws of whole groups."""
    if not any(any(group) for group in groups):
        return 0.0, 0.0
    source = random.Random(0)

    def mean(some: Sequence[Sequence[float]]) -> float:
        return sum(map(sum, some)) / sum(map(len, some))

    drawn = sorted(mean(source.choices(groups, k=len(groups))) for _ in range(DRAWS))
    return mean(groups), drawn[int(0.95 * (DRAWS - 1))]


def _rows(program: Sequence[str], folder: Path, *options: str) -> dict[str, Mapping[str, Any]]:
    """Return what `dovetail eval` wrote for each task. Its user has neither settings nor caches."""
    out = folder / "results.jsonl"
    own = {name: str(folder / "user") for name in ("DOVETAIL_CONFIG_DIR", "DOVETAIL_CACHE_DIR", "DOVETAIL_STATE_DIR")}
    command = [*program, "eval", str(folder / TASKS), "--out", str(out), *options]
    subprocess.run(command, check=True, env=os.environ | own, stdout=subprocess.DEVNULL, timeout=LIMIT_S)
    return {row["id"]: row for row in map(json.loads, out.read_text(encoding="utf-8").splitlines())}


def _share(found: Sequence[int], of: int) -> float:
    return max(found, default=0) / of if of else 1.0


def _scores(task: TrackedTask, text: str, small: Mapping[str, Any], large: Mapping[str, Any]) -> dict[str, float]:
    names = {
        f"names_{SMALL}": visible(task.names, small["context"]),
        f"names_{LARGE}": visible(task.names, large["context"]),
    }
    end = task.start + len(task.truth)
    names |= dict(zip(("above", "below"), surrounding(text, task.start, end, small["prompt"]), strict=True))
    listed = {"members": float(task.names[0] in small["names"])}
    asked = Task(task.id, task.group, task.project, TextHole(task.path, ""), task.truth)
    found = score_text(SCORERS, str(small["completion"]), asked)
    return {name: round(value or 0.0, 4) for name, value in (names | listed | found).items()}
