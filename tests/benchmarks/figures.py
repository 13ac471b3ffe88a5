"""Printed lines, quantiles, intervals and tables. Only `say` has side effects."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

RESAMPLES = 2000  # of the bootstrap


def say(line: str = "") -> None:
    """Print a line and flush it, so that a long run shows its progress."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` (0 to 1) of the values are: one of them, never a mean of two.

    Raises ValueError where there is no value.
    """
    if not values:
        raise ValueError("no values: measure at least one")
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]


def spread(values: Sequence[float], unit: str = "ms", digits: int = 2) -> str:
    """Return the median, the 95th percentile and the longest of the values in words."""
    middle, late = (f"{quantile(values, share):.{digits}f} {unit}" for share in (0.5, 0.95))
    return f"median {middle}, p95 {late}, longest {max(values):.{digits}f} {unit}"


def paired_interval(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean of `ours - theirs` and the ends of its 95 % interval: a paired bootstrap, the same in every run.

    Both name the same tasks in the same order. Raises ValueError where their lengths differ, or are 0.
    """
    if len(ours) != len(theirs) or not ours:
        raise ValueError(f"{len(ours)} and {len(theirs)} values cannot be paired: score the same tasks with both")
    differences: npt.NDArray[np.float64] = np.asarray(ours, float) - np.asarray(theirs, float)
    rng = np.random.default_rng(0)
    means = rng.choice(differences, (RESAMPLES, len(differences))).mean(axis=1)
    return float(differences.mean()), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a Markdown table. Raises ValueError where a row has another number of cells than `heads`."""
    for row in rows:
        if len(row) != len(heads):
            raise ValueError(f"a row has {len(row)} cells and the head {len(heads)}: fill each column")
    return [
        "| " + " | ".join(heads) + " |",
        "|" + "---|" * len(heads),
        *("| " + " | ".join(row) + " |" for row in rows),
    ]
