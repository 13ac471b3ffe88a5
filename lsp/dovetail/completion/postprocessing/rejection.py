"""Whether to show a suggestion where the user has just rejected one: pure.

The text that was rejected is not shown again, and another one only if the model is surer than it must be elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

from dovetail.completion.postprocessing.confidence import Thresholds
from dovetail.completion.preparation.restraint import Rejected

REPEATED = "you rejected this text in this line"
UNSURE = "you rejected a suggestion in this line, and the model is not sure enough to show another"


def withheld(left: str, text: str, logprob: float | None, thresholds: Thresholds, rejected: Sequence[Rejected]) -> str:
    """Return why `text` is not shown after `left`, the cursor's line up to it; "" where it may be shown."""
    if not rejected or not text:
        return ""
    if any(each.is_repeated_by(left, text) for each in rejected):
        return REPEATED
    is_unsure = logprob is not None and logprob < thresholds.nothing_after_rejection_below
    return UNSURE if is_unsure else ""
