"""Whether a model suits this machine: the seam for whoever knows more about it than its free memory."""

from dataclasses import dataclass
from typing import Protocol

from dovetail_models.engine.memory import fits


@dataclass(frozen=True, slots=True)
class FitVerdict:
    """What is expected of a model on this machine.

    fits: whether there is memory for it now.
    note: a few words for the list, "" if there is nothing to add.
    """

    fits: bool
    note: str = ""


class Fit(Protocol):
    """Judges a model by the size of its file in bytes."""

    def __call__(self, file_bytes: int) -> FitVerdict: ...


def memory_fit(file_bytes: int) -> FitVerdict:
    """Judge by free memory alone."""
    return FitVerdict(fits(file_bytes))
