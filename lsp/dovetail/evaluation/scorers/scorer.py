"""What a scorer is: a value with a pure function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dovetail.evaluation.task import Task


@dataclass(frozen=True, slots=True)
class Scorer:
    """A measure of a completion."""

    name: str
    """Names it in run files and tables."""
    title: str
    """What it measures, in a line."""
    source: str
    """Who defines it so."""
    score: Callable[[str, Task], float | None]
    """Takes a completion and its task, and returns a score between 0 and 1; None where the task does not have what it
    takes to be scored."""
