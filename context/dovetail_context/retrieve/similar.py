"""The `similar` retriever: unchanged code of other files that looks like the code around the cursor."""

from collections.abc import Iterable
from dataclasses import dataclass

from dovetail_context.retrieve.candidate import Candidate, Evidence
from dovetail_context.retrieve.excerpt import excerpt
from dovetail_context.retrieve.situation import Situation

MAX_WINDOWS = 14
# How often a window is what is needed, beside what other retrievers show of it: its likeness to the power of
# `STEEPNESS`, times `SCALE`. A near copy shows the very lines that come next; a window that shares half of the words
# is worth a sixth of that. Proportional gains (0.35 and 0.5 times the likeness) showed fewer of the needed names.
SCALE = 1.3
STEEPNESS = 2.5
MAX_GAIN = 0.95
FALL_OFF = 0.06  # from one window to the next


@dataclass(frozen=True, slots=True)
class Similar:
    """See the module."""

    name: str = "similar"

    def __call__(self, situation: Situation) -> Iterable[Candidate]:
        for rank, window in enumerate(situation.echoes[:MAX_WINDOWS]):
            shown = excerpt(situation.record_of(window.path), window.start_line, window.end_line)
            if shown is not None:
                gain = min(MAX_GAIN, SCALE * window.likeness**STEEPNESS / (1.0 + FALL_OFF * rank))
                yield Candidate(
                    window.path,
                    shown.start_line,
                    shown.end_line,
                    shown.text,
                    Evidence("similar", f"looks like the code at the cursor ({window.likeness:.0%})", gain),
                )
