"""The table of releases: a record for each in releases.json, and the page that is made of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from dovetail.evaluation.interval import Mean
from tests.benchmarks.figures import table
from tests.benchmarks.tracked.measure import FIGURES

RECORDS = Path(__file__).parent / "releases.json"
PAGE = Path(__file__).parents[3] / "docs" / "benchmarks" / "releases.md"
_INTRODUCTION = """# Figures of each release

A fixed small evaluation, the same for each release: {tasks} holes in five small projects of our own, at places that
need names of other files. The model is the one in the wheel, so these figures follow changes of retrieval, prompt and
post-processing, and say little about larger models. Percent, with 95 % intervals over files. The budgets are small
beside the projects, so that not all of them fits.

"""
_END = """
A test measures the figures of each commit, and fails where one is worse than those kept beside it, beyond noise. This
page is made by the command below, which measures the checkout and adds its row.

<!-- not run: it writes this page -->
```console
python -m tests.benchmarks.tracked --release VERSION
```
"""


@dataclass(frozen=True, slots=True)
class Release:
    """The figures of a release."""

    version: str
    """Its version."""
    day: str
    """When it was measured, as YYYY-MM-DD."""
    tasks: int
    """The number of tasks."""
    figures: Mapping[str, tuple[float, float, float]]
    """By name: the mean and the ends of its 95 % interval, 0 to 1."""

    @classmethod
    def of(cls, version: str, day: date, found: Mapping[str, Mean]) -> Self:
        """Return the record of measured figures."""
        rounded = {name: (round(m.value, 4), round(m.low, 4), round(m.high, 4)) for name, m in found.items()}
        return cls(version, day.isoformat(), next(iter(found.values())).count, rounded)


def read_releases() -> tuple[Release, ...]:
    """Return all records, the newest first."""
    if not RECORDS.exists():
        return ()
    return tuple(Release(**row) for row in json.loads(RECORDS.read_text(encoding="utf-8")))


def add_release(new: Release) -> None:
    """Add a record as the newest, in place of one of the same version, and write the page again."""
    releases = [new, *(each for each in read_releases() if each.version != new.version)]
    text = ",\n".join(" " + json.dumps(dataclasses.asdict(each)) for each in releases)
    RECORDS.write_text(f"[\n{text}\n]\n", encoding="utf-8", newline="\n")
    PAGE.write_text(page(releases), encoding="utf-8", newline="\n")


def page(releases: Sequence[Release]) -> str:
    """Return the page."""
    rows = [[each.version, each.day, *(_cell(each.figures[name]) for name in FIGURES)] for each in releases]
    lines = table(["release", "measured", *FIGURES.values()], rows)
    return _INTRODUCTION.format(tasks=releases[0].tasks) + "\n".join(lines) + "\n" + _END


def _cell(figure: Sequence[float]) -> str:
    value, low, high = (100 * each for each in figure)
    return f"{value:.1f} ({low:.1f} to {high:.1f})"
